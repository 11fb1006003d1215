package ir

import (
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// The grammar of the textual form. It knows the shape only: which fields an
// item has is looked up in the list that fields gives.
type (
	textModule struct {
		Attrs  []*textAttr  `parser:"'module' @@* '{'"`
		Files  []*textFile  `parser:"@@*"`
		Ops    []*textOp    `parser:"@@*"`
		Stages []*textStage `parser:"@@* '}'"`
	}
	textFile struct {
		Pos  lexer.Position
		Name string   `parser:"'FILE' @String '{'"`
		Text []string `parser:"@String* '}'"`
	}
	textStage struct {
		Pos     lexer.Position
		Base    string      `parser:"'FROM' @String"`
		Attrs   []*textAttr `parser:"@@* '{'"`
		Ops     []*textOp   `parser:"@@* '}'"`
		Origins []*textOp   `parser:"( (?= 'ORIGIN') @@ )*"` // of the stages that follow
	}
	// textOp is an op, or ORIGIN with a number.
	textOp struct {
		Pos     lexer.Position
		Keyword string      `parser:"(?! 'FROM') @Keyword"`
		Value   *textValue  `parser:"@@?"`
		Attrs   []*textAttr `parser:"@@*"`
	}
	textAttr struct {
		Pos   lexer.Position
		Name  string     `parser:"@Word"`
		Value *textValue `parser:"@@?"`
	}
	textValue struct {
		Pos    lexer.Position
		Text   []string  `parser:"(  @String+"`
		Number string    `parser:"| @Number"`
		Span   string    `parser:"| @Span"`
		Ref    string    `parser:"| @Ref"`
		List   *textList `parser:"| @@ )"`
	}
	textList struct {
		Pos     lexer.Position
		Entries []*textEntry `parser:"'[' ( @@ ( ',' @@ )* )? ']'"`
	}
	textEntry struct {
		Pos   lexer.Position
		Name  string   `parser:"(  @(Word | Keyword)"`
		Text  []string `parser:"| @String+"`
		Span  string   `parser:"| @Span"`
		Ref   string   `parser:"| @Ref )"`
		Sep   string   `parser:"( @( '=' | ':' )"`
		Value []string `parser:"@String+ )?"`
	}
)

// textParser is built when it is first wanted, and never changes.
var textParser = sync.OnceValues(func() (*participle.Parser[textModule], error) {
	tokens, err := lexer.NewSimple([]lexer.SimpleRule{
		{Name: "space", Pattern: `[ \t\r\n]+`},
		{Name: "comment", Pattern: `//[^\n]*`},
		{Name: "String", Pattern: `"(?:\\.|[^"\\\n])*"`},
		{Name: "Span", Pattern: `[0-9]+:[0-9]+-[0-9]+`},
		{Name: "Ref", Pattern: `#[0-9]+`},
		{Name: "Number", Pattern: `-?[0-9]+`},
		{Name: "Keyword", Pattern: `[A-Z]+\b`},
		{Name: "Word", Pattern: `[A-Za-z_][A-Za-z0-9_-]*`},
		{Name: "Punct", Pattern: `[][{}=:,]`},
	})
	if err != nil {
		return nil, err
	}
	return participle.Build[textModule](participle.Lexer(tokens), participle.Elide("space", "comment"), participle.UseLookahead(2))
})
