package ir

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// Build makes a module of a syntax tree. The diagnostics are about values that
// the grammar does not look into: mounts, durations, modes. A module is given
// even when there are errors.
func Build(f *lang.File) (*Module, diag.List) {
	b := builder{src: f.Source}
	m := &Module{Files: []File{{Name: f.Source.Name, Text: f.Source.Text}}, Escape: f.Escape}
	var comments []string
	for _, item := range f.Items {
		switch n := item.(type) {
		case *lang.Comment:
			comments = appendComment(comments, n.Text)
			continue
		case *lang.Directive:
			m.directive(n)
			continue
		case *lang.From:
			m.Stages = append(m.Stages, b.stage(n, comments))
		case lang.Instruction:
			op := b.op(n)
			switch {
			case len(m.Stages) > 0:
				s := m.Stages[len(m.Stages)-1]
				s.Ops = append(s.Ops, op)
			case op.Body.Keyword() == "ARG":
				m.Args = append(m.Args, op)
			}
		}
		comments = nil
	}
	return m, b.diags
}

// appendComment keeps the lines of a comment block; an empty comment line starts
// a new block, as BuildKit has it.
func appendComment(block []string, text string) []string {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return append(block, text)
}

func (m *Module) directive(d *lang.Directive) {
	switch d.Name {
	case "syntax":
		m.Syntax = d.Value
	case "check":
		m.Check = d.Value
	}
}

// BuildBody makes the body of one instruction.
func BuildBody(in lang.Instruction) (Body, diag.List) {
	var b builder
	return b.body(in), b.diags
}

type builder struct {
	src   *source.File
	diags diag.List
}

func (b *builder) stage(n *lang.From, comments []string) *Stage {
	platform, _ := n.Flag("platform")
	return &Stage{
		Name: strings.ToLower(n.As.Text), Base: n.Base.Text, Platform: platform,
		Code: strings.TrimSpace(n.Code), Comments: comments, Origin: &Origin{Span: n.At},
	}
}

func (b *builder) op(n lang.Instruction) *Op {
	h := n.Head()
	return &Op{Body: b.body(n), Code: strings.TrimSpace(h.Code), Origin: &Origin{Span: h.At}}
}

func (b *builder) body(n lang.Instruction) Body {
	switch n := n.(type) {
	case *lang.Run:
		return b.run(n)
	case *lang.Copy:
		return b.copy(n)
	case *lang.Add:
		return b.add(n)
	case *lang.Env:
		return &Env{pairs(n.Pairs.List)}
	case *lang.Label:
		return &Label{pairs(n.Pairs.List)}
	case *lang.Arg:
		return arg(n)
	case *lang.Cmd:
		return &Cmd{command(n.Command)}
	case *lang.Entrypoint:
		return &Entrypoint{command(n.Command)}
	case *lang.Shell:
		return &Shell{texts(n.Command.Args)}
	case *lang.Workdir:
		return &Workdir{n.Path.Text}
	case *lang.User:
		return &User{n.Name.Text}
	case *lang.Expose:
		ports := texts(n.Ports.List)
		slices.Sort(ports)
		return &Expose{ports}
	case *lang.Volume:
		return volume(n)
	case *lang.StopSignal:
		return &StopSignal{n.Signal.Text}
	case *lang.Maintainer:
		return &Maintainer{n.Name.Text}
	case *lang.Healthcheck:
		return b.healthcheck(n)
	case *lang.Onbuild:
		return onbuild(n)
	case *lang.Custom:
		return custom(n)
	}
	return &Custom{Name: "FROM"} // From is a stage, never an op
}

func command(c lang.Command) Command {
	return Command{Exec: c.Exec, Line: c.Line.Text, Args: texts(c.Args)}
}

func texts(words []lang.Word) []string {
	if len(words) == 0 {
		return nil
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.Text
	}
	return out
}

