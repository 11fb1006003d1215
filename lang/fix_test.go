package lang_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// fixes gives what each fix of the language makes of a text.
func fixes(t *testing.T, text string) (list []string, edits []diag.Edit) {
	t.Helper()
	file, diags := lang.Parse(source.NewFile("Dockerfile", text))
	for _, d := range append(diags, lang.Unclaimed(file)...) {
		for _, f := range d.Fixes {
			out, err := diag.Apply(text, f.Edits)
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
			list, edits = append(list, out), append(edits, f.Edits...)
		}
	}
	return list, edits
}

func TestFixKeepsText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"FROM a\nRUNN x\n", "FROM a\nRUN x\n"},
		{"FROM a\nCOPPY x y\n", "FROM a\nCOPY x y\n"},
		{"FROM a\nRUN[\"x\"]\n", "FROM a\nRUN [\"x\"]\n"},
		{"FROM a\nrun=1\n", ""},
		{"FROM a\nRUNls -l\n", ""},
		{"FROM a\nENVUSER me\n", ""},
		{"FROM a\nCOPY_a b\n", ""},
		{"FROM a\nUSER: me\n", ""},
		{"FROM a\nENV=1 x\n", ""},
		{"FROM a\nCMD> x\n", ""},
	} {
		got, _ := fixes(t, c.text)
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q: the fixes give %q, expected %q", c.text, got, c.want)
		}
	}
}

// TestFixKeepsTextOfCorpus damages the keywords of real files: what a fix takes away is a
// word of letters that nearly is a keyword, and nothing of what follows it.
func TestFixKeepsTextOfCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	r := rand.New(rand.NewPCG(1, 2))
	glue := []string{"=", ":", "", "-", "[", "\"", ".", "x", "xy", "$", "/", "1"}
	fixed := 0
	for _, f := range files {
		lines := strings.SplitAfter(string(f.Data), "\n")
		i := r.IntN(len(lines))
		word, rest, ok := strings.Cut(lines[i], " ")
		if !ok || word == "" || rest == "" {
			continue
		}
		for _, g := range glue {
			lines[i] = word + g + rest
			text := strings.Join(lines, "")
			_, edits := fixes(t, text)
			for _, e := range edits {
				fixed++
				old := text[e.Span.Start:e.Span.End]
				if strings.ContainsAny(old, "=:[\"'.$/0123456789 \t\n") || len(old) > len(e.New)+2 && e.New != "" {
					t.Errorf("%s: %q becomes %q", f.Name, old, e.New)
				}
			}
		}
	}
	if fixed == 0 {
		t.Error("there is no fix")
	}
	t.Logf("%d fixes", fixed)
}
