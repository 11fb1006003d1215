package lang

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/source"
)

// Print gives the text of a file. An item that Parse made prints as it was
// spelled, byte for byte; one made by hand (its span is zero) prints its code,
// on a line of its own. So a tree that nobody touched prints as its source.
func Print(f *File) string {
	text := f.Source.Text
	var b strings.Builder
	b.Grow(len(text))
	pos := uint32(0)
	for _, item := range f.Items {
		at := item.Span()
		if at.IsZero() {
			end := lineEnd(text, pos)
			b.WriteString(text[pos:end])
			pos = end
			if b.Len() > 0 && b.String() != bom && !strings.HasSuffix(b.String(), "\n") {
				b.WriteByte('\n')
			}
			b.WriteString(made(item))
			b.WriteByte('\n')
			continue
		}
		b.WriteString(text[pos:at.Start])
		b.WriteString(f.Source.Slice(at))
		pos = at.End
	}
	b.WriteString(text[pos:])
	return b.String()
}

const bom = "\ufeff"

// lineEnd gives the end of the line on which an item ends at pos, if nothing
// but blanks follow on it; of the byte order mark at the start.
func lineEnd(text string, pos uint32) uint32 {
	rest := text[pos:]
	if pos == 0 {
		return uint32(len(rest) - len(strings.TrimPrefix(rest, bom)))
	}
	if text[pos-1] == '\n' {
		return pos
	}
	if i := strings.IndexByte(rest, '\n'); i >= 0 && strings.TrimSpace(rest[:i]) == "" {
		return pos + uint32(i) + 1
	}
	return pos
}

func made(item Item) string {
	switch n := item.(type) {
	case *Comment:
		return "#" + n.Text
	case *Directive:
		return "# " + n.Name + "=" + n.Value
	case Instruction:
		h := n.Head()
		out := h.Code
		for _, d := range h.Heredocs {
			out += "\n" + d.Body.Text + d.Name
		}
		return out
	}
	return ""
}

// flagList writes flags for a message, sorted.
func flagList(names []string) string {
	slices.Sort(names)
	return "--" + strings.Join(names, ", --")
}

// Span is from the key to the value.
func (p Pair) Span() source.Span { return p.Key.At.Join(p.Value.At) }

// Span is the body with its terminator.
func (h Heredoc) Span() source.Span { return h.Body.At.Join(h.End.At) }

// Walk calls visit for a node and, when that returns true, for the nodes below
// it in the order of the source.
func Walk(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	for _, child := range children(n) {
		Walk(child, visit)
	}
}

func children(n Node) []Node {
	var out []Node
	add := func(words ...Word) {
		for _, w := range words {
			if !w.At.IsZero() {
				out = append(out, w)
			}
		}
	}
	if f, ok := n.(*File); ok {
		for _, item := range f.Items {
			out = append(out, item)
		}
		return out
	}
	in, ok := n.(Instruction)
	if !ok {
		return pairChildren(n)
	}
	h := in.Head()
	add(h.Keyword)
	for _, f := range h.Flags {
		out = append(out, f)
	}
	switch n := n.(type) {
	case *From:
		add(n.Base, n.As)
	case *Run:
		add(n.Command.words()...)
	case *Cmd:
		add(n.Command.words()...)
	case *Entrypoint:
		add(n.Command.words()...)
	case *Shell:
		add(n.Command.words()...)
	case *Healthcheck:
		add(n.Kind)
		add(n.Command.words()...)
	case *Copy:
		add(n.Paths.Sources...)
		add(n.Paths.Dest)
	case *Add:
		add(n.Paths.Sources...)
		add(n.Paths.Dest)
	case *Env:
		out = append(out, nodes(n.Pairs.List)...)
	case *Label:
		out = append(out, nodes(n.Pairs.List)...)
	case *Arg:
		out = append(out, nodes(n.Pairs.List)...)
	case *Expose:
		add(n.Ports.List...)
	case *Volume:
		add(n.Paths.List...)
	case *Workdir:
		add(n.Path)
	case *User:
		add(n.Name)
	case *StopSignal:
		add(n.Signal)
	case *Maintainer:
		add(n.Name)
	case *Custom:
		add(n.Args)
	case *Onbuild:
		if n.Trigger != nil {
			return append(out, n.Trigger) // its here documents are the trigger's
		}
	}
	return append(out, nodes(h.Heredocs)...)
}

func (c Command) words() []Word {
	if c.Exec {
		return c.Args
	}
	return []Word{c.Line}
}

func pairChildren(n Node) []Node {
	switch n := n.(type) {
	case Pair:
		if n.HasValue {
			return []Node{n.Key, n.Value}
		}
		return []Node{n.Key}
	case Heredoc:
		if n.End.At.IsZero() {
			return []Node{n.Body}
		}
		return []Node{n.Body, n.End}
	}
	return nil
}

func nodes[N Node](list []N) []Node {
	out := make([]Node, len(list))
	for i, n := range list {
		out[i] = n
	}
	return out
}
