package explain

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// drops is what stands in the reason of an op in front of the patterns, which end at the comma.
const drops = "drops "

// Drops says in the reason of an op that the image lacks files on purpose, which a comparison of the
// two images has to be told. Patterns are absolute, and those of verify's --dropped.
func Drops(patterns []string) string { return drops + strings.Join(patterns, " ") }

// Declared gives the patterns that the ops of a plugin declare by Drops, also where others have
// changed these ops since.
func Declared(m *ir.Module, plugin string) []string {
	var list []string
	seen := map[*ir.Origin]bool{}
	var walk func(o *ir.Origin)
	walk = func(o *ir.Origin) {
		if o == nil || seen[o] {
			return
		}
		seen[o] = true
		if _, rest, ok := strings.Cut(o.Why, drops); ok && o.By == plugin {
			rest, _, _ = strings.Cut(rest, ",")
			list = append(list, strings.Fields(rest)...)
		}
		for _, from := range o.From {
			walk(from)
		}
	}
	for _, s := range m.Stages {
		for _, op := range s.Ops {
			walk(op.Origin)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
