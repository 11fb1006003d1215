package recipe

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// Repair adds a last step that makes paths exactly what they are in the committed image: copied
// with all attributes, or removed. It gives those that it has taken. Paths that are left out on
// purpose, that hold a secret, and files of users' passwords stay as they are.
func (r *Recipe) Repair(ctx context.Context, names []string) (taken []string, err error) {
	var members []*validate.Node
	var removed []string
	slices.SortFunc(names, comparePaths)
	for _, name := range slices.Compact(names) {
		n := r.after.At(name)
		switch {
		case r.meant(name) || name == shadowFile || name == gshadowFile || n == nil && !printable(name):
		case n == nil:
			removed = append(removed, name)
		default:
			members = append(members, n)
		}
	}
	members, twins := r.linked(members)
	if members, err = r.open(ctx, members); err != nil {
		return nil, err
	}
	if taken = slices.Clone(removed); len(removed)+len(twins) > 0 {
		r.add(Step{Kind: Exact, Group: Exact.String(), Comment: []string{"what no step above removes"}, Instruction: "RUN rm -rf" + list(append(removed, twins...)), Explains: taken})
	}
	if len(members) > 0 {
		file := File{Name: fmt.Sprintf("files/exact%d.tar", len(r.Steps)+1), Members: members}
		s := Step{Kind: Exact, Group: Exact.String(), Comment: []string{"what no step above makes as it was"}, Instruction: "ADD " + paths(file.Name, "/"), Files: []File{file}}
		for _, n := range members {
			s.Explains = append(s.Explains, n.Path())
		}
		taken = append(taken, s.Explains...)
		r.add(s)
	}
	return taken, nil
}

// linked adds the other names of files: a hard link is one of all of them. Those of a file with several
// names are in the second list: they are removed first, or what is there already is in no layer.
func (r *Recipe) linked(nodes []*validate.Node) (list []*validate.Node, twins []string) {
	has := map[*validate.Node]bool{}
	for _, n := range nodes {
		has[n] = true
	}
	same := func(n *validate.Node) func(*validate.Node) bool {
		return func(o *validate.Node) bool { return n != o && n.Kind != validate.Directory && n.SameFile(o) }
	}
	r.after.Walk(func(n *validate.Node) {
		if has[n] || slices.ContainsFunc(nodes, same(n)) {
			list = append(list, n)
		}
	})
	for _, n := range list {
		if slices.ContainsFunc(list, same(n)) && printable(n.Path()) {
			twins = append(twins, n.Path())
		}
	}
	return list, twins
}

// open leaves out what holds a secret.
func (r *Recipe) open(ctx context.Context, nodes []*validate.Node) ([]*validate.Node, error) {
	secret := map[*validate.Node]bool{}
	var texts []*validate.Node
	for _, n := range nodes {
		if secret[n] = secretOf(n.Path(), "") != ""; n.Kind == validate.Regular && n.Size <= maxText {
			texts = append(texts, n)
		}
	}
	err := r.reader.Contents(ctx, texts, func(same []*validate.Node, body io.Reader) error {
		data, err := io.ReadAll(body)
		if text := string(data); !strings.ContainsRune(text, 0) {
			for _, n := range same {
				secret[n] = secret[n] || secretOf(n.Path(), text) != ""
			}
		}
		return err
	})
	return slices.DeleteFunc(nodes, func(n *validate.Node) bool { return secret[n] }), err
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
