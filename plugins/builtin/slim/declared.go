package slim

import (
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
)

// declare is the reason of an op that drops files, and installs fewer packages.
func declare(patterns []string, fewer bool) string {
	var list []string
	if len(patterns) > 0 {
		list = append(list, explain.Drops(patterns))
	}
	if fewer {
		list = append(list, "installs no recommended packages")
	}
	return strings.Join(list, ", ")
}

// Declared gives the patterns of files that the plugin has dropped from a module, see
// explain.Declared: what is below a match is part of it.
func Declared(m *ir.Module) []string { return explain.Declared(m, Name) }
