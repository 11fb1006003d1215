package lang_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/seed-e0495807/strake/lang"
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
		_, err := lang.ParseGrammar(source.NewFile("Dockerfile", "FROM a\n"+text+"\n"))
		return err == nil
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

// TestGrammarErrors checks where the grammar finds an error.
func TestGrammarErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                `Dockerfile:1:1: unexpected token "<EOF>" (expected Stage+)`,
		"RUN x\n":                         `Dockerfile:1:1: unexpected token "RUN" (expected Stage+)`,
		"FROM a b\n":                      `Dockerfile:1:8: unexpected token "b" (expected <eol>)`,
		"FROM a\n\n  COPY é\\\n  \n":      `Dockerfile:3:8: unexpected token "é" (expected (WordPaths | StringsPaths) Heredoc* <eol>)`,
		"FROM a\nRUN é [\nCMD [\"é\", 1]": `Dockerfile:3:6: unexpected token "\"é\", 1" (expected "]")`,
	} {
		_, err := lang.ParseGrammar(source.NewFile("Dockerfile", text))
		if err == nil || err.Error() != want {
			t.Errorf("%q: got  %v\nwant %s", text, err, want)
		}
	}
}

// TestGrammarConcurrent is of use under the race detector.
func TestGrammarConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if _, err := lang.ParseGrammar(source.NewFile("Dockerfile", everything)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
