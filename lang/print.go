package lang

import (
	"reflect"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// Print gives the text of a file. An item that is as Parse made it prints as it was
// spelled, byte for byte; one that was changed or made prints by its fields, as PrintItem
// writes it, on lines of its own. So a tree that nobody touched prints as its source, and
// with one node changed only the lines of that differ. Two things are put right: an
// instruction that goes on where the file ends is written as PrintItem does when something
// stands behind it now, and a comment that would become a directive, as what stood above it
// is gone or it is new, gets an empty line above it.
//
// What was there is found by parsing the source again: a program may change any node in
// any way without saying so. Items may be left out, moved, and stand more than once.
//
// Fields are taken at their word. No spelling has a line ending in a value, or the line of
// its terminator in a here document, so with such a field the text reads back as other
// instructions. Who prints what others have a say in makes an ir.Module of it, of which
// ir.Verify tells, or parses the text again and compares.
func Print(f *File) string {
	was, _ := Parse(f.Source, claimed(f)...)
	places := make(map[source.Span]int, len(was.Items))
	for i, item := range was.Items {
		places[item.Span()] = i
	}
	p := printer{gaps: gaps(was), last: -1}
	p.Grow(len(f.Source.Text))
	for i, item := range f.Items {
		at, known := places[item.Span()]
		if !known {
			p.newline()
			p.item(f, item, PrintItem(item, f.Escape))
			continue
		}
		text := f.Source.Slice(item.Span())
		joins := at == len(was.Items)-1 && i < len(f.Items)-1 && open(was, was.Items[at])
		if joins || f.Escape != was.Escape || !reflect.DeepEqual(item, was.Items[at]) {
			ended := strings.HasSuffix(text, "\n")
			if text = PrintItem(item, f.Escape); ended {
				text += "\n"
			}
		}
		p.gap(at)
		p.item(f, item, text)
		p.last, p.begun = at, false
	}
	return p.finish()
}

// open tells whether the last item of a file would go on in what is put behind it: its last
// line does, or a here document has no end.
func open(f *File, item Item) bool {
	in, ok := item.(Instruction)
	if !ok {
		return false
	}
	if docs := in.Head().Heredocs; len(docs) > 0 {
		return docs[len(docs)-1].End.Text == ""
	}
	trivia := f.Trivia(in)
	return len(trivia) > 0 && trivia[len(trivia)-1].At.End == in.Span().End
}

// claimed are the instructions that had to be claimed for the tree to be as it is.
func claimed(f *File) []Claim {
	var out []Claim
	for _, in := range f.Instructions() {
		if c, ok := in.(*Custom); ok && len(c.Heredocs) > 0 {
			out = append(out, Claim{Keyword: strings.ToUpper(c.Keyword.Text), Heredocs: true})
		}
	}
	return out
}

// gaps are the blank texts in front of each item, and behind the last.
func gaps(f *File) []string {
	out := make([]string, 0, len(f.Items)+1)
	pos := uint32(0)
	for _, item := range f.Items {
		out = append(out, f.Source.Text[pos:item.Span().Start])
		pos = item.Span().End
	}
	return append(out, f.Source.Text[pos:])
}

type printer struct {
	strings.Builder
	gaps  []string
	last  int    // the item of the source that was written last
	rest  string // what is to be written yet of the gap behind it, when begun is set
	begun bool
}

const bom = "\ufeff"

// newline makes the next item start on a line of its own. The first time behind an item
// of the source it takes the line ending that is there.
func (p *printer) newline() {
	if p.begun {
		if text := p.String(); text != "" && text != bom && !strings.HasSuffix(text, "\n") {
			p.WriteByte('\n')
		}
		return
	}
	gap := p.gaps[p.last+1]
	p.begun = true
	if p.last < 0 { // the start of the file: a byte order mark stays there
		p.rest = strings.TrimPrefix(gap, bom)
		p.WriteString(gap[:len(gap)-len(p.rest)])
		return
	}
	i := strings.IndexByte(gap, '\n') + 1
	p.WriteString(gap[:i])
	p.rest = gap[i:]
	if !strings.HasSuffix(p.String(), "\n") {
		p.WriteByte('\n')
	}
}

// item writes an item where its line has begun.
func (p *printer) item(f *File, item Item, text string) {
	if c, ok := item.(*Comment); ok {
		_, _, directive := lexer.ParseDirective(c.Text)
		if directive && !strings.HasPrefix(f.Source.Text, p.String()+text) && top(p.String()) {
			p.WriteByte('\n')
		}
	}
	p.WriteString(text)
}

// top tells whether a directive may follow a text.
func top(text string) bool {
	const blanks = " \t\v\f\r"
	text = strings.TrimRight(strings.TrimPrefix(text, bom), blanks) // the line may be indented
	if strings.HasPrefix(text, "#!") {                              // FindDirective looks behind it
		_, text, _ = strings.Cut(text, "\n")
	}
	for line := range strings.Lines(text) {
		comment, ok := strings.CutPrefix(strings.TrimLeft(line, blanks), "#")
		if _, _, directive := lexer.ParseDirective(strings.TrimRight(comment, "\r\n")); !ok || !directive {
			return false
		}
	}
	return true
}

// finish writes what is behind the last item.
func (p *printer) finish() string {
	end := len(p.gaps) - 1
	switch {
	case p.last+1 == end && !p.begun:
		p.WriteString(p.gaps[end])
	case p.last+1 == end:
		p.newline()
		p.WriteString(p.rest)
	default:
		p.newline()
		p.WriteString(p.gaps[end][strings.IndexByte(p.gaps[end], '\n')+1:])
	}
	return p.String()
}

// gap writes the blanks in front of an item of the source.
func (p *printer) gap(at int) {
	switch {
	case at == p.last+1 && !p.begun:
		p.WriteString(p.gaps[at])
	case at == p.last+1:
		p.newline()
		p.WriteString(p.rest)
	default:
		p.newline()
		gap := p.gaps[at]
		p.WriteString(gap[strings.IndexByte(gap, '\n')+1:])
	}
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
