package script_test

import (
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/script"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestCorpus holds that each rule's fixes, all of them at once, leave real files that parse, in which
// the rule finds nothing more that it has a fix for.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	rules := map[string]lint.Rule{}
	for _, r := range script.Rules() {
		rules[r.Name] = r
	}
	count := map[string][2]int{}
	for _, f := range files {
		src := source.NewFile(f.Name, string(f.Data))
		all, err := lint.Run(script.Rules(), lint.Read(src))
		if err != nil {
			continue
		}
		of := map[string][]lint.Finding{}
		for _, found := range all.Findings {
			of[found.Rule] = append(of[found.Rule], found)
		}
		for name, found := range of {
			n := count[name]
			n[0] += len(found)
			fixed, made, err := diag.ApplyFixes(string(f.Data), lint.Diags(found), true)
			if err != nil {
				t.Fatalf("%s: %s: %v", f.Name, name, err)
			}
			n[1] += made
			count[name] = n
			if made > 0 {
				holdFixed(t, f.Name, rules[name], src, fixed, len(found)-made)
			}
		}
	}
	for name, n := range count {
		t.Logf("%s found %d, of these fixed %d", name, n[0], n[1])
	}
}

// holdFixed looks at a file with the fixes of a rule. Findings without one are left.
func holdFixed(t *testing.T, name string, rule lint.Rule, src *source.File, text string, left int) {
	t.Helper()
	fixed := source.NewFile(name, text)
	_, before := lang.Parse(src)
	if _, diags := lang.Parse(fixed); diags.HasErrors() && !before.HasErrors() {
		t.Errorf("%s: %s: the fixed file does not parse: %v", name, rule.Name, diags)
		return
	}
	again, err := lint.Run([]lint.Rule{rule}, lint.Read(fixed))
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Findings) != left {
		t.Errorf("%s: %s: %d findings after the fix, not %d", name, rule.Name, len(again.Findings), left)
	}
}
