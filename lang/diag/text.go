package diag

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/lang/source"
)

// MaxShown is how many diagnostics Text shows at most. Errors come before
// anything else when it has to choose.
const MaxShown = 100

const (
	defaultWidth = 120
	minText      = 32 // columns of source that are shown in any case
	maxContext   = 10
	maxRelated   = 8
)

// TextOptions says how Text renders. The zero value is for a log.
type TextOptions struct {
	Color   bool // use ANSI colours
	Context int  // lines shown before and after the first line, at most 10
	Width   int  // columns of the terminal, 120 when zero; excerpts are cut to it
}

// Text writes the list for people, in the order it has:
//
//	Dockerfile:3:1: error: unknown instruction `COPPY` [unknown-instruction]
//	 3 | COPPY . /src
//	   | ^^^^^
//	   = help: did you mean `COPY`?
//
// Whatever the diagnostics and sources hold, the output has printable characters
// only, apart from newlines and the colours; and it is bounded: long lines and
// long messages are cut, and of more than MaxShown diagnostics the last line
// tells the number. The set may be nil. Text makes line tables of its files, so
// a set must not be rendered by two goroutines at once. An error is that of w.
func Text(w io.Writer, set *source.Set, list List, opt TextOptions) error {
	p := printer{out: bufio.NewWriter(w), set: set, opt: opt}
	shown := choose(list)
	for n, i := range shown {
		if n > 0 {
			p.print("\n")
		}
		p.diagnostic(&list[i])
	}
	if more := len(list) - len(shown); more > 0 {
		fmt.Fprintf(p.out, "\nand %d more\n", more)
	}
	return p.out.Flush() // a bufio.Writer keeps its first error
}

// choose gives the indexes of what is shown, in order.
func choose(list List) []int {
	// The worst severity of which not all are shown, and how many of it are.
	limit, room := Severity(0xff), MaxShown
	if len(list) > MaxShown {
		var count [256]int
		for i := range list {
			count[list[i].Severity]++
		}
		for limit = 0; room > count[limit]; limit++ {
			room -= count[limit]
		}
	}
	shown := make([]int, 0, min(len(list), MaxShown))
	for i := range list {
		switch s := list[i].Severity; {
		case s > limit, s == limit && room == 0:
			continue
		case s == limit:
			room--
		}
		shown = append(shown, i)
	}
	return shown
}

type style string

const (
	bold   style = "\x1b[1m"
	red    style = "\x1b[1;31m"
	yellow style = "\x1b[1;33m"
	blue   style = "\x1b[1;34m"
	cyan   style = "\x1b[1;36m"
	plain        = "\x1b[0m"
)

func severityStyle(s Severity) style {
	switch s {
	case Error:
		return red
	case Warning:
		return yellow
	}
	return cyan
}

type printer struct {
	out *bufio.Writer
	set *source.Set
	opt TextOptions
}

func (p *printer) print(parts ...string) {
	for _, s := range parts {
		p.out.WriteString(s)
	}
}

func (p *printer) paint(st style, s string) string {
	if !p.opt.Color || s == "" {
		return s
	}
	return string(st) + s + plain
}

func (p *printer) diagnostic(d *Diagnostic) {
	st := severityStyle(d.Severity)
	f, span := place(p.set, d.Span)
	p.position(f, span)
	p.print(p.paint(st, d.Severity.String()+":"), " ", p.paint(bold, clean(d.Message)))
	if d.Code != "" {
		p.print(" [", clean(d.Code), "]")
	}
	p.print("\n")
	gutter := 0
	if f != nil {
		gutter = p.excerpt(f, span, p.opt.Context, st)
	}
	help := d.Hint
	if help == "" && len(d.Fixes) > 0 {
		help = d.Fixes[0].Message
	}
	for _, n := range d.Notes {
		p.lines(gutter, n)
	}
	p.note(gutter, "expected", d.Expected)
	p.note(gutter, "help", help)
	p.note(gutter, "see", d.URL)
	for _, r := range d.Related[:min(len(d.Related), maxRelated)] {
		p.related(r)
	}
	if more := len(d.Related) - maxRelated; more > 0 {
		p.note(gutter, "note", fmt.Sprintf("and %d more places", more))
	}
}

func (p *printer) related(r Related) {
	f, span := place(p.set, r.Span)
	p.position(f, span)
	p.print(p.paint(cyan, "note:"), " ", clean(r.Message), "\n")
	if f != nil {
		p.excerpt(f, span, 0, cyan)
	}
}

func (p *printer) position(f *source.File, span source.Span) {
	if f == nil {
		return
	}
	pos := f.Position(span.Start)
	pos.Filename = clean(pos.Filename)
	p.print(p.paint(bold, pos.String()+":"), " ")
}

func (p *printer) note(gutter int, label, text string) {
	if text != "" {
		p.print(strings.Repeat(" ", gutter+2), p.paint(blue, "="), " ", p.paint(bold, label+":"), " ", clean(text), "\n")
	}
}

// maxNoteLines is how many lines of a note are shown, the last ones.
const maxNoteLines = 40

// lines writes a note that may have several lines, each of them on its own.
func (p *printer) lines(gutter int, n Note) {
	text := strings.TrimRight(n.Text, "\n")
	if !strings.Contains(text, "\n") {
		p.note(gutter, n.Label, text)
		return
	}
	indent := strings.Repeat(" ", gutter+2)
	p.print(indent, p.paint(blue, "="), " ", p.paint(bold, n.Label+":"), "\n")
	list := strings.Split(text, "\n")
	for _, line := range list[max(0, len(list)-maxNoteLines):] {
		p.print(strings.TrimRight(indent+"  "+layout(line, 0, 0, maxNoteWidth).text, " "), "\n")
	}
}

// maxNoteWidth is how many columns of a line of a note are shown: what a program
// printed is worth more than a neat right margin.
const maxNoteWidth = 400

// excerpt writes the first line of a span, underlined, among its neighbours. It
// gives the width of the line numbers. The span must be inside the file.
func (p *printer) excerpt(f *source.File, span source.Span, context int, st style) (gutter int) {
	first, last := f.LineRange(span)
	context = min(max(context, 0), maxContext)
	low, high := max(1, first-context), min(f.Lines(), first+context)
	gutter = len(strconv.Itoa(high))
	total := p.opt.Width
	if total <= 0 {
		total = defaultWidth
	}
	width := max(minText, total-gutter-len("  | "))
	for n := low; n <= high; n++ {
		line := f.LineText(n)
		if n != first {
			p.line(gutter, strconv.Itoa(n), layout(line, 0, 0, width).text)
			continue
		}
		a := f.Position(span.Start).Column - 1
		b := a + span.Len()
		if last > first {
			// Blanks at the end are no part of what the author sees.
			b = max(a+1, len(strings.TrimRight(line, " \t")))
		}
		r := layout(line, a, b, width)
		p.line(gutter, strconv.Itoa(n), r.text)
		mark := p.paint(st, strings.Repeat("^", r.n))
		if more := last - first; more == 1 {
			mark += " and 1 more line"
		} else if more > 1 {
			mark += fmt.Sprintf(" and %d more lines", more)
		}
		p.line(gutter, "", strings.Repeat(" ", r.from)+mark)
	}
	return gutter
}

// line writes one line of an excerpt, without blanks at its end.
func (p *printer) line(gutter int, number, text string) {
	p.print(p.paint(blue, fmt.Sprintf(" %*s |", gutter, number)))
	if text = strings.TrimRight(text, " "); text != "" {
		p.print(" ", text)
	}
	p.print("\n")
}
