package compile

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestBrokenRules holds that a rule which hangs or panics is named, and the others are heard.
func TestBrokenRules(t *testing.T) {
	end := make(chan struct{})
	defer close(end)
	rules := []lint.Rule{
		{Name: "hangs", Step: func(*lint.Step, *lint.Report) { <-end }},
		{Name: "panics", Step: func(s *lint.Step, r *lint.Report) { panic(s.Body.Keyword()) }},
		{Name: "works", Severity: diag.Warning, Step: func(s *lint.Step, r *lint.Report) { r.Step(s, "seen") }},
	}
	out := within(50*time.Millisecond, rules, lint.Read(source.NewFile("Dockerfile", "FROM a\nRUN b\n")))
	if len(out.Findings) != 1 || out.Findings[0].Rule != "works" {
		t.Errorf("found %v", out.Findings)
	}
	var said []string
	for _, d := range out.Bad {
		said = append(said, d.Message)
	}
	if got := strings.Join(said, "; "); !strings.Contains(got, "the rule hangs hangs") || !strings.Contains(got, "the rule panics is broken") || !strings.HasSuffix(got, "left out") {
		t.Errorf("said %q", got)
	}
}
