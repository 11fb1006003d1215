package lang_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/spec"
)

// TestUsage checks that the grammar takes what the messages say an instruction
// looks like: with all that is optional, and without.
func TestUsage(t *testing.T) {
	optional := regexp.MustCompile(` ?\[[^"\]]*\]`)
	marks := strings.NewReplacer("…]", "]", "…", "", "--flag", "--flag=x", "--platform=", "--platform=x")
	brackets := strings.NewReplacer("[", "", "]", "")
	accepts := func(text string) bool {
		_, diags := lang.Parse(source.NewFile("Dockerfile", "FROM a\n"+text+"\n"))
		return !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool {
			return d.Severity == diag.Error && d.Code != "unknown-flag" && d.Code != "bad-value"
		})
	}
	for _, in := range spec.Instructions() {
		for _, text := range strings.Split(in.Usage, ", or ") {
			least := marks.Replace(optional.ReplaceAllString(text, ""))
			most := marks.Replace(text)
			if !strings.Contains(text, `["`) {
				most = brackets.Replace(most)
			}
			if !accepts(least) || !accepts(most) {
				t.Errorf("the grammar refuses %q or %q", least, most)
			}
			switch words := strings.Fields(least); in.Keyword {
			case spec.Run, spec.Cmd, spec.Entrypoint: // may be empty
			default:
				if less := strings.Join(words[:len(words)-1], " "); accepts(less) {
					t.Errorf("the grammar takes %q, less than %q", less, least)
				}
			}
		}
	}
}

// TestConcurrent is of use under the race detector.
func TestConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if _, diags := lang.Parse(source.NewFile("Dockerfile", everything)); diags.HasErrors() {
					t.Error(diags)
				}
			}
		})
	}
	wg.Wait()
}
