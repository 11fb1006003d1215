package lang

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/spec"
	"github.com/seed-e0495807/strake/lang/spell"
)

// PrintItem writes an item by its fields, in canonical form: on one line, its here documents
// behind it, without the last line ending. It looks at no span, and not at Code. Parse of
// the result, in a file with this escape character, gives an equal item if any text does.
func PrintItem(item Item, escape byte) string {
	switch n := item.(type) {
	case *Comment:
		return "#" + n.Text
	case *Directive:
		return "# " + n.Name + "=" + n.Value
	case Instruction:
		return printInstruction(n, escape)
	}
	return ""
}

func printInstruction(in Instruction, escape byte) string {
	h := in.Head()
	w := &spell.Writer{Escape: escape}
	for _, d := range h.Heredocs {
		w.Docs = append(w.Docs, document(d))
	}
	w.WriteString(spelled(in))
	for _, f := range h.Flags {
		text := "--" + f.Name
		if f.HasValue {
			text += "=" + f.Value
		}
		w.Arg(w.Quote(text))
	}
	switch n := in.(type) {
	case *From:
		w.First(0, n.Base.Text)
		if n.As.Text != "" {
			w.WriteString(" AS " + n.As.Text)
		}
	case *Run:
		command(w, n.Command)
	case *Cmd:
		command(w, n.Command)
	case *Entrypoint:
		command(w, n.Command)
	case *Shell:
		command(w, n.Command)
	case *Copy:
		transfer(w, n.Paths.Sources, n.Paths.Dest)
	case *Add:
		transfer(w, n.Paths.Sources, n.Paths.Dest)
	case *Env:
		pairs(w, n.Pairs.List)
	case *Label:
		pairs(w, n.Pairs.List)
	case *Arg:
		pairs(w, n.Pairs.List)
	case *Expose:
		w.Words(texts(n.Ports.List))
	case *Volume:
		w.List(texts(n.Paths.List), false)
	case *Workdir:
		w.Line(n.Path.Text)
	case *User:
		w.Line(n.Name.Text)
	case *StopSignal:
		w.Line(n.Signal.Text)
	case *Maintainer:
		w.Line(n.Name.Text)
	case *Healthcheck:
		w.Line(n.Kind.Text)
		if n.Command.Exec {
			w.JSON(texts(n.Command.Args))
		} else if n.Command.Line.Text != "" {
			w.Arg(n.Command.Line.Text)
		}
	case *Onbuild:
		if n.Trigger != nil {
			w.Arg(printInstruction(n.Trigger, escape))
		}
		return w.String()
	case *Custom:
		w.Line(n.Args.Text)
		if len(h.Heredocs) == 0 {
			return w.End()
		}
		w.Claimed = strings.ToUpper(h.Keyword.Text)
	}
	return w.Finish()
}

// spelled is the keyword of an instruction as spelled, if that is one of its kind.
func spelled(in Instruction) string {
	id := kind(in)
	if word := in.Head().Keyword.Text; id == spec.Unknown || spec.Lookup(word) == id {
		return word
	}
	return id.String()
}

func kind(in Instruction) spec.Keyword {
	switch in.(type) {
	case *From:
		return spec.From
	case *Run:
		return spec.Run
	case *Cmd:
		return spec.Cmd
	case *Entrypoint:
		return spec.Entrypoint
	case *Shell:
		return spec.Shell
	case *Copy:
		return spec.Copy
	case *Add:
		return spec.Add
	case *Env:
		return spec.Env
	case *Label:
		return spec.Label
	case *Arg:
		return spec.Arg
	case *Expose:
		return spec.Expose
	case *Volume:
		return spec.Volume
	case *Workdir:
		return spec.Workdir
	case *User:
		return spec.User
	case *StopSignal:
		return spec.StopSignal
	case *Maintainer:
		return spec.Maintainer
	case *Healthcheck:
		return spec.Healthcheck
	case *Onbuild:
		return spec.Onbuild
	}
	return spec.Unknown
}

// document keeps the line of the terminator where it is one.
func document(d Heredoc) spell.Document {
	out := spell.Document{Name: d.Name, Data: d.Body.Text}
	if out.Data != "" && !strings.HasSuffix(out.Data, "\n") {
		out.Data += "\n"
	}
	if end := d.End.Text; d.Chomp && strings.TrimLeft(end, "\t") == d.Name {
		out.End = end
	}
	return out
}

func command(w *spell.Writer, c Command) {
	if c.Exec {
		w.JSON(texts(c.Args))
		return
	}
	w.Line(c.Line.Text)
}

func transfer(w *spell.Writer, sources []Word, dest Word) {
	if len(sources) == 0 && dest.Text == "" {
		return
	}
	words := texts(append(slices.Clone(sources), dest))
	marked := slices.ContainsFunc(words, func(s string) bool { return strings.Contains(s, "<<") })
	if marked && len(w.Docs) == 0 {
		w.JSON(words) // where they announce nothing
		return
	}
	w.List(words, len(w.Docs) > 0)
}

func pairs(w *spell.Writer, list []Pair) {
	for i, p := range list {
		switch {
		case p.Legacy:
			w.First(i, p.Key.Text+" "+p.Value.Text)
		case p.HasValue:
			w.First(i, p.Key.Text+"="+p.Value.Text)
		default:
			w.First(i, p.Key.Text)
		}
	}
}

func texts(words []Word) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.Text
	}
	return out
}
