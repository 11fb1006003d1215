package lang

import (
	"strings"

	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// Trivia is a stretch of an instruction's text that is not of its logical line: the end of
// a line that goes on, or a line that is passed over. It has its line ending with it.
type Trivia struct {
	Place
	Kind TriviaKind
	Text string // of a comment, behind the "#", blanks kept
}

// TriviaKind tells trivia apart.
type TriviaKind uint8

const (
	Continuation TriviaKind = iota // from the escape character on
	InnerComment                   // a line that starts with "#"
	InnerBlank                     // an empty line
)

// Trivia gives the trivia of an instruction as it stands in the source, in order; nil for
// one that does not. Here documents are none of it: they have no trivia. Without them and
// without the trivia, the text of an instruction is its Code.
//
// They are looked up when asked for, so that parsing does not pay for them.
func (f *File) Trivia(in Instruction) []Trivia {
	at := in.Span()
	if at.IsZero() || at.File != f.Source.ID || int(at.End) > len(f.Source.Text) {
		return nil
	}
	list := lexer.Trivia(f.Source.Text, at.Start, at.End, f.Escape)
	if len(list) == 0 {
		return nil
	}
	out := make([]Trivia, 0, len(list))
	for _, t := range list {
		trivia := Trivia{Place: Place{source.Span{File: at.File, Start: t.Start, End: t.End}}}
		switch t.Kind {
		case lexer.Comment:
			_, text, _ := strings.Cut(t.Text, "#")
			trivia.Kind, trivia.Text = InnerComment, strings.TrimRight(text, "\r\n")
		case lexer.Blank:
			trivia.Kind = InnerBlank
		}
		out = append(out, trivia)
	}
	return out
}