func pairs(list []lang.Pair) []Pair {
	out := make([]Pair, len(list))
	for i, p := range list {
		out[i] = Pair{Key: p.Key.Text, Value: p.Value.Text, Legacy: p.Legacy}
	}
	return out
}

func arg(n *lang.Arg) *Arg {
	a := &Arg{make([]Default, len(n.Pairs.List))}
	for i, p := range n.Pairs.List {
		a.Defaults[i] = Default{Key: p.Key.Text, Value: p.Value.Text, Set: p.HasValue}
	}
	return a
}

func volume(n *lang.Volume) *Volume {
	paths := texts(n.Paths.List)
	for i, p := range paths {
		paths[i] = strings.TrimSpace(p)
	}
	return &Volume{paths}
}

func (b *builder) run(n *lang.Run) *Run {
	r := &Run{Command: command(n.Command), Heredocs: documents(n.Heredocs)}
	b.flags(r, n.Flags)
	return r
}

func documents(list []lang.Heredoc) (out []Heredoc) {
	for _, d := range list {
		out = append(out, Heredoc{Name: d.Name, Data: d.Body.Text, Chomp: d.Chomp})
	}
	return out
}

func (b *builder) copy(n *lang.Copy) *Copy {
	c := &Copy{Dest: n.Paths.Dest.Text}
	c.Sources, c.Inline = inline(&n.Header, n.Paths.Sources)
	b.flags(c, n.Flags)
	return c
}

func (b *builder) add(n *lang.Add) *Add {
	a := &Add{Dest: n.Paths.Dest.Text}
	a.Sources, a.Inline = inline(&n.Header, n.Paths.Sources)
	b.flags(a, n.Flags)
	return a
}

// inline tells sources that are here documents from those that are paths. Two
// documents of one name both get the text of the last, as in BuildKit.
func inline(h *lang.Header, words []lang.Word) (sources []string, files []Inline) {
	var data map[string]string
	for _, w := range words {
		doc, ok := lexer.ParseHeredoc(w.Text)
		if !ok {
			sources = append(sources, w.Text)
			continue
		}
		f := Inline{Word: w.Text, Name: doc.Name, Expand: doc.Expand}
		if data == nil {
			data = make(map[string]string, len(h.Heredocs))
			for _, d := range h.Heredocs {
				data[d.Name] = d.Body.Text
			}
		}
		f.Data = data[doc.Name]
		if doc.Chomp {
			f.Data = lexer.Chomp(f.Data)
		}
		files = append(files, f)
	}
	return sources, files
}

func (b *builder) healthcheck(n *lang.Healthcheck) *Healthcheck {
	h := &Healthcheck{None: strings.EqualFold(n.Kind.Text, "NONE")}
	if h.None {
		return h // its flags are never looked at
	}
	h.Command = command(n.Command)
	b.flags(h, n.Flags)
	return h
}

// onbuild takes the trigger out of the line, and puts the here documents behind
// it, as BuildKit stores it in the image config.
func onbuild(n *lang.Onbuild) *Onbuild {
	line := strings.TrimLeft(n.Code, "\t\n\f\r ")
	trigger := strings.TrimLeft(line[min(len(n.Head().Keyword.Text), len(line)):], "\t\n\f\r ")
	if len(n.Heredocs) == 0 {
		return &Onbuild{trigger}
	}
	var b strings.Builder
	b.WriteString(trigger)
	for _, d := range n.Heredocs {
		b.WriteString("\n" + d.Body.Text + d.Name)
	}
	return &Onbuild{b.String()}
}

func custom(n *lang.Custom) *Custom {
	c := &Custom{Name: strings.ToUpper(n.Head().Keyword.Text), Args: n.Args.Text, Heredocs: documents(n.Heredocs)}
	for _, f := range n.Flags {
		flag := "--" + f.Name
		if f.HasValue {
			flag += "=" + f.Value
		}
		c.Flags = append(c.Flags, flag)
	}
	return c
}
