package lang

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/spec"
)

// instruction builds the node of a line. Its checks are those of BuildKit's
// instructions.Parse.
func (p *parser) instruction(l *lexer.Line) Instruction {
	h := p.head(l)
	if l.ID != lexer.Unknown && !(l.ID == lexer.Healthcheck && len(l.Args) > 0 && strings.EqualFold(l.Args[0].Text, "NONE")) {
		if shifted := p.flags(l, h.Flags); shifted {
			known := len(p.diags)
			defer func() { p.diags = p.diags[:known] }() // errors about the arguments follow from that
		}
	}
	return p.node(l, h)
}

func (p *parser) node(l *lexer.Line, h Header) Instruction {
	switch l.ID {
	case lexer.From:
		return p.from(l, h)
	case lexer.Run:
		return &Run{h, p.command(l.Args)}
	case lexer.Cmd:
		return &Cmd{h, p.command(l.Args)}
	case lexer.Entrypoint:
		return &Entrypoint{h, p.command(l.Args)}
	case lexer.Shell:
		return p.shell(l, h)
	case lexer.Copy:
		c := &Copy{Header: h}
		c.Sources, c.Dest = p.transfer(l)
		return c
	case lexer.Add:
		a := &Add{Header: h}
		a.Sources, a.Dest = p.transfer(l)
		return a
	case lexer.Env:
		return &Env{h, p.pairs(l, l.Args)}
	case lexer.Label:
		return &Label{h, p.pairs(l, l.Args)}
	case lexer.Arg:
		return p.arg(l, h)
	case lexer.Expose:
		return &Expose{h, p.list(l)}
	case lexer.Volume:
		return p.volume(l, h)
	case lexer.Workdir:
		return &Workdir{h, p.argument(l)}
	case lexer.User:
		return &User{h, p.argument(l)}
	case lexer.StopSignal:
		return &StopSignal{h, p.argument(l)}
	case lexer.Maintainer:
		return &Maintainer{h, p.argument(l)}
	case lexer.Healthcheck:
		return p.healthcheck(l, h)
	case lexer.Onbuild:
		return p.onbuild(l, h)
	}
	return p.custom(l, h)
}

func (p *parser) from(l *lexer.Line, h Header) Instruction {
	f := &From{Header: h}
	named := len(l.Args) == 3 && strings.EqualFold(l.Args[1].Text, "as")
	if len(l.Args) > 0 {
		f.Base = p.word(l.Args[0])
	}
	switch {
	case named:
		f.As = p.word(l.Args[2])
		if !stageName.MatchString(strings.ToLower(f.As.Text)) {
			p.diags.Errorf(f.As.At, "invalid-stage-name", "invalid name for build stage: `%s`", f.As.Text).
				Expected = "a letter, then letters, digits, `-`, `_` or `.`"
		}
	case len(l.Args) != 1:
		p.fromArguments(l)
	}
	return f
}

func (p *parser) fromArguments(l *lexer.Line) {
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
	d.Expected, d.Hint = spec.Of(lexer.From).Usage, hint
}

func (p *parser) shell(l *lexer.Line, h Header) Instruction {
	s := &Shell{h, p.command(l.Args)}
	switch {
	case len(l.Args) == 0 || s.Command.Exec && len(s.Command.Args) == 0:
		p.missing(l, "at least one argument")
	case !s.Command.Exec:
		p.diags.Errorf(s.Command.Line.At, "not-json", "SHELL requires the arguments to be in JSON form").Expected = spec.Of(lexer.Shell).Usage
	}
	return s
}

func (p *parser) transfer(l *lexer.Line) (sources []Word, dest Word) {
	words := p.words(l.Args)
	if len(words) < 2 {
		p.missing(l, "at least two arguments: sources and a destination")
		return nil, Word{}
	}
	sources, dest = words[:len(words)-1], words[len(words)-1]
	if _, ok := lexer.ParseHeredoc(dest.Text); ok {
		p.diags.Errorf(dest.At, "heredoc-destination", "%s cannot accept a heredoc as a destination", l.ID).Expected = spec.Of(l.ID).Usage
	}
	return sources, dest
}

