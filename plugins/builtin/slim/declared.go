package slim

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// declares is what the origin of an op starts with in front of the patterns, which end at the comma.
const declares = "drops "

// declare is the reason of an op that drops files, and installs fewer packages.
func declare(patterns []string, fewer bool) string {
	var list []string
	if len(patterns) > 0 {
		list = append(list, declares+strings.Join(patterns, " "))
	}
	if fewer {
		list = append(list, "installs no recommended packages")
	}
	return strings.Join(list, ", ")
}

// Declared gives the patterns of files that the plugin has dropped from a module which it made, also
// where others have changed its ops since. They are absolute, and as in .dockerignore: what is below
// a match is part of it.
func Declared(m *ir.Module) []string {
	var list []string
	seen := map[*ir.Origin]bool{}
	var walk func(o *ir.Origin)
	walk = func(o *ir.Origin) {
		if o == nil || seen[o] {
			return
		}
		seen[o] = true
		if rest, ok := strings.CutPrefix(o.Why, declares); ok && o.By == Name {
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
