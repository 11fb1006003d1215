package recipe

import (
	"fmt"
	"slices"

	"github.com/seed-e0495807/strake/backend/validate"
)

// Repair adds a last step that makes paths exactly what they are in the committed image: copied
// with all attributes, or removed. Paths that are left out on purpose, and files of users'
// passwords, stay as they are: they come back.
func (r *Recipe) Repair(names []string) (left []string) {
	var members []*validate.Node
	var copied, removed []string
	slices.SortFunc(names, comparePaths)
	for _, name := range slices.Compact(names) {
		n := r.after.At(name)
		switch {
		case r.meant(name) || name == shadowFile || name == gshadowFile || n == nil && !printable(name):
			left = append(left, name)
		case n == nil:
			removed = append(removed, name)
		default:
			members, copied = append(members, n), append(copied, name)
		}
	}
	if len(removed) > 0 {
		r.add(Step{Kind: Exact, Group: Exact.String(), Comment: []string{"what no step above removes"}, Instruction: "RUN rm -rf" + list(removed), Explains: removed})
	}
	if len(copied) > 0 {
		file := fmt.Sprintf("files/exact%d.tar", len(r.Steps)+1)
		r.add(Step{Kind: Exact, Group: Exact.String(), Comment: []string{"what no step above makes as it was"}, Instruction: "ADD " + paths(file, "/"),
			Files: []File{{Name: file, Members: members}}, Explains: copied})
	}
	return left
}

// add puts a step in its place.
func (r *Recipe) add(s Step) {
	r.Steps = append(r.Steps, s)
	slices.SortStableFunc(r.Steps, func(a, b Step) int { return int(a.Kind) - int(b.Kind) })
}

// meant tells whether a path is left out on purpose.
func (r *Recipe) meant(name string) bool {
	return slices.ContainsFunc(r.Left, func(l LeftOut) bool { return matches(l.Pattern, name) })
}
