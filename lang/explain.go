package lang

import (
	"strings"

	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/spec"
)

// Codes of the errors that BuildKit finds while it splits lines. Behind ONBUILD
// only these count: the rest of a trigger is checked when it runs.
const (
	codeNotStrings = "json-not-strings"
	codeBadPair    = "bad-pair"
)

// explain says why the grammar refuses a line, and gives the node what can be
// made of the line nonetheless. It never runs for a line without an error.
func (p *parser) explain(in Instruction, l *lexer.Line) {
	if i := len(l.Args) - 1; i >= 0 && l.Args[i].Kind == lexer.JSON {
		if _, ok := lexer.Strings(l.Args[i].Text); !ok {
			p.notStrings(l.Args[i])
		}
	}
	switch n := in.(type) {
	case *From:
		n.As = Word{} // it may be what is wrong
		p.explainFrom(l)
	case *Run:
		p.recover(&n.Command, l.Args)
	case *Cmd:
		p.recover(&n.Command, l.Args)
	case *Entrypoint:
		p.recover(&n.Command, l.Args)
	case *Shell:
		p.recover(&n.Command, l.Args)
		p.explainShell(n, l)
	case *Healthcheck:
		p.explainHealthcheck(n, l)
	case *Copy:
		n.Paths = p.onePath(l)
	case *Add:
		n.Paths = p.onePath(l)
	case *Env:
		n.Pairs.List = p.explainPairs(l)
	case *Label:
		n.Pairs.List = p.explainPairs(l)
	case *Arg, *Expose, *Volume:
		p.missing(l, "at least one argument")
	case *Workdir, *User, *StopSignal, *Maintainer:
		p.missing(l, "exactly one argument")
	}
}

// onePath reports that there are too few paths, and gives the one that there may be.
func (p *parser) onePath(l *lexer.Line) Paths {
	p.missing(l, "at least two arguments: sources and a destination")
	list := Words{}
	_ = list.Parse(p.tokens.Arguments(l))
	if len(list.List) == 0 {
		return Paths{}
	}
	if strings.HasPrefix(list.List[0].Text, "[") && l.Args[0].Kind == lexer.Word {
		p.diags[len(p.diags)-1].Hint = "this is no valid JSON, and so one path: quote each path with \", and put commas between them only"
	}
	return Paths{Dest: list.List[0]}
}

// missing reports an instruction whose arguments are too few.
func (p *parser) missing(l *lexer.Line, want string) {
	d := p.diags.Errorf(p.span(l.Keyword.Start, l.Keyword.End), "missing-argument", "%s requires %s", l.ID, want)
	d.Expected = spec.Of(l.ID).Usage
}

func (p *parser) notStrings(array lexer.Token) {
	p.diags.Errorf(p.span(array.Start, array.End), codeNotStrings, "when using JSON array syntax, arrays must be comprised of strings only").
		Hint = "quote every element, or drop the brackets for the shell form"
}

// recover reads a command as far as it is one.
func (p *parser) recover(c *Command, args []lexer.Token) {
	*c = Command{}
	_ = c.Parse(p.tokens.Arguments(&lexer.Line{Args: args}))
	c.Exec = len(args) > 0 && args[0].Kind == lexer.JSON
}

func (p *parser) explainFrom(l *lexer.Line) {
	at, hint := l.Keyword, ""
	if len(l.Args) > 1 {
		at = l.Args[1]
	}
	switch as := len(l.Args) > 1 && strings.EqualFold(at.Text, "as"); {
	case as && len(l.Args) > 3:
		at = l.Args[3]
	case len(l.Args) == 3:
		hint = "did you mean `AS`?"
	}
	if strings.HasPrefix(at.Text, "#") {
		hint = "a comment stands on a line of its own"
	}
	d := p.diags.Errorf(p.span(at.Start, at.End), "from-arguments", "FROM requires either one or three arguments")
	d.Expected, d.Hint = spec.Of(spec.From).Usage, hint
}

