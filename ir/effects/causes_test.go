package effects_test

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
)

// TestCauses prints why it is not known what commands of the corpus write, and of which programs,
// in commands: what to look at next.
func TestCauses(t *testing.T) {
	quoted := regexp.MustCompile("`[^`]*`")
	total, unknown := 0, 0
	reasons, programs := map[string]int{}, map[string]int{}
	each(corpus(t), true, func(_ *ir.Op, step effects.Step) {
		for _, c := range step.Commands {
			if c.Name == "" {
				continue
			}
			if total++; c.Effects.Grade() != effects.Unknown {
				continue
			}
			why := "a path is not known"
			if len(c.Effects.Unknown) > 0 {
				why = quoted.ReplaceAllString(strings.Join(c.Effects.Unknown, ", "), "…")
			}
			unknown++
			reasons[why]++
			programs[c.Name+": "+why]++
		}
	})
	t.Logf("of %d commands of %d it is not known what they write", unknown, total)
	for _, table := range []map[string]int{reasons, programs} {
		names := slices.SortedFunc(maps.Keys(table), func(a, b string) int { return cmp.Or(-cmp.Compare(table[a], table[b]), cmp.Compare(a, b)) })
		for _, n := range names[:min(len(names), 25)] {
			t.Logf("%6d %4.1f %% %s", table[n], 100*float64(table[n])/float64(total), n)
		}
	}
}
