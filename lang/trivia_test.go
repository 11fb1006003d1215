package lang_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestTrivia checks that an instruction without its trivia is its logical line.
func TestTrivia(t *testing.T) {
	found := map[lang.TriviaKind]int{}
	sound(t, func(name string, file *lang.File) {
		for _, in := range file.Instructions() {
			at, h := in.Span(), in.Head()
			var code strings.Builder
			pos := at.Start
			for _, trivia := range file.Trivia(in) {
				found[trivia.Kind]++
				code.WriteString(file.Source.Text[pos:trivia.At.Start])
				pos = trivia.At.End
			}
			rest := file.Source.Text[pos:at.End]
			if len(h.Heredocs) > 0 {
				rest, _, _ = strings.Cut(rest, "\n")
			}
			if got := code.String() + rest; strings.TrimRight(got, "\r\n") != strings.TrimRight(h.Code, "\r\n") {
				t.Errorf("%s: %q without trivia is\n%q, not\n%q", name, file.Source.Slice(at), got, h.Code)
			}
		}
	})
	t.Logf("%d continuations, %d comments, %d blank lines", found[lang.Continuation], found[lang.InnerComment], found[lang.InnerBlank])
}

func TestTriviaPlaces(t *testing.T) {
	file, _ := lang.Parse(source.NewFile("Dockerfile", "FROM a\nRUN x && \\ \n  # why\n\n\ty <<E\n# z\\\nE\n"))
	var got []string
	for _, trivia := range file.Trivia(file.Instructions()[1]) {
		got = append(got, file.Source.Slice(trivia.At)+"|"+trivia.Text)
	}
	if want := "\\ \n|,  # why\n| why,\n|"; strings.Join(got, ",") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if made := file.Trivia(&lang.Run{}); made != nil {
		t.Errorf("a made instruction has the trivia %v", made)
	}
}
