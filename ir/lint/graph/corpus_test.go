package graph_test

import (
	"flag"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/graph"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

var show = flag.String("show", "", "the rule whose findings in the corpus are logged, or all")

// TestCorpus has all rules look at all files, with those that nobody gets unless he asks. What fixes
// make of a file parses, and has no more to fix.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	rules := graph.Rules()
	for i := range rules {
		rules[i].Level = lint.Normal
	}
	count, fixed := map[string]int{}, 0
	for _, f := range files {
		text := string(f.Data)
		for round := 0; ; round++ {
			src := source.NewFile(f.Name, text)
			found, err := lint.Run(rules, lint.Read(src))
			if err != nil {
				break // the check directive is broken
			}
			for _, x := range found.Findings {
				if round == 0 {
					count[x.Rule]++
					if *show == x.Rule || *show == "all" {
						t.Logf("%s %s: %s\n%s", x.Rule, src.Position(x.Span.Start), x.Message, src.Slice(x.Span))
					}
				}
			}
			next, n, err := diag.ApplyFixes(text, lint.Diags(found.Findings), true)
			if err != nil || round > 5 {
				t.Errorf("%s: round %d: %v", f.Name, round, err)
				break
			}
			if n == 0 {
				break
			}
			_, before := lang.Parse(src)
			if _, after := lang.Parse(source.NewFile(f.Name, next)); after.HasErrors() && !before.HasErrors() {
				t.Errorf("%s does not parse:\n%s", f.Name, next)
			}
			text, fixed = next, fixed+n
		}
	}
	t.Logf("%d fixed; %v", fixed, count)
}
