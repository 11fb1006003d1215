package format

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// word writes the space in front of a word, and the word.
func (p *printer) word(at source.Span, keep bool) {
	if at.IsZero() {
		return
	}
	p.space(at.Start, keep)
	p.copy(at.End)
}

// copy writes the source up to an offset as it is, as far as BuildKit reads it: of what it
// drops, blanks at the ends of lines and empty lines go, and comments stand as deep as the
// line below them.
func (p *printer) copy(to uint32) {
	first, last := p.within(p.at, to)
	below, indent := -1, "" // the last of the trivia above a line, and how deep that is
	for i := first; i < last; i++ {
		t := p.trivia[i]
		p.WriteString(p.src[p.at:t.At.Start])
		switch t.Kind {
		case lang.Continuation:
			p.WriteByte(p.file.Escape)
			p.WriteString(p.ending(t))
		case lang.InnerComment:
			if below < i {
				below, indent = p.below(i)
			}
			p.inner(t, indent)
		}
		p.at = t.At.End
	}
	if p.at < to {
		p.WriteString(p.src[p.at:to])
		p.at = to
	}
}

// inner writes a comment inside an instruction.
func (p *printer) inner(t lang.Trivia, indent string) {
	p.WriteString(indent)
	p.WriteByte('#')
	p.WriteString(trimRight(t.Text))
	p.WriteString(p.ending(t))
}

// below is the indentation of the line that follows trivia, and the last trivia above it.
func (p *printer) below(i int) (int, string) {
	for i+1 < len(p.trivia) && p.trivia[i+1].At.Start == p.trivia[i].At.End {
		i++
	}
	line := p.src[p.trivia[i].At.End:]
	return i, line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// ending is the line ending of trivia: "" where the file ends.
func (p *printer) ending(t lang.Trivia) string {
	if p.src[t.At.End-1] != '\n' {
		return ""
	}
	return p.endingAt(t.At.End)
}

// endingAt is the line ending in front of an offset.
func (p *printer) endingAt(at uint32) string {
	if strings.HasSuffix(p.src[:at], "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// space writes what is between two words: a blank, or the end of a line where there is one.
// Lines get the indentation of the options, or keep what they have.
func (p *printer) space(to uint32, keep bool) {
	gap := p.between(p.at, to)
	if p.at == to || !p.blank(p.at, to, gap) {
		p.copy(to)
		return
	}
	indent := p.indent
	if keep && len(gap) > 0 {
		indent = p.src[gap[len(gap)-1].At.End:to]
	}
	p.fill(gap, " ", indent)
	p.at = to
}

// fill writes the lines that end in a gap, with the comments in it, or the text that stands
// for it when none do.
func (p *printer) fill(gap []lang.Trivia, none, indent string) {
	if len(gap) == 0 {
		p.WriteString(none)
		return
	}
	p.WriteByte(' ')
	p.WriteByte(p.file.Escape)
	p.WriteString(p.ending(gap[0])) // a line goes on in front of all else
	for _, t := range gap {
		if t.Kind == lang.InnerComment {
			p.inner(t, indent)
		}
	}
	p.WriteString(indent)
}

// between is the trivia that starts in a part of the source.
func (p *printer) between(from, to uint32) []lang.Trivia {
	first, last := p.within(from, to)
	return p.trivia[first:last]
}

// within are the bounds of the trivia that starts in a part of the source.
func (p *printer) within(from, to uint32) (first, last int) {
	starts := func(t lang.Trivia, at uint32) int { return int(t.At.Start) - int(at) }
	first, _ = slices.BinarySearchFunc(p.trivia, from, starts)
	last, _ = slices.BinarySearchFunc(p.trivia[first:], to, starts)
	return first, first + last
}

// skip gives the first byte in a part of the source that is no blank and in no trivia; the end
// when there is none. A vertical tab is no blank for all of BuildKit.
func (p *printer) skip(from, to uint32, trivia []lang.Trivia) uint32 {
	for from < to {
		if len(trivia) > 0 && trivia[0].At.Start <= from {
			from = max(from, trivia[0].At.End)
			trivia = trivia[1:]
			continue
		}
		switch p.src[from] {
		case ' ', '\t', '\f', '\r':
			from++
		default:
			return from
		}
	}
	return to
}

func (p *printer) blank(from, to uint32, trivia []lang.Trivia) bool {
	return p.skip(from, to, trivia) == to
}

// tail leaves blanks at the end of an instruction out, and an escape character with nothing
// to go on with. Behind another one they say that no line goes on.
func (p *printer) tail() {
	gap := p.between(p.at, p.end)
	comment := slices.ContainsFunc(gap, func(t lang.Trivia) bool { return t.Kind == lang.InnerComment })
	if comment || !p.blank(p.at, p.end, gap) || p.src[p.at-1] == p.file.Escape {
		p.copy(p.end)
	}
}