func (p *parser) arg(l *lexer.Line, h Header) Instruction {
	a := &Arg{Header: h}
	if len(l.Args) == 0 {
		p.missing(l, "at least one argument")
		return a
	}
	a.Pairs = make([]Pair, len(l.Args))
	for i, t := range l.Args {
		a.Pairs[i] = p.pair(l, t)
	}
	return a
}

func (p *parser) list(l *lexer.Line) []Word {
	words := p.words(l.Args)
	if len(words) == 0 {
		p.missing(l, "at least one argument")
	}
	return words
}

func (p *parser) volume(l *lexer.Line, h Header) Instruction {
	v := &Volume{h, p.list(l)}
	for _, w := range v.Paths {
		if strings.TrimSpace(w.Text) == "" {
			p.diags.Errorf(w.At, "blank-volume", "VOLUME specified can not be an empty string").Expected = spec.Of(l.ID).Usage
		}
	}
	return v
}

func (p *parser) healthcheck(l *lexer.Line, h Header) Instruction {
	c := &Healthcheck{Header: h}
	if len(l.Args) == 0 {
		p.missing(l, "at least one argument")
		return c
	}
	c.Kind, c.Command = p.word(l.Args[0]), p.command(l.Args[1:])
	empty := c.Command.Line.Text == "" && len(c.Command.Args) == 0
	switch kind := strings.ToUpper(c.Kind.Text); {
	case kind == "NONE" && !empty:
		p.diags.Errorf(p.span(l.Args[1].Start, l.Args[1].End), "healthcheck-none", "HEALTHCHECK NONE takes no arguments").
			Hint = "remove them, or write CMD in place of NONE"
	case kind == "CMD" && empty:
		p.diags.Errorf(c.Kind.At, "missing-argument", "missing command after HEALTHCHECK CMD").Expected = spec.Of(l.ID).Usage
	case kind != "NONE" && kind != "CMD":
		d := p.diags.Errorf(c.Kind.At, "healthcheck-kind", "unknown type `%s` in HEALTHCHECK", c.Kind.Text)
		d.Expected, d.Hint = spec.Of(l.ID).Usage, "put CMD before the command"
	}
	return c
}

func (p *parser) onbuild(l *lexer.Line, h Header) Instruction {
	o := &Onbuild{Header: h}
	if l.Sub == nil {
		p.missing(l, "at least one argument")
		return o
	}
	at := p.span(l.Sub.Keyword.Start, l.Sub.Keyword.End)
	switch id := l.Sub.ID; {
	case id == lexer.Onbuild:
		p.diags.Errorf(at, "onbuild-chain", "chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed").Hint = "remove one ONBUILD"
		return o
	case !spec.Of(id).Trigger:
		p.diags.Errorf(at, "onbuild-trigger", "%s isn't allowed as an ONBUILD trigger", id).Hint = "remove the line"
	}
	first := len(p.diags)
	o.Trigger = p.instruction(l.Sub)
	o.Trigger.Head().Heredocs = h.Heredocs
	for i := first; i < len(p.diags); i++ {
		if d := &p.diags[i]; d.Severity == diag.Error && d.Code != codeNotStrings && d.Code != codeBadPair {
			later(d)
		}
	}
	return o
}

// later turns an error about a trigger into a warning: only the build that runs
// the trigger finds it.
func later(d *diag.Diagnostic) {
	d.Severity = diag.Warning
	d.Message += " (the build that runs this trigger will fail)"
}

func (p *parser) custom(l *lexer.Line, h Header) Instruction {
	c := &Custom{Header: h}
	if len(l.Args) > 0 {
		c.Args = p.word(l.Args[0])
	}
	return c
}

