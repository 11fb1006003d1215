// Package grammar is the definition of the language: one participle grammar,
// LL(1) over the tokens of package lexer, from which grammar.ebnf is generated.
// Package lang has a faster parser written by hand; its tests hold the two
// against each other.
//
// The grammar says what a Dockerfile looks like. What the words mean is not its
// concern: it takes any flag, any name of a stage and any port.
package grammar

import (
	"github.com/alecthomas/participle/v2"
	plexer "github.com/alecthomas/participle/v2/lexer"

	"github.com/seed-e0495807/strake/lang/lexer"
)

// Token is a token as participle has it.
type Token = plexer.Token

// Dockerfile is a whole file. Only comments and ARG may stand before the first
// stage, and instructions that the language does not know: whoever claims them
// says where they belong.
type Dockerfile struct {
	Directives []*Directive `parser:"@@*"`
	Globals    []Global     `parser:"@@*"`
	Stages     []*Stage     `parser:"@@+"`
}

// Global is what may stand before the first stage.
type Global interface{ global() }

// Stage is a FROM and what follows it.
type Stage struct {
	From  *From  `parser:"@@"`
	Items []Item `parser:"@@*"`
}

// Item is what may stand in a stage.
type Item interface{ item() }

// The productions.
type (
	// Directive is "# name=value" at the top.
	Directive struct {
		Text Token `parser:"@Directive"`
	}
	// Comment is a line that starts with "#".
	Comment struct {
		Text Token `parser:"@Comment"`
	}
	// From starts a stage.
	From struct {
		Keyword Token   `parser:"@FROM"`
		Flags   []Token `parser:"@(Flag*)"`
		Image   Token   `parser:"@Word"`
		Name    *Token  `parser:"('AS':Word @Word)?"`
		End     Token   `parser:"@EOL"`
	}
	// Run is RUN.
	Run struct {
		Keyword  Token      `parser:"@RUN"`
		Flags    []Token    `parser:"@(Flag*)"`
		Command  *Command   `parser:"@@?"`
		Heredocs []*Heredoc `parser:"@@*"`
		End      Token      `parser:"@EOL"`
	}
	// Start is CMD or ENTRYPOINT, which may take back what the base says.
	Start struct {
		Keyword Token    `parser:"@(CMD | ENTRYPOINT)"`
		Command *Command `parser:"@@?"`
		End     Token    `parser:"@EOL"`
	}
	// Shell is SHELL.
	Shell struct {
		Keyword Token   `parser:"@SHELL"`
		Args    Strings `parser:"@@"`
		End     Token   `parser:"@EOL"`
	}
	// Transfer is COPY or ADD.
	Transfer struct {
		Keyword  Token         `parser:"@(ADD | COPY)"`
		Flags    []Token       `parser:"@(Flag*)"`
		Words    *WordPaths    `parser:"( @@"`
		Strings  *StringsPaths `parser:"| @@ )"`
		Heredocs []*Heredoc    `parser:"@@*"`
		End      Token         `parser:"@EOL"`
	}
	// WordPaths are sources and a destination.
	WordPaths struct {
		Sources     []Token `parser:"@((Word (?= Word))+)"`
		Destination Token   `parser:"@Word"`
	}
	// StringsPaths are the same as an array.
	StringsPaths struct {
		Open        Token   `parser:"@'[':Punct"`
		Sources     []Token `parser:"@((String (?= String))+)"`
		Destination Token   `parser:"@String"`
		Close       Token   `parser:"@']':Punct"`
	}
	// Pairs is ENV or LABEL.
	Pairs struct {
		Keyword Token   `parser:"@(ENV | LABEL)"`
		Pairs   []Token `parser:"( @(Pair+)"`
		Key     *Token  `parser:"| @Word"`
		Value   *Token  `parser:"  @Text )"`
		End     Token   `parser:"@EOL"`
	}
	// Arg is ARG.
	Arg struct {
		Keyword Token   `parser:"@ARG"`
		Flags   []Token `parser:"@(Flag*)"`
		Names   []Token `parser:"@((Word | Pair)+)"`
		End     Token   `parser:"@EOL"`
	}
	// Expose is EXPOSE.
	Expose struct {
		Keyword Token   `parser:"@EXPOSE"`
		Ports   []Token `parser:"@(Word+)"`
		End     Token   `parser:"@EOL"`
	}
	// Volume is VOLUME.
	Volume struct {
		Keyword Token    `parser:"@VOLUME"`
		Words   []Token  `parser:"( @(Word+)"`
		Strings *Strings `parser:"| @@ )"`
		End     Token    `parser:"@EOL"`
	}
	// Setting is an instruction with one line of text.
	Setting struct {
		Keyword Token `parser:"@(MAINTAINER | USER | WORKDIR)"`
		Value   Token `parser:"@Text"`
		End     Token `parser:"@EOL"`
	}
	// StopSignal is STOPSIGNAL, whose flags nobody looks at.
	StopSignal struct {
		Keyword Token   `parser:"@STOPSIGNAL"`
		Flags   []Token `parser:"@(Flag*)"`
		Signal  Token   `parser:"@Text"`
		End     Token   `parser:"@EOL"`
	}
	// Healthcheck is HEALTHCHECK.
	Healthcheck struct {
		Keyword Token   `parser:"@HEALTHCHECK"`
		Flags   []Token `parser:"@(Flag*)"`
		Test    *Test   `parser:"( @@"`
		None    *NoTest `parser:"| @@ )"`
		End     Token   `parser:"@EOL"`
	}
	// Test is the test of a HEALTHCHECK.
	Test struct {
		Kind    Token    `parser:"@'CMD':Word"`
		Text    *Token   `parser:"( @Text"`
		Strings *Strings `parser:"| @@ )"`
	}
	// NoTest turns the test of the base off. An empty array counts as nothing.
	NoTest struct {
		Kind Token  `parser:"@'NONE':Word"`
		Open *Token `parser:"(@'[':Punct ']':Punct)?"`
	}
	// Onbuild is ONBUILD.
	Onbuild struct {
		Keyword     Token      `parser:"@ONBUILD"`
		Text        Token      `parser:"@Trigger"`
		Instruction Trigger    `parser:"@@"`
		Heredocs    []*Heredoc `parser:"@@*"`
		End         Token      `parser:"@EOL"`
	}
	// Custom is an instruction that the language does not know.
	Custom struct {
		Keyword  Token      `parser:"@Keyword"`
		Flags    []Token    `parser:"@(Flag*)"`
		Text     *Token     `parser:"@Text?"`
		Heredocs []*Heredoc `parser:"@@*"`
		End      Token      `parser:"@EOL"`
	}

	// Command is a line for a shell or an array of words.
	Command struct {
		Text  *Token `parser:"  @Text"`
		Array *Array `parser:"| @@"`
	}
	// Array is an array of strings.
	Array struct {
		Open     Token   `parser:"@'[':Punct"`
		Elements []Token `parser:"@(String*)"`
		Close    Token   `parser:"@']':Punct"`
	}
	// Strings is an array of at least one string.
	Strings struct {
		Open     Token   `parser:"@'[':Punct"`
		Elements []Token `parser:"@(String+)"`
		Close    Token   `parser:"@']':Punct"`
	}
	// Heredoc is the lines of a here document and its terminator.
	Heredoc struct {
		Body Token `parser:"@HeredocBody"`
		End  Token `parser:"@HeredocEnd"`
	}
)

