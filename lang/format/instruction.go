package format

import (
	"strings"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/format/script"
)

// instruction writes an instruction: its words, what is between them laid out, and its here
// documents as they are.
func (p *printer) instruction(in lang.Instruction) {
	h := in.Head()
	p.trivia, p.at, p.end = trivia(p.file, in), h.At.Start, h.At.End
	if len(h.Heredocs) > 0 {
		p.end = h.Heredocs[0].Body.At.Start
	}
	if n := len(p.trivia); n == 0 || p.trivia[n-1].At.End < p.end {
		p.end = p.at + uint32(len(strings.TrimRight(p.src[p.at:p.end], "\r\n")))
	}
	p.copy(h.Keyword.At.Start) // lines that go on with nothing on them
	p.keyword(h.Keyword)
	if n, ok := in.(*lang.Onbuild); ok {
		p.trigger(n)
	} else {
		p.arguments(in)
		p.tail()
	}
	if len(h.Heredocs) > 0 {
		p.documents(in)
	}
}

// trivia is that of an instruction. Most stand on one line and have none: they are not read again.
func trivia(f *lang.File, in lang.Instruction) []lang.Trivia {
	h := in.Head()
	end := h.At.End
	if len(h.Heredocs) > 0 {
		end = h.Heredocs[0].Body.At.Start - 1
	}
	if !strings.Contains(f.Source.Text[h.At.Start:end], "\n") {
		return nil
	}
	return f.Trivia(in)
}

// documents writes the here documents: byte for byte, but for scripts that are laid out.
func (p *printer) documents(in lang.Instruction) {
	h := in.Head()
	start := h.Heredocs[0].Body.At.Start
	if !strings.HasSuffix(p.String(), "\n") {
		p.WriteString(p.endingAt(start))
	}
	if n, ok := p.scripted(in); ok {
		if text, ok := p.document(n); ok {
			p.WriteString(text)
			start = h.Heredocs[0].End.At.Start
		}
	}
	p.WriteString(p.src[start:h.At.End])
}

// keyword writes a word of the language, in the case of the file.
func (p *printer) keyword(w lang.Word) {
	if w.At.Len() != len(w.Text) { // a line ends in it
		p.copy(w.At.End)
		return
	}
	p.WriteString(p.cased(w.Text))
	p.at = w.At.End
}

// trigger writes what an ONBUILD has behind it. It goes into the config of the image as it
// is, the blanks at its end too.
func (p *printer) trigger(n *lang.Onbuild) {
	if n.Trigger != nil && len(n.Flags) == 0 {
		p.space(n.Trigger.Head().At.Start, true)
	}
	p.copy(p.end)
}

// arguments writes flags and what follows them.
func (p *printer) arguments(in lang.Instruction) {
	c, ok := command(in)
	// The lines of a script keep their indentation, and those in front of it stay with them.
	keep := ok && !c.Exec && strings.Contains(p.src[c.Line.At.Start:c.Line.At.End], "\n")
	var lines []script.Line
	if n, ok := p.scripted(in); ok {
		if lines, ok = p.lines(n); ok {
			keep = false
		}
	}
	for _, f := range in.Head().Flags {
		p.word(f.At, keep)
	}
	if n, ok := in.(*lang.From); ok && n.As.Text != "" {
		p.word(n.Base.At, false)
		p.as(n.As)
		return
	}
	if n, ok := in.(*lang.Healthcheck); ok {
		p.space(n.Kind.At.Start, keep)
		p.keyword(n.Kind)
	}
	if len(lines) > 0 {
		p.space(c.Line.At.Start, keep)
		p.spread(lines, c.Line.At.End)
		return
	}
	list := args(in)
	if len(list) > 0 && p.array(list) {
		return
	}
	for _, a := range list {
		p.word(a.at, keep)
	}
}

// as writes the end of a FROM: its AS is no word of the tree.
func (p *printer) as(name lang.Word) {
	gap := p.between(p.at, name.At.Start)
	from := p.skip(p.at, name.At.Start, gap)
	if to := from + 2; to < name.At.Start && strings.EqualFold(p.src[from:to], "as") && p.blank(to, name.At.Start, gap) {
		p.space(from, false)
		p.WriteString(p.cased("AS"))
		p.at = to
	}
	p.word(name.At, false)
}
