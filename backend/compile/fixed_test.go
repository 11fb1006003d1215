package compile_test

import (
	"context"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
)

// replacing is a rule that fixes a text, once, by another.
func replacing(old, with string) lint.Rule {
	return lint.Rule{Name: old, Severity: diag.Warning, Step: func(s *lint.Step, r *lint.Report) {
		at := s.Node.Span()
		i := strings.Index(s.Stage.View.Text.File.Source.Slice(at), old)
		if i >= 0 {
			at.Start += uint32(i)
			at.End = at.Start + uint32(len(old))
			r.Step(s, "this is another").Fix("change it", diag.Files, diag.Edit{Span: at, New: with})
		}
	}}
}

// A fix after which a script no longer reads in its shell is left out as a whole, and others are made.
func TestFixedKeepsScriptsReadable(t *testing.T) {
	const text = "FROM debian:12\nRUN foo && bar\nRUN baz\nCMD qux\nRUN if\n"
	for _, bad := range []lint.Rule{replacing("bar", "(b"), replacing("baz", "b <(x)"), replacing("qux", "q)"), replacing("bar", "\\\n  b '")} {
		config := compile.Config{Name: "Dockerfile", Text: text, Lint: &compile.Lint{Rules: []lint.Rule{bad, replacing("foo", "good")}}}
		fixed, err := compile.New(config).Fixed(context.Background(), false)
		if want := strings.Replace(text, "foo", "good", 1); err != nil || fixed.Text != want || fixed.Count != 1 {
			t.Errorf("%s: %q, %d, %v", bad.Name, fixed.Text, fixed.Count, err)
		}
	}
}