func (p *parser) explainShell(n *Shell, l *lexer.Line) {
	if n.Command.Exec || len(l.Args) == 0 {
		p.missing(l, "at least one argument")
		return
	}
	p.diags.Errorf(n.Command.Line.At, "not-json", "SHELL requires the arguments to be in JSON form").Expected = spec.Of(spec.Shell).Usage
}

func (p *parser) explainHealthcheck(n *Healthcheck, l *lexer.Line) {
	if len(l.Args) == 0 {
		p.missing(l, "at least one argument")
		return
	}
	n.Kind = p.word(l.Args[0])
	p.recover(&n.Command, l.Args[1:])
	empty := n.Command.Line.Text == "" && len(n.Command.Args) == 0
	switch kind := strings.ToUpper(n.Kind.Text); {
	case kind == "NONE" && !empty:
		p.diags.Errorf(p.span(l.Args[1].Start, l.Args[1].End), "healthcheck-none", "HEALTHCHECK NONE takes no arguments").
			Hint = "remove them, or write CMD in place of NONE"
	case kind == "CMD" && empty:
		p.diags.Errorf(n.Kind.At, "missing-argument", "missing command after HEALTHCHECK CMD").Expected = spec.Of(l.ID).Usage
	case kind != "NONE" && kind != "CMD":
		d := p.diags.Errorf(n.Kind.At, "healthcheck-kind", "unknown type `%s` in HEALTHCHECK", n.Kind.Text)
		d.Expected, d.Hint = spec.Of(l.ID).Usage, "put CMD before the command"
	}
}

// explainPairs finds the words that are no pairs, and gives those that are.
func (p *parser) explainPairs(l *lexer.Line) (list []Pair) {
	switch {
	case len(l.Args) == 0:
		p.missing(l, "at least one argument")
		return nil
	case l.Args[0].Kind == lexer.Word:
		name := l.Args[0]
		d := p.diags.Errorf(p.span(name.Start, name.End), codeBadPair, "%s must have two arguments", l.ID)
		d.Expected, d.Hint = spec.Of(l.ID).Usage, "write `"+name.Text+"=value`"
		return nil
	}
	for _, t := range l.Args {
		if t.Kind == lexer.Pair {
			list = append(list, newPair(p.word(t)))
			continue
		}
		d := p.diags.Errorf(p.span(t.Start, t.End), codeBadPair, "can't find = in `%s`", t.Text)
		d.Expected, d.Hint = "name=value", "quote a value that has blanks: name=\"a value\""
	}
	return list
}

// unterminated reports the first here document without an end: that the others
// have none is its doing.
func (p *parser) unterminated(h *Header, l *lexer.Line) {
	h.Heredocs = nil
	for _, d := range l.Heredocs {
		h.Heredocs = append(h.Heredocs, Heredoc{Name: d.Name, Expand: d.Expand, Chomp: d.Chomp, Body: p.word(d.Body), End: p.word(d.End)})
	}
	for _, d := range l.Heredocs {
		if d.End == (lexer.Token{}) {
			at := p.announced(p.span(l.Start, l.Heredocs[0].Body.Start), d.Name)
			p.diags.Errorf(at, "unterminated-heredoc", "unterminated heredoc `%s`", d.Name).
				Expected = "a line with nothing but " + d.Name
			return
		}
	}
}

// announced finds the <<NAME of a here document in the lines of its instruction.
func (p *parser) announced(lines source.Span, name string) source.Span {
	text := strings.TrimRight(p.file.Source.Slice(lines), "\r\n")
	for i := 0; ; {
		n := strings.Index(text[i:], "<<")
		if n < 0 {
			lines.End = lines.Start + uint32(len(text))
			return lines
		}
		start := i + n
		i = start + len("<<")
		rest := strings.TrimLeft(text[i:], "-'\"\t ")
		if strings.HasPrefix(rest, name) {
			end := len(text) - len(rest) + len(name)
			return source.Span{File: lines.File, Start: lines.Start + uint32(start), End: lines.Start + uint32(end)}
		}
	}
}
