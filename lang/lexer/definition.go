package lexer

import (
	"io"
	"maps"
	"sort"
	"strings"

	participle "github.com/alecthomas/participle/v2/lexer"
	"github.com/seed-e0495807/strake/lang/spec"
)

// firstKeyword is the participle type of the keyword ADD; the others follow in
// the order of Instruction. Other tokens have their Kind as type.
const firstKeyword participle.TokenType = 64

var symbols = symbolTable()

func symbolTable() map[string]participle.TokenType {
	table := map[string]participle.TokenType{
		"EOF": participle.EOF, "Comment": typeOf(Comment), "Directive": typeOf(Directive), "Keyword": typeOf(Keyword),
		"Flag": typeOf(Flag), "Word": typeOf(Word), "Pair": typeOf(Pair), "Text": typeOf(Text), "String": typeOf(String),
		"HeredocBody": typeOf(HeredocBody), "HeredocEnd": typeOf(HeredocEnd), "Trigger": typeOf(Trigger),
		"Punct": typeOf(Punct), "EOL": typeOf(EOL),
	}
	for i, name := range spec.Keywords() {
		table[name] = firstKeyword + participle.TokenType(i)
	}
	return table
}

func typeOf(k Kind) participle.TokenType { return participle.TokenType(k) }

// Definition is the lexer as participle wants it: the lines of Lexer, laid out
// as one stream of tokens.
//
// Every keyword is a symbol of its own, named as the keyword in upper case; one
// that the language does not know is a Keyword. An array is "[", its Strings
// and "]", and with elements that are no strings "[", a Text and "]". A Trigger
// stands before the tokens of the instruction behind ONBUILD. Here documents
// come behind the arguments, each a HeredocBody and, unless the file ends
// first, a HeredocEnd. An EOL ends each instruction; comments and directives
// are one token each.
type Definition struct{}

// Symbols gives the token types by name.
func (Definition) Symbols() map[string]participle.TokenType { return maps.Clone(symbols) }

// Lex reads all of r first.
func (d Definition) Lex(filename string, r io.Reader) (participle.Lexer, error) {
	var b strings.Builder
	if _, err := io.Copy(&b, r); err != nil {
		return nil, err
	}
	return d.LexString(filename, b.String())
}

// LexString starts to read a file. It never fails.
func (Definition) LexString(filename, input string) (participle.Lexer, error) {
	return NewStream(filename, input), nil
}

// Stream gives the tokens of one file to participle, and remembers what
// participle's tokens have no room for. It is not safe for concurrent use.
type Stream struct {
	lex  *Lexer
	line Line

	marks []mark // all tokens so far, by offset
	next  int    // the first of them that Next has not given yet
	docs  []Heredoc

	at   participle.Position // of the last token
	head int                 // where the line of that begins
}

// mark is a token and where participle shall see it.
type mark struct {
	at  uint32
	typ participle.TokenType
	Token
}

// NewStream starts to read a file, as New does.
func NewStream(filename, input string, heredocs ...string) *Stream {
	return &Stream{lex: New(input, heredocs...), at: participle.Position{Filename: filename, Line: 1, Column: 1}}
}

// Next gives the next token. It never fails.
func (s *Stream) Next() (participle.Token, error) {
	for s.next == len(s.marks) {
		s.lex.Line(&s.line)
		s.flatten(&s.line)
	}
	m := s.marks[s.next]
	if m.typ != participle.EOF { // the end is given again and again
		s.next++
	}
	return participle.Token{Type: m.typ, Value: m.Text, Pos: s.position(m.at)}, nil
}

// Escape is the escape character of what has been read.
func (s *Stream) Escape() byte { return s.lex.Escape() }

// Source gives the token that one of participle's was made of, which has the
// end too. That of an EOL covers the whole instruction.
func (s *Stream) Source(t participle.Token) Token {
	i := sort.Search(len(s.marks), func(i int) bool { return int(s.marks[i].at) >= t.Pos.Offset })
	for s.marks[i].typ != t.Type {
		i++
	}
	return s.marks[i].Token
}

// Heredoc gives the here document of a HeredocBody.
func (s *Stream) Heredoc(body participle.Token) Heredoc {
	i := sort.Search(len(s.docs), func(i int) bool { return int(s.docs[i].Body.Start) >= body.Pos.Offset })
	return s.docs[i]
}

// position counts on from the token before. The column is in bytes.
func (s *Stream) position(at uint32) participle.Position {
	between := s.lex.src[s.at.Offset:at]
	if n := strings.Count(between, "\n"); n > 0 {
		s.at.Line += n
		s.head = s.at.Offset + strings.LastIndexByte(between, '\n') + 1
	}
	s.at.Offset, s.at.Column = int(at), int(at)-s.head+1
	return s.at
}

func (s *Stream) add(t Token) { s.marks = append(s.marks, mark{t.Start, typeOf(t.Kind), t}) }

func (s *Stream) flatten(l *Line) {
	whole := Token{Kind: l.Kind, Start: l.Start, End: l.End, Text: l.Code}
	switch l.Kind {
	case EOF:
		s.marks = append(s.marks, mark{l.Start, participle.EOF, whole})
		return
	case Comment, Directive:
		s.add(whole)
		return
	}
	s.instruction(l)
	if l.Sub != nil {
		s.add(Token{Kind: Trigger, Start: l.Sub.Start, End: l.Sub.End, Text: l.Sub.Code})
		s.instruction(l.Sub)
	}
	for _, doc := range l.Heredocs {
		s.docs = append(s.docs, doc)
		s.add(doc.Body)
		if doc.End.Kind == HeredocEnd {
			s.add(doc.End)
		}
	}
	whole.Kind = EOL
	s.marks = append(s.marks, mark{l.End, typeOf(EOL), whole})
}

// instruction adds keyword, flags and arguments.
func (s *Stream) instruction(l *Line) {
	keyword := mark{l.Keyword.Start, typeOf(Keyword), l.Keyword}
	if l.ID != Unknown {
		keyword.typ = firstKeyword + participle.TokenType(l.ID-1)
	}
	s.marks = append(s.marks, keyword)
	for _, t := range l.Flags {
		s.add(t)
	}
	for i, t := range l.Args {
		if t.Kind == JSON {
			s.array(t, l.Args[i+1:])
			return
		}
		s.add(t)
	}
}

// array adds an array between its brackets.
func (s *Stream) array(whole Token, elements []Token) {
	s.add(Token{Kind: Punct, Start: whole.Start, End: whole.Start + 1, Text: "["})
	for _, t := range elements {
		s.add(t)
	}
	if _, ok := Strings(whole.Text); !ok {
		s.add(Token{Kind: Text, Start: whole.Start + 1, End: whole.End - 1, Text: strings.Trim(whole.Text, "[]")})
	}
	s.add(Token{Kind: Punct, Start: whole.End - 1, End: whole.End, Text: "]"})
}
