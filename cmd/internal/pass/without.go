package pass

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins/builtin"
)

// Without stands for the plugins of a Dockerfile that has none. It knows the instructions
// of those that are part of strake, to say what is missing where one is used.
type Without struct{ Why string } // there are no plugins, a sentence without a full stop

// Claims implements ir.Pass.
func (w Without) Claims() []lang.Claim { return missing(nil, w.Why) }

// Files implements ir.Pass.
func (Without) Files() []ir.File { return nil }

// Run implements ir.Pass.
func (Without) Run(_ context.Context, m *ir.Module) (*ir.Module, diag.List, error) {
	return m, nil, nil
}

// missing are the instructions of plugins that are part of strake which nobody has claimed.
func missing(claimed []lang.Claim, why string) []lang.Claim {
	var list []lang.Claim
	all := builtin.All()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, in := range all[name]().Info().Instructions {
			if !slices.ContainsFunc(claimed, func(c lang.Claim) bool { return c.Keyword == in.Keyword }) {
				list = append(list, lang.Claim{Keyword: in.Keyword, Heredocs: in.Heredocs,
					Missing: fmt.Sprintf("%s is an instruction of the plugin %s; %s", in.Keyword, name, why)})
			}
		}
	}
	return list
}
