package compile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/plugins/builtin"
)

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