// Trigger is the instruction behind ONBUILD. The build that runs it checks it;
// until then it needs no more than its words cut.
type Trigger interface{ trigger() }

type (
	// PairsTrigger is ENV or LABEL behind ONBUILD.
	PairsTrigger struct {
		Keyword Token   `parser:"@(ENV | LABEL)"`
		Flags   []Token `parser:"@(Flag*)"`
		Pairs   []Token `parser:"( @(Pair+)"`
		Key     *Token  `parser:"| @Word"`
		Value   *Token  `parser:"  @Text )?"`
	}
	// OtherTrigger is any other instruction behind ONBUILD.
	OtherTrigger struct {
		Keyword OtherKeyword `parser:"@@"`
		Flags   []Token      `parser:"@(Flag*)"`
		Words   []Token      `parser:"@((Word | Pair)*)"`
		Command *Command     `parser:"@@?"`
	}
	// OtherKeyword is what is allowed there.
	OtherKeyword struct {
		Token Token `parser:"@(ADD | ARG | CMD | COPY | ENTRYPOINT | EXPOSE | HEALTHCHECK | RUN | SHELL | STOPSIGNAL | USER | VOLUME | WORKDIR | Keyword)"`
	}
)

func (Comment) global() {}
func (Arg) global()     {}
func (Custom) global()  {}

func (Comment) item()     {}
func (Run) item()         {}
func (Start) item()       {}
func (Shell) item()       {}
func (Transfer) item()    {}
func (Pairs) item()       {}
func (Arg) item()         {}
func (Expose) item()      {}
func (Volume) item()      {}
func (Setting) item()     {}
func (StopSignal) item()  {}
func (Healthcheck) item() {}
func (Onbuild) item()     {}
func (Custom) item()      {}

func (PairsTrigger) trigger() {}
func (OtherTrigger) trigger() {}

// New builds the parser of the grammar. It is safe for concurrent use; making
// it takes some milliseconds.
func New() (*participle.Parser[Dockerfile], error) {
	return participle.Build[Dockerfile](
		participle.Lexer(lexer.Definition{}),
		participle.CaseInsensitive("Word"),
		participle.UseLookahead(1),
		participle.Union[Global](Comment{}, Arg{}, Custom{}),
		participle.Union[Item](Comment{}, Run{}, Start{}, Shell{}, Transfer{}, Pairs{}, Arg{}, Expose{}, Volume{},
			Setting{}, StopSignal{}, Healthcheck{}, Onbuild{}, Custom{}),
		participle.Union[Trigger](PairsTrigger{}, OtherTrigger{}),
	)
}
