package lang

import (
	"fmt"
	"strings"
	"sync"

	plexer "github.com/alecthomas/participle/v2/lexer"

	"github.com/seed-e0495807/strake/lang/grammar"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/spec"
)

//go:generate go test ./grammar -run ^TestEBNF$ -count=1 -update

var grammarParser = sync.OnceValues(grammar.New)

// ParseGrammar reads a Dockerfile by the grammar of package grammar, which is
// the definition of the language. It makes the tree that Parse makes, more
// slowly, and stops at the first error, a participle.Error. What is a matter of
// meaning and not of form it lets pass: names of flags and stages, the values
// of directives, blank names, here documents as a destination.
func ParseGrammar(src *source.File, claims ...Claim) (*File, error) {
	if len(src.Text) > MaxSize {
		return nil, fmt.Errorf("the Dockerfile has %d bytes; at most %d are read", len(src.Text), MaxSize)
	}
	parser, err := grammarParser()
	if err != nil {
		return nil, err
	}
	stream := lexer.NewStream(src.Name, src.Text, heredocs(claims)...)
	tokens, err := plexer.Upgrade(stream)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseFromLexer(tokens)
	if err != nil {
		return nil, err
	}
	c := converter{stream: stream, file: &File{Source: src, Escape: stream.Escape()}}
	c.dockerfile(tree)
	return c.file, nil
}

// converter turns the tree of the grammar into that of Parse.
type converter struct {
	stream *lexer.Stream
	file   *File
}

func (c *converter) dockerfile(tree *grammar.Dockerfile) {
	for _, d := range tree.Directives {
		t := c.stream.Source(d.Text)
		out := &Directive{Place: c.place(t)}
		out.Name, out.Value, _ = lexer.ParseDirective(t.Text)
		c.add(out)
	}
	for _, g := range tree.Globals {
		c.add(c.item(g))
	}
	for _, s := range tree.Stages {
		c.add(c.from(s.From))
		for _, i := range s.Items {
			c.add(c.item(i))
		}
	}
}

func (c *converter) add(i Item) { c.file.Items = append(c.file.Items, i) }

func (c *converter) place(t lexer.Token) Place {
	return Place{source.Span{File: c.file.Source.ID, Start: t.Start, End: t.End}}
}

func (c *converter) word(t grammar.Token) Word {
	of := c.stream.Source(t)
	return Word{of.Text, c.place(of)}
}

func (c *converter) words(tokens []grammar.Token) []Word {
	var out []Word
	for _, t := range tokens {
		out = append(out, c.word(t))
	}
	return out
}

// head makes the part that instructions share. The token whole is the EOL, or
// the Trigger of an instruction behind ONBUILD.
func (c *converter) head(keyword, whole grammar.Token, flags []grammar.Token, docs []*grammar.Heredoc) Header {
	of := c.stream.Source(whole)
	h := Header{Place: c.place(of), Keyword: c.word(keyword), Code: of.Text}
	for _, t := range flags {
		w := c.word(t)
		f := Flag{Place: w.Place}
		f.Name, f.Value, f.HasValue = strings.Cut(strings.TrimPrefix(w.Text, "--"), "=")
		h.Flags = append(h.Flags, f)
	}
	for _, d := range docs {
		of := c.stream.Heredoc(d.Body)
		h.Heredocs = append(h.Heredocs, Heredoc{Name: of.Name, Expand: of.Expand, Chomp: of.Chomp, Body: c.word(d.Body), End: c.word(d.End)})
	}
	return h
}

func (c *converter) from(n *grammar.From) *From {
	f := &From{Header: c.head(n.Keyword, n.End, n.Flags, nil), Base: c.word(n.Image)}
	if n.Name != nil {
		f.As = c.word(*n.Name)
	}
	return f
}

// item makes a Comment or any instruction but FROM.
func (c *converter) item(n any) Item {
	switch n := n.(type) {
	case grammar.Comment:
		t := c.stream.Source(n.Text)
		return &Comment{c.place(t), t.Text}
	case grammar.Run:
		return &Run{c.head(n.Keyword, n.End, n.Flags, n.Heredocs), c.command(n.Command)}
	case grammar.Start:
		return c.start(n)
	case grammar.Shell:
		return &Shell{c.head(n.Keyword, n.End, nil, nil), c.strings(&n.Args)}
	case grammar.Transfer:
		return c.transfer(n)
	case grammar.Pairs:
		return c.pairs(c.head(n.Keyword, n.End, nil, nil), n.Keyword, n.Pairs, n.Key, n.Value)
	case grammar.Arg:
		return &Arg{c.head(n.Keyword, n.End, n.Flags, nil), c.pairList(n.Names)}
	case grammar.Expose:
		return &Expose{c.head(n.Keyword, n.End, nil, nil), c.words(n.Ports)}
	case grammar.Volume:
		v := &Volume{c.head(n.Keyword, n.End, nil, nil), c.words(n.Words)}
		if n.Strings != nil {
			v.Paths = c.words(n.Strings.Elements)
		}
		return v
	case grammar.Setting:
		return setting(keyword(n.Keyword), c.head(n.Keyword, n.End, nil, nil), c.word(n.Value))
	case grammar.StopSignal:
		return &StopSignal{c.head(n.Keyword, n.End, n.Flags, nil), c.word(n.Signal)}
	case grammar.Healthcheck:
		return c.healthcheck(n)
	case grammar.Onbuild:
		return c.onbuild(n)
	case grammar.Custom:
		out := &Custom{Header: c.head(n.Keyword, n.End, n.Flags, n.Heredocs)}
		if n.Text != nil {
			out.Args = c.word(*n.Text)
		}
		return out
	}
	panic(fmt.Sprintf("lang: no conversion of %T", n))
}

