package lang

import (
	"strings"

	"github.com/alecthomas/participle/v2"
	plexer "github.com/alecthomas/participle/v2/lexer"

	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// The leaves of the grammar read tokens by themselves: reflection over every
// word would cost ten times what the rest of a parse does. grammar.ebnf says what each takes.

// newWord makes a word of a token of lexer.Tokens.
func newWord(t *plexer.Token) Word {
	return Word{t.Value, Place{source.Span{
		File: source.FileID(t.Pos.Line), Start: uint32(t.Pos.Offset), End: uint32(t.Pos.Column),
	}}}
}

// next tells whether the next token is of a kind.
func next(lex *plexer.PeekingLexer, kind lexer.Kind) bool { return lex.Peek().Type == kind.Type() }

// run takes all tokens of a kind.
func run(lex *plexer.PeekingLexer, kind lexer.Kind) []plexer.Token {
	start := lex.RawCursor()
	for next(lex, kind) {
		lex.Next()
	}
	return lex.Range(start, lex.RawCursor())
}

func newWords(tokens []plexer.Token) []Word {
	if len(tokens) == 0 {
		return nil
	}
	list := make([]Word, len(tokens))
	for i := range tokens {
		list[i] = newWord(&tokens[i])
	}
	return list
}

// Parse takes one word, or the text of an instruction that has no words.
func (w *Word) Parse(lex *plexer.PeekingLexer) error {
	if !next(lex, lexer.Word) && !next(lex, lexer.Text) {
		return participle.NextMatch
	}
	*w = newWord(lex.Next())
	return nil
}

// list takes the words, or the strings of an array.
func list(lex *plexer.PeekingLexer) []plexer.Token {
	if next(lex, lexer.JSON) {
		lex.Next()
		return run(lex, lexer.String)
	}
	return run(lex, lexer.Word)
}

// Parse takes at least one word, or an array of at least one.
func (w *Words) Parse(lex *plexer.PeekingLexer) error {
	at := lex.MakeCheckpoint()
	if w.List = newWords(list(lex)); len(w.List) == 0 {
		lex.LoadCheckpoint(at)
		return participle.NextMatch
	}
	return nil
}

// Parse takes at least two words, or an array of at least two.
func (p *Paths) Parse(lex *plexer.PeekingLexer) error {
	at := lex.MakeCheckpoint()
	words := newWords(list(lex))
	if len(words) < 2 {
		lex.LoadCheckpoint(at)
		return participle.NextMatch
	}
	last := len(words) - 1
	p.Sources, p.Dest = words[:last:last], words[last]
	return nil
}

// Parse takes a line for a shell, or an array, or nothing.
func (c *Command) Parse(lex *plexer.PeekingLexer) error {
	switch {
	case next(lex, lexer.Text):
		c.Line = newWord(lex.Next())
	case next(lex, lexer.JSON):
		lex.Next()
		c.Exec, c.Args = true, newWords(run(lex, lexer.String))
	}
	return nil
}

// Parse takes the flags.
func (f *Flags) Parse(lex *plexer.PeekingLexer) error {
	tokens := run(lex, lexer.Flag)
	f.List = make([]Flag, len(tokens))
	for i := range tokens {
		w := newWord(&tokens[i])
		name, value, found := strings.Cut(strings.TrimPrefix(w.Text, "--"), "=")
		f.List[i] = Flag{name, value, found, w.Place}
	}
	return nil
}

// Parse takes "name=value" words, or the legacy name and its value.
func (p *Pairs) Parse(lex *plexer.PeekingLexer) error {
	if next(lex, lexer.Word) {
		at := lex.MakeCheckpoint()
		if name := lex.Next(); next(lex, lexer.Text) {
			p.List = []Pair{{Key: newWord(name), Value: newWord(lex.Next()), HasValue: true, Legacy: true}}
			return nil
		}
		lex.LoadCheckpoint(at)
		return participle.NextMatch
	}
	tokens := run(lex, lexer.Pair)
	if len(tokens) == 0 {
		return participle.NextMatch
	}
	p.List = newPairs(tokens)
	return nil
}

// Parse takes names, with values or without.
func (d *Declarations) Parse(lex *plexer.PeekingLexer) error {
	start := lex.RawCursor()
	for next(lex, lexer.Pair) || next(lex, lexer.Word) {
		lex.Next()
	}
	tokens := lex.Range(start, lex.RawCursor())
	if len(tokens) == 0 {
		return participle.NextMatch
	}
	d.List = newPairs(tokens)
	return nil
}

func newPairs(tokens []plexer.Token) []Pair {
	list := make([]Pair, len(tokens))
	for i := range tokens {
		list[i] = newPair(newWord(&tokens[i]))
	}
	return list
}

// newPair cuts a word at its first "=". Where the word does not stand in the
// source as it is, because a line ends inside it, say, both parts have the place
// of the whole.
func newPair(w Word) Pair {
	key, value, found := strings.Cut(w.Text, "=")
	pair := Pair{Key: Word{key, w.Place}, HasValue: found}
	if !found {
		return pair
	}
	pair.Value = Word{value, w.Place}
	// The lexer takes bytes out, or writes U+FFFD for bytes that are no text.
	if w.At.Len() == len(w.Text) && !strings.Contains(w.Text, "\uFFFD") {
		pair.Key.At.End = w.At.Start + uint32(len(key))
		pair.Value.At.Start = pair.Key.At.End + 1
	}
	return pair
}

// Parse takes the here documents that have a terminator, up to one that has none.
func (h *Heredocs) Parse(lex *plexer.PeekingLexer) error {
	for next(lex, lexer.HeredocWord) {
		at := lex.MakeCheckpoint()
		doc, _ := lexer.ParseHeredoc(lex.Next().Value) // the lexer has taken it for one
		body := newWord(lex.Next())
		if !next(lex, lexer.HeredocEnd) {
			lex.LoadCheckpoint(at)
			return nil
		}
		h.List = append(h.List, Heredoc{Name: doc.Name, Expand: doc.Expand, Chomp: doc.Chomp, Body: body, End: newWord(lex.Next())})
	}
	return nil
}
