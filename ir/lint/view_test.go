package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

func run(t *testing.T, text string, rules ...lint.Rule) []lint.Finding {
	t.Helper()
	found, err := lint.Run(rules, lint.Read(source.NewFile("Dockerfile", text)))
	if err != nil {
		t.Fatal(err)
	}
	return found.Findings
}

// TestScriptPlaces holds every word of scripts against the text of the file at its place.
func TestScriptPlaces(t *testing.T) {
	for name, text := range map[string]string{
		"one line":        "FROM a\nRUN one two && three\n",
		"continued":       "FROM a\nRUN one \\\n  # why\n  two \\\n\n && three\n",
		"split word":      "FROM a\nRUN one tw\\\no && three\n",
		"flags":           "FROM a\nRUN --mount=type=cache,target=/c \\\n one && two\n",
		"escape":          "# escape=`\nFROM a\nRUN one `\n two\n",
		"only a document": "FROM a\nRUN <<EOF\none two\nthree\nEOF\n",
		"chomped":         "FROM a\nRUN <<-EOF\n\tone two\n\t\tthree\n\tEOF\n",
		"documents":       "FROM a\nRUN one <<A && two <<B\nx $(three)\nA\ny\nB\n",
		"onbuild":         "FROM a\nONBUILD RUN one \\\n two\n",
		"carriage":        "FROM a\r\nRUN one \\\r\n two\r\n",
		"no FROM":         "RUN one two\n",
		"broken":          "FROM a\nCOPY\nRUN one two\n",
	} {
		words := 0
		rule := lint.Rule{Name: "Words", View: lint.OnScript(func(s *lint.Script, r *lint.Report) {
			syntax.Walk(s.Tree(), func(n syntax.Node) bool {
				lit, ok := n.(*syntax.Lit)
				if !ok {
					return true
				}
				start := int(lit.Pos().Offset())
				end := min(int(lit.End().Offset()), start+len(lit.Value)) // that of a here document has its terminator
				at, ok := s.Span(start, end)
				if !ok {
					t.Errorf("%s: %q has no place", name, lit.Value)
					return true
				}
				words++
				if got := text[at.Start:at.End]; got != lit.Value && strings.ReplaceAll(got, "\\\n", "") != lit.Value {
					t.Errorf("%s: %q is at %q", name, lit.Value, got)
				}
				if edits := s.Edit(start, end, "X"); (len(edits) > 0) != (text[at.Start:at.End] == lit.Value) {
					t.Errorf("%s: edits of %q: %v", name, lit.Value, edits)
				}
				return true
			})
		})}
		run(t, text, rule)
		if words < 2 {
			t.Errorf("%s: %d words", name, words)
		}
	}
}

// TestSame holds that two rules which say the same of one instruction give one finding.
func TestSame(t *testing.T) {
	say := func(name, same string) lint.Rule {
		return lint.Rule{Name: name, Same: same, Severity: diag.Warning, Step: func(s *lint.Step, r *lint.Report) {
			if s.Body.Keyword() == "RUN" || name == "B" {
				r.Step(s, name)
			}
		}}
	}
	var out []string
	for _, f := range run(t, "FROM x\nRUN a\nUSER b\n", say("A", ""), say("B", "A")) {
		out = append(out, fmt.Sprint(f.Rule, f.Also, f.Span.Start))
	}
	if got := strings.Join(out, " "); got != "A[B] 7 B[] 13" {
		t.Error(got)
	}
}
