// Package linttest holds rules to the cases that are written of them. Tests of sets of rules
// use it.
package linttest

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/cases"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Run holds each rule to its cases, one of which fires and one of which is silent at least. The
// input of a text is lint.Read's unless one is given. Of images the digest of debian is known.
func Run(t *testing.T, rules []lint.Rule, dir fs.FS, input func(*testing.T, *source.File) lint.Input) {
	t.Helper()
	pages, err := cases.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if input == nil {
		input = func(_ *testing.T, src *source.File) lint.Input { return lint.Read(src) }
	}
	for _, page := range pages {
		if !slices.ContainsFunc(rules, func(r lint.Rule) bool { return r.Name == page.Rule }) {
			t.Errorf("%s has cases, and is no rule", page.Rule)
		}
	}
	for _, rule := range rules {
		i := slices.IndexFunc(pages, func(p cases.Page) bool { return p.Rule == rule.Name })
		if i < 0 {
			t.Errorf("%s has no cases", rule.Name)
			continue
		}
		t.Run(rule.Name, func(t *testing.T) { check(t, rule, pages[i], input) })
	}
}

func check(t *testing.T, rule lint.Rule, page cases.Page, input func(*testing.T, *source.File) lint.Input) {
	fires, silent, fixable := 0, 0, false
	for _, c := range page.Cases {
		found := look(t, rule, c.Text, input)
		var lines []int
		file := source.NewFile("Dockerfile", c.Text)
		for _, f := range found {
			lines = append(lines, file.Line(f.Span.Start))
		}
		slices.Sort(lines)
		if c.Fires {
			fires++
		} else {
			silent++
		}
		if c.Fires != (len(found) > 0) || len(c.Lines) > 0 && !slices.Equal(c.Lines, lines) {
			t.Errorf("%s: found in lines %v\n%s", c.Shows, lines, c.Text)
		}
		keeps := kept(found)
		fixable = fixable || keeps != ""
		if c.Fixed == "" {
			continue
		}
		if c.Keeps != keeps {
			t.Errorf("%s: the fix keeps %q, and not %q", c.Shows, keeps, c.Keeps)
		}
		if got := Fixed(t, c.Text, found); got != c.Fixed {
			t.Errorf("%s: the fix makes\n%s", c.Shows, got)
		}
		if text := carriage(c.Text); !strings.Contains(text, "<<") { // a shell reads a here document as it is
			if got := Fixed(t, text, look(t, rule, text, input)); got != carriage(c.Fixed) {
				t.Errorf("%s: in a file with carriage returns the fix makes\n%q", c.Shows, got)
			}
		}
		if _, diags := lang.Parse(source.NewFile("Dockerfile", c.Fixed)); diags.HasErrors() {
			t.Errorf("%s: what is fixed does not parse: %v", c.Shows, diags)
		}
	}
	if fires == 0 || silent == 0 {
		t.Errorf("%d cases fire and %d are silent", fires, silent)
	}
	if fixable && len(page.Keeps()) == 0 {
		t.Error("it has a fix, and no case shows it")
	}
}

// kept says what the fixes of findings keep, each of which has the first of its fixes.
func kept(found []lint.Finding) string {
	var all []string
	for _, f := range found {
		if len(f.Fixes) > 0 {
			all = append(all, f.Fixes[0].Keeps.String())
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ",")
}

// carriage is a text with lines that end as on Windows.
func carriage(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

func look(t *testing.T, rule lint.Rule, text string, input func(*testing.T, *source.File) lint.Input) []lint.Finding {
	rule.Level = lint.Normal
	in := input(t, source.NewFile("Dockerfile", text))
	if in.Known == nil {
		in.Known = registry{}
	}
	found, err := lint.Run([]lint.Rule{rule}, in)
	if err != nil {
		t.Fatal(err)
	}
	return found.Findings
}

// registry knows the digest of debian.
type registry struct{ lint.ByName }

func (registry) Digest(m *ir.Module, stage int) string {
	if strings.HasPrefix(m.Stages[stage].Base, "debian") {
		return "sha256:" + strings.Repeat("0123456789abcdef", 4)
	}
	return ""
}

// Fixed is a text with the first fix of each finding.
func Fixed(t *testing.T, text string, found []lint.Finding) string {
	t.Helper()
	out, _, err := diag.ApplyFixes(text, lint.Diags(found), true)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
