// Package format lays out a Dockerfile: casing, blanks, indentation, empty lines. It changes
// only what BuildKit drops when it reads a file, so what is built of it, the build cache and
// the history of the image stay as they are. The text of a shell command is not dropped: it
// keeps its bytes, unless Options.Scripts says otherwise.
package format

import (
	"strings"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/format/script"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// Options say how a file is laid out. The zero value is the default.
type Options struct {
	Indent string // of a line that goes on from the one above it; "" is four spaces
	// Scripts has the scripts of RUNs laid out, too. Their steps are then other ones for the
	// build cache; what they do is the same. Nil leaves them as they are.
	Scripts *script.Style
}

// Source gives the text of a file laid out, and what the parser says of the file. Where that
// is an error, the text is as it was. So is it where the result would mean anything else,
// which no known file brings about.
func Source(src *source.File, o Options, claims ...lang.Claim) (string, diag.List) {
	file, diags := lang.Parse(src, claims...)
	diags = append(diags, lang.Unclaimed(file, claims...)...)
	if diags.HasErrors() {
		return src.Text, diags
	}
	for _, scripts := range []*script.Style{o.Scripts, nil} {
		o.Scripts = scripts
		text := layout(file, o)
		after, found := lang.Parse(source.NewFile(src.Name, text), claims...)
		if !found.HasErrors() && same(file, after, scripts != nil) {
			return text, diags
		}
	}
	return src.Text, diags
}

const bom = "\ufeff"

// printer writes the text of a file.
type printer struct {
	strings.Builder
	file   *lang.File
	src    string
	indent string
	eol    string // of lines that have none
	lower  bool   // keywords are in lower case

	scripts *script.Style // nil leaves them as they are
	shells  shells

	trivia []lang.Trivia // of the instruction at hand
	at     uint32        // up to where it is written
	end    uint32        // of its logical line, without its last line ending
}

func layout(f *lang.File, o Options) string {
	p := &printer{file: f, src: f.Source.Text, indent: o.Indent, scripts: o.Scripts, lower: lower(f)}
	p.eol = lineEnding(p.src[f.Items[0].Span().Start:], "\n")
	if p.indent == "" {
		p.indent = "    "
	}
	p.Grow(len(p.src) + 64)
	if strings.HasPrefix(p.src, bom) {
		p.WriteString(bom)
	}
	apart := p.apart()
	for i, item := range f.Items {
		p.start(i, apart[i])
		switch n := item.(type) {
		case lang.Instruction:
			p.shells.step(n, f.Escape)
			p.instruction(n)
		default:
			p.comment(i)
		}
	}
	if !strings.HasSuffix(p.String(), "\n") {
		p.WriteString(lineEnding(p.gap(len(f.Items)), p.eol))
	}
	return p.String()
}

// lineEnding is the first one of a text, or else another.
func lineEnding(text, none string) string {
	switch i := strings.IndexByte(text, '\n'); {
	case i < 0:
		return none
	case i > 0 && text[i-1] == '\r':
		return "\r\n"
	}
	return "\n"
}

// apart tells of each item whether an empty line is in front of it: where there was one, and
// above a FROM with the comments that belong to it.
func (p *printer) apart() []bool {
	items := p.file.Items
	out := make([]bool, len(items))
	for i, item := range items {
		out[i] = p.emptyAbove(i)
		if _, ok := item.(*lang.From); !ok {
			continue
		}
		first := i
		for first > 0 && !out[first] {
			if _, ok := items[first-1].(*lang.Comment); !ok {
				break
			}
			first--
		}
		out[first] = out[first] || first > 0
	}
	return out
}

// emptyAbove tells whether the source has an empty line in front of an item. At the start of
// a file it counts only where a comment would be a directive without it.
func (p *printer) emptyAbove(i int) bool {
	if i == 0 {
		c, ok := p.file.Items[0].(*lang.Comment)
		if !ok || !strings.Contains(p.gap(0), "\n") {
			return false
		}
		_, _, ok = lexer.ParseDirective(c.Text)
		return ok || strings.HasPrefix(c.Text, "!")
	}
	wanted := 2
	if end := p.file.Items[i-1].Span().End; p.src[end-1] == '\n' {
		wanted = 1
	}
	return strings.Count(p.gap(i), "\n") >= wanted
}

// gap is what stands in the source in front of an item, or behind the last one.
func (p *printer) gap(i int) string {
	start, end := uint32(0), uint32(len(p.src))
	if i > 0 {
		start = p.file.Items[i-1].Span().End
	}
	if i < len(p.file.Items) {
		end = p.file.Items[i].Span().Start
	}
	return p.src[start:end]
}

// start ends the line of the item in front, and writes an empty line if one is wanted.
func (p *printer) start(i int, apart bool) {
	ending := lineEnding(p.gap(i), p.eol)
	if i > 0 && !strings.HasSuffix(p.String(), "\n") {
		p.WriteString(ending)
	}
	if apart {
		p.WriteString(ending)
	}
}

// comment writes a comment or a directive. Where blanks in front of it may tell whether it
// is a directive, they stay: not all of BuildKit looks for those in one way.
func (p *printer) comment(i int) {
	item := p.file.Items[i]
	text := p.src[item.Span().Start:item.Span().End]
	_, _, directive := lexer.ParseDirective(text[1:])
	if directive || strings.HasPrefix(text, "#!") {
		gap := strings.TrimPrefix(p.gap(i), bom)
		p.WriteString(gap[strings.LastIndexByte(gap, '\n')+1:])
	}
	if trimmed := trimRight(text); !directive || !strings.HasSuffix(trimmed, "=") {
		text = trimmed
	}
	p.WriteString(text)
}

func trimRight(s string) string { return strings.TrimRight(s, " \t\r") }
