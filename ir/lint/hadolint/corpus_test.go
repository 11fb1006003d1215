package hadolint_test

import (
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/hadolint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestCorpus applies each fix to each file of the corpus by itself: what parsed parses, and the
// rule has less to find. Then all of them, again and again: in the end there is none left.
func TestCorpus(t *testing.T) {
	files, ok, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Skip("no corpus: set STRAKE_CORPUS to a tar.gz of Dockerfiles")
	}
	found, fixed := map[string]int{}, map[string]int{}
	for _, f := range files {
		text := string(f.Data)
		list, whole := findings(t, text, hadolint.Rules())
		for _, d := range list {
			found[d.Code]++
			if len(d.Fixes) > 0 && whole {
				fixed[d.Code]++
				holdsFix(t, f.Name, text, d)
			}
		}
		if whole {
			settles(t, f.Name, text)
		}
	}
	for _, rule := range hadolint.Rules() {
		t.Logf("%s: %d found, %d of them fixed", rule.Name, found[rule.Name], fixed[rule.Name])
	}
}

func findings(t *testing.T, text string, rules []lint.Rule) (list diag.List, whole bool) {
	t.Helper()
	in := lint.Read(source.NewFile("Dockerfile", text))
	for i := range rules {
		rules[i].Level = lint.Normal
	}
	result, err := lint.Run(rules, in)
	if err != nil {
		return nil, false
	}
	return lint.Diags(result.Findings), !in.Diags.HasErrors()
}

// holdsFix applies one fix.
func holdsFix(t *testing.T, name, text string, d diag.Diagnostic) {
	t.Helper()
	var rules []lint.Rule
	for _, r := range hadolint.Rules() {
		if r.Name == d.Code {
			rules = append(rules, r)
		}
	}
	before, _ := findings(t, text, rules)
	out, err := diag.Apply(text, d.Fixes[0].Edits)
	if err != nil {
		t.Errorf("%s: %s: %v", name, d.Code, err)
		return
	}
	if _, diags := lang.Parse(source.NewFile("Dockerfile", out)); diags.HasErrors() {
		t.Errorf("%s: %s: what %q makes does not parse: %v", name, d.Code, d.Fixes[0].Message, diags)
	}
	if after, _ := findings(t, out, rules); len(after) >= len(before) {
		t.Errorf("%s: %s: %q leaves %d findings of %d", name, d.Code, d.Fixes[0].Message, len(after), len(before))
	}
}

// settles applies all fixes, until there is none left.
func settles(t *testing.T, name, text string) {
	t.Helper()
	for range 100 {
		list, whole := findings(t, text, hadolint.Rules())
		if !whole {
			t.Errorf("%s: what is fixed does not parse", name)
			return
		}
		out, n, err := diag.ApplyFixes(text, list, true)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if n == 0 {
			return
		}
		text = out
	}
	t.Errorf("%s: there is always something to fix", name)
}