// keyword tells which instruction a token stands for.
func keyword(t grammar.Token) lexer.Instruction { return spec.Lookup(t.Value) }

func (c *converter) start(n grammar.Start) Item {
	h, command := c.head(n.Keyword, n.End, nil, nil), c.command(n.Command)
	if keyword(n.Keyword) == lexer.Cmd {
		return &Cmd{h, command}
	}
	return &Entrypoint{h, command}
}

func (c *converter) command(n *grammar.Command) Command {
	switch {
	case n == nil:
		return Command{}
	case n.Array != nil:
		return Command{Exec: true, Args: c.words(n.Array.Elements)}
	}
	return Command{Line: c.word(*n.Text)}
}

func (c *converter) strings(n *grammar.Strings) Command {
	return Command{Exec: true, Args: c.words(n.Elements)}
}

func (c *converter) transfer(n grammar.Transfer) Item {
	var sources []Word
	var dest Word
	if n.Words != nil {
		sources, dest = c.words(n.Words.Sources), c.word(n.Words.Destination)
	} else {
		sources, dest = c.words(n.Strings.Sources), c.word(n.Strings.Destination)
	}
	h := c.head(n.Keyword, n.End, n.Flags, n.Heredocs)
	if keyword(n.Keyword) == lexer.Copy {
		return &Copy{h, sources, dest}
	}
	return &Add{h, sources, dest}
}

func (c *converter) pairs(h Header, key grammar.Token, pairs []grammar.Token, name, value *grammar.Token) Instruction {
	list := c.pairList(pairs)
	if name != nil {
		list = []Pair{{Key: c.word(*name), Value: c.word(*value), HasValue: true, Legacy: true}}
	}
	if keyword(key) == lexer.Env {
		return &Env{h, list}
	}
	return &Label{h, list}
}

func (c *converter) pairList(tokens []grammar.Token) []Pair {
	var out []Pair
	for _, t := range tokens {
		out = append(out, newPair(c.file.Source, c.word(t)))
	}
	return out
}

func setting(id lexer.Instruction, h Header, value Word) Instruction {
	switch id {
	case lexer.User:
		return &User{h, value}
	case lexer.Workdir:
		return &Workdir{h, value}
	case lexer.StopSignal:
		return &StopSignal{h, value}
	}
	return &Maintainer{h, value}
}

func (c *converter) healthcheck(n grammar.Healthcheck) Item {
	out := &Healthcheck{Header: c.head(n.Keyword, n.End, n.Flags, nil)}
	if n.None != nil {
		out.Kind, out.Command.Exec = c.word(n.None.Kind), n.None.Open != nil
		return out
	}
	out.Kind = c.word(n.Test.Kind)
	if n.Test.Strings != nil {
		out.Command = c.strings(n.Test.Strings)
	} else {
		out.Command.Line = c.word(*n.Test.Text)
	}
	return out
}

func (c *converter) onbuild(n grammar.Onbuild) Item {
	o := &Onbuild{Header: c.head(n.Keyword, n.End, nil, n.Heredocs)}
	switch t := n.Instruction.(type) {
	case grammar.PairsTrigger:
		o.Trigger = c.pairs(c.head(t.Keyword, n.Text, t.Flags, nil), t.Keyword, t.Pairs, t.Key, t.Value)
	case grammar.OtherTrigger:
		o.Trigger = c.trigger(t, c.head(t.Keyword.Token, n.Text, t.Flags, nil))
	}
	o.Trigger.Head().Heredocs = o.Heredocs
	return o
}

// trigger makes an instruction of what may be too few arguments.
func (c *converter) trigger(n grammar.OtherTrigger, h Header) Instruction {
	words, command := c.words(n.Words), c.command(n.Command)
	args := append(words, command.Args...)
	switch id := keyword(n.Keyword.Token); id {
	case lexer.Run:
		return &Run{h, command}
	case lexer.Cmd:
		return &Cmd{h, command}
	case lexer.Entrypoint:
		return &Entrypoint{h, command}
	case lexer.Shell:
		return &Shell{h, command}
	case lexer.Healthcheck:
		out := &Healthcheck{Header: h, Command: command}
		if len(words) > 0 {
			out.Kind = words[0]
		}
		return out
	case lexer.Copy, lexer.Add:
		var sources []Word
		var dest Word
		if last := len(args) - 1; last > 0 {
			sources, dest = args[:last], args[last]
		}
		if id == lexer.Copy {
			return &Copy{h, sources, dest}
		}
		return &Add{h, sources, dest}
	case lexer.Arg:
		return &Arg{h, c.pairList(n.Words)}
	case lexer.Expose:
		return &Expose{h, args}
	case lexer.Volume:
		return &Volume{h, args}
	case lexer.Unknown:
		return &Custom{h, command.Line}
	default:
		return setting(id, h, command.Line)
	}
}