// Unclaimed gives an error for each instruction that the language does not know
// and nobody claims, with why where it is known to be missing; a warning for one behind ONBUILD.
// Of a file that is about builds it gives one error, at the first line.
func Unclaimed(f *File, claims ...Claim) diag.List {
	var list diag.List
	hint := foreign(f, claims)
	claims, absent := divide(claims)
	for _, item := range f.Items {
		onbuild, trigger := item.(*Onbuild)
		if trigger {
			item = onbuild.Trigger
		}
		c, ok := item.(*Custom)
		if len(list) >= maxErrors {
			break
		}
		if !ok || slices.ContainsFunc(claims, c.claimed) {
			continue
		}
		d := unknown(&list, c, claims)
		if hint != "" {
			d.Hint, d.Fixes = hint, nil
			break
		}
		if i := slices.IndexFunc(absent, c.claimed); i >= 0 {
			d.Hint, d.Expected, d.Fixes = absent[i].Missing, "", nil
		}
		if trigger {
			later(d)
		}
	}
	return list
}

// divide tells claims from those that nobody makes good.
func divide(all []Claim) (claims, absent []Claim) {
	for _, c := range all {
		if c.Missing == "" {
			claims = append(claims, c)
		} else {
			absent = append(absent, c)
		}
	}
	return claims, absent
}

func unknown(list *diag.List, c *Custom, claims []Claim) *diag.Diagnostic {
	keyword := c.Keyword
	if keyword.Text == "" {
		d := list.Errorf(c.At, "unknown-instruction", "a line continues, but there is no instruction")
		d.Hint = "remove it"
		return d
	}
	if !isText(keyword.Text) {
		d := list.Errorf(keyword.At, "unknown-instruction", "unknown instruction: this line is not text")
		d.Hint = "is this a Dockerfile? name the right one with -f"
		return d
	}
	d := list.Errorf(keyword.At, "unknown-instruction", "unknown instruction: %s", keyword.Text)
	known := spec.Keywords()
	for _, claim := range claims {
		known = append(known, claim.Keyword)
	}
	if name := glued(keyword.Text, known); name != "" {
		d.Hint = "put a blank behind `" + name + "`"
		at := source.Span{File: keyword.At.File, Start: keyword.At.Start + uint32(len(name)), End: keyword.At.Start + uint32(len(name))}
		d.Fixes = []diag.Fix{{Message: "insert a blank", Edits: []diag.Edit{{Span: at, New: " "}}}}
		return d
	}
	near := diag.Suggest(keyword.Text, known)
	if near == "" {
		d.Expected = "one of " + strings.Join(known, ", ")
		return d
	}
	d.Hint = "did you mean `" + near + "`?"
	if holdsMore(keyword.Text, known) {
		return d // that only a person can part
	}
	d.Fixes = []diag.Fix{{Message: "write " + near, Edits: []diag.Edit{{Span: keyword.At, New: near}}}}
	return d
}

// holdsMore tells whether a misspelt keyword has something of the arguments in it, which a
// fix would lose: as in run=1, RUNls and ENVUSER.
func holdsMore(word string, known []string) bool {
	if strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return true
	}
	return slices.ContainsFunc(known, func(name string) bool {
		return len(word) > len(name)+1 && strings.EqualFold(word[:len(name)], name)
	})
}

// isText reports whether a person could have written a word.
func isText(word string) bool {
	return utf8.ValidString(word) && !strings.ContainsFunc(word, unicode.IsControl)
}

// glued finds the instruction that a word starts with when what follows is no
// letter, as in ENTRYPOINT["/run"].
func glued(word string, known []string) string {
	for _, name := range known {
		if n := len(name); len(word) > n && strings.EqualFold(word[:n], name) && strings.ContainsRune("[\"'/$-", rune(word[n])) {
			return name
		}
	}
	return ""
}
