package lang

import (
	"sync"

	"github.com/alecthomas/participle/v2"
	plexer "github.com/alecthomas/participle/v2/lexer"

	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/spec"
)

//go:generate go test . -run ^TestEBNF$ -count=1 -update

// rule is how the arguments of an instruction are read.
type rule struct {
	// parse makes the node of the tokens, of as many of them as it could use when
	// it fails. It is safe for concurrent use.
	parse func(*plexer.PeekingLexer) (Instruction, error)
	// String is the rule in EBNF.
	String func() string
}

// newRule makes the rule that the tags of N are. Its parser is made at the first
// use, which takes some ten microseconds.
func newRule[N any, P interface {
	*N
	Instruction
}]() rule {
	parser := sync.OnceValue(build[N])
	return rule{
		parse: func(lex *plexer.PeekingLexer) (Instruction, error) {
			n, err := parser().ParseFromLexer(lex)
			return P(n), err
		},
		String: func() string { return parser().String() },
	}
}

// build makes a parser of the tags of N. These are part of the program, and the
// tests use all of them, so it cannot fail.
func build[N any]() *participle.Parser[N] {
	return participle.MustBuild[N](participle.Lexer(lexer.Definition{}), participle.CaseInsensitive("Word"))
}

// rules are those of all instructions. ONBUILD has none: what it takes is a line
// again, which the rule of its own keyword reads.
var rules = [...]rule{
	spec.Unknown: newRule[Custom](), spec.Add: newRule[Add](), spec.Arg: newRule[Arg](), spec.Cmd: newRule[Cmd](),
	spec.Copy: newRule[Copy](), spec.Entrypoint: newRule[Entrypoint](), spec.Env: newRule[Env](), spec.Expose: newRule[Expose](),
	spec.From: newRule[From](), spec.Healthcheck: newRule[Healthcheck](), spec.Label: newRule[Label](),
	spec.Maintainer: newRule[Maintainer](), spec.Run: newRule[Run](), spec.Shell: newRule[Shell](),
	spec.StopSignal: newRule[StopSignal](), spec.User: newRule[User](), spec.Volume: newRule[Volume](), spec.Workdir: newRule[Workdir](),
}

type (
	// flags are what stands in front of the arguments of any instruction.
	flags struct {
		Flags Flags `parser:"@@"`
	}
	// documents are what follows the line of an instruction that announces them.
	documents struct {
		Heredocs Heredocs `parser:"@@"`
	}
)

// Few lines have flags or here documents, so they have parsers of their own,
// which the other lines need not run.
var (
	flagsParser     = sync.OnceValue(build[flags])
	documentsParser = sync.OnceValue(build[documents])
)
