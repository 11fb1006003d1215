package lexer

import (
	"errors"
	"io"
	"maps"

	participle "github.com/alecthomas/participle/v2/lexer"
)

// symbols are the types of the tokens of a Tokens, by the names that the
// grammar has for them.
var symbols = map[string]participle.TokenType{
	"EOF": participle.EOF, "Flag": Flag.Type(), "Word": Word.Type(), "Pair": Pair.Type(), "Text": Text.Type(),
	"JSON": JSON.Type(), "String": String.Type(), "NotStrings": NotStrings.Type(),
	"Heredoc": HeredocWord.Type(), "HeredocBody": HeredocBody.Type(), "HeredocEnd": HeredocEnd.Type(),
}

// Type is the type that a token of this kind has for participle.
func (k Kind) Type() participle.TokenType { return participle.TokenType(k) }

// Definition says to participle which tokens there are. They come from a
// Tokens: participle never reads text by itself.
type Definition struct{}

// Symbols gives the token types by name.
func (Definition) Symbols() map[string]participle.TokenType { return maps.Clone(symbols) }

// Lex is here because participle's interface asks for it. It always fails.
func (Definition) Lex(string, io.Reader) (participle.Lexer, error) {
	return nil, errors.New("the tokens of a Dockerfile come from the lines of a Lexer")
}

// Tokens lays parts of a Line out for participle. There is one buffer for all
// lines of a file, so a part that was laid out is gone when the next one is.
//
// A token's Pos is not for people: Offset and Column are the bytes of the source
// where the token starts and ends, and Line is the number of the file.
type Tokens struct {
	File int // for the tokens to come

	lex  *participle.PeekingLexer
	list []participle.Token // what lex reads; a write here is seen there
	n    int                // how many are in use
}

// Flags lays out the flags of a line.
func (t *Tokens) Flags(l *Line) *participle.PeekingLexer {
	t.reset(len(l.Flags))
	t.add(l.Flags...)
	return t.done()
}

// Arguments lays out the arguments of a line. An array that has anything but
// strings in it is one token of the kind NotStrings.
func (t *Tokens) Arguments(l *Line) *participle.PeekingLexer {
	t.reset(len(l.Args))
	t.add(l.Args...)
	if n := t.n; n > 0 && t.list[n-1].Type == JSON.Type() {
		if _, ok := Strings(t.list[n-1].Value); !ok {
			t.list[n-1].Type = NotStrings.Type()
		}
	}
	return t.done()
}

// Heredocs lays out the here documents of a line: of each the word that
// announces it, the body and, unless the file ends first, the terminator.
func (t *Tokens) Heredocs(l *Line) *participle.PeekingLexer {
	t.reset(3 * len(l.Heredocs))
	for _, d := range l.Heredocs {
		t.add(Token{Kind: HeredocWord, Text: d.Word, Start: l.Start, End: l.Start}, d.Body)
		if d.End.Kind == HeredocEnd {
			t.add(d.End)
		}
	}
	return t.done()
}

func (t *Tokens) add(tokens ...Token) {
	for i := range tokens {
		from := &tokens[i]
		t.list[t.n] = participle.Token{Type: from.Kind.Type(), Value: from.Text,
			Pos: participle.Position{Offset: int(from.Start), Column: int(from.End), Line: t.File}}
		t.n++
	}
}

// reset makes room for n tokens and the end.
func (t *Tokens) reset(n int) {
	t.n = 0
	if n < len(t.list) {
		return
	}
	size := max(32, 2*n)
	if n > 1<<12 {
		size = n + 1 // such a line is the only one
	}
	// The only way to a PeekingLexer is from a Lexer, and the only way to its
	// tokens is by its cursors.
	t.lex, _ = participle.Upgrade(&blanks{size})
	t.list = t.lex.Range(0, participle.RawCursor(size))
}

func (t *Tokens) done() *participle.PeekingLexer {
	t.list[t.n] = participle.Token{Type: participle.EOF}
	t.lex.LoadCheckpoint(participle.Checkpoint{})
	return t.lex
}

// blanks gives a number of tokens to be overwritten.
type blanks struct{ n int }

// Next gives the next of them, then the end.
func (b *blanks) Next() (participle.Token, error) {
	if b.n--; b.n < 0 {
		return participle.Token{Type: participle.EOF}, nil
	}
	return participle.Token{}, nil
}
