package linttest

import (
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// maxRounds is how often the fixes of one rule are applied: those that overlap wait for the next.
const maxRounds = 30

// Corpus has each rule look at the real Dockerfiles, and applies all of its fixes. What they make
// has no more errors than before, no finding that had a fix is left, and in the end there is
// nothing to fix. So it is with the fixes of all rules at once.
func Corpus(t *testing.T, rules []lint.Rule) {
	files := cases.NeedCorpus(t)
	rules = slices.Clone(rules)
	for i := range rules {
		rules[i].Level, rules[i].Same = lint.Normal, ""
	}
	found, fixed := map[string]int{}, map[string]int{}
	for _, f := range files {
		text := string(f.Data)
		in := lint.Read(source.NewFile(f.Name, text))
		out, err := lint.Run(rules, in)
		if err != nil {
			continue // the check directive is wrong
		}
		by := map[string]diag.List{}
		for _, d := range lint.Diags(out.Findings) {
			by[d.Code] = append(by[d.Code], d)
		}
		for _, rule := range rules {
			list := by[rule.Name]
			n := withFix(list)
			found[rule.Name], fixed[rule.Name] = found[rule.Name]+len(list), fixed[rule.Name]+n
			if n == 0 {
				continue
			}
			if left := fixAll(t, f.Name, text, []lint.Rule{rule}, list, len(in.Diags.Errors())); left > len(list)-n {
				t.Errorf("%s: %s finds %d, of which it fixes %d, and %d are left", f.Name, rule.Name, len(list), n, left)
			}
		}
		fixAll(t, f.Name, text, rules, lint.Diags(out.Findings), len(in.Diags.Errors()))
	}
	for _, rule := range rules {
		t.Logf("%s: %d findings, %d with a fix", rule.Name, found[rule.Name], fixed[rule.Name])
	}
}

// withFix is how many of some diagnostics have one.
func withFix(list diag.List) (n int) {
	for _, d := range list {
		if len(d.Fixes) > 0 {
			n++
		}
	}
	return n
}

// fixAll applies the fixes of what rules found in a text, and of what they find then, until there
// are none. It gives how many findings are left. The errors are how many the text has.
func fixAll(t *testing.T, name, text string, rules []lint.Rule, list diag.List, errors int) int {
	t.Helper()
	what := "all rules"
	if len(rules) == 1 {
		what = rules[0].Name
	}
	for range maxRounds {
		next, n, err := diag.ApplyFixes(text, list, true)
		if err != nil {
			t.Errorf("%s: %s: %v", name, what, err)
			return 0
		}
		if n == 0 {
			return len(list)
		}
		if next == text {
			t.Errorf("%s: %s: a fix changes nothing", name, what)
			return 0
		}
		text = next
		in := lint.Read(source.NewFile(name, text))
		if more := in.Diags.Errors(); len(more) > errors {
			t.Errorf("%s: %s: a fix makes errors: %v", name, what, more)
			return 0
		}
		out, err := lint.Run(rules, in)
		if err != nil {
			t.Errorf("%s: %s: %v", name, what, err)
			return 0
		}
		list = lint.Diags(out.Findings)
	}
	t.Errorf("%s: %s: after %d rounds there are still fixes", name, what, maxRounds)
	return 0
}
