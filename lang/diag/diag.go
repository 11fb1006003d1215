// Package diag holds what the compiler has to tell the user: diagnostics with a
// stable code and a place, renderers for people and for tools, and the edits
// that repair what was found.
//
// Making a diagnostic touches no source text. Lines, columns and excerpts are
// worked out when one is shown, since most lists are empty or never shown.
package diag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/seed-e0495807/strake/lang/source"
)

// Severity is how much a diagnostic matters. The zero value is Error, and a
// smaller value matters more.
type Severity uint8

// The severities. Only an Error stops a compile.
const (
	Error Severity = iota
	Warning
	Info
	Hint
)

var severityNames = [...]string{Error: "error", Warning: "warning", Info: "info", Hint: "hint"}

// String gives "error", "warning", "info" or "hint".
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return "severity(" + strconv.Itoa(int(s)) + ")"
}

// SeverityOf is the severity of a name, as String gives it.
func SeverityOf(name string) (Severity, bool) {
	i := slices.Index(severityNames[:], name)
	return Severity(max(i, 0)), i >= 0
}

// Diagnostic is one finding. Its texts may quote source as it is, control bytes
// included: every renderer escapes what a terminal must not get.
type Diagnostic struct {
	Severity Severity
	Code     string      // stable, in kebab-case, like "unknown-instruction"
	Also     []string    // codes that other tools have for the same
	Span     source.Span // zero when it has no place
	Message  string      // one sentence, lower case start, no full stop
	Expected string      // what was expected here, "" when obvious
	Hint     string      // the next step, like "did you mean `COPY`?"
	Notes    []Note      // what else is known, shown in front of the hint
	URL      string      // where to read more
	Related  []Related   // other places that explain this one
	Fixes    []Fix       // alternatives: at most one of them is to be applied
}

// Note is more about a diagnostic, under a label like "command". The text may have
// several lines.
type Note struct{ Label, Text string }

// Related is another place that a diagnostic refers to.
type Related struct {
	Span    source.Span
	Message string
}

// Fix is a suggested repair. Safe says that applying it keeps the meaning the
// author evidently wanted, so that a tool may do it without asking.
type Fix struct {
	Message string
	Edits   []Edit
	Safe    bool
	Keeps   Keeps
}

// Keeps is what a fix keeps, as far as that has been said of it.
type Keeps uint8

// What a fix keeps. The first two are proven: by comparing graphs, and by building both.
const (
	Unsaid Keeps = iota
	Graph        // every vertex, and so the cache, and the image but for its history
	Files        // the files and the config of the image
	Intent       // what the author meant, as the rule takes it: the image may be another
)

var keepsNames = [...]string{Unsaid: "", Graph: "graph", Files: "files", Intent: "intent"}

// String gives "graph", "files", "intent" or "".
func (k Keeps) String() string {
	if int(k) < len(keepsNames) {
		return keepsNames[k]
	}
	return "keeps(" + strconv.Itoa(int(k)) + ")"
}

// Edit replaces the bytes of Span by New. An empty span inserts. The zero span
// is no exception here: it inserts at the start of file 0.
type Edit struct {
	Span source.Span
	New  string
}

// From gives the diagnostics that an error is, and whether it is any.
func From(err error) (List, bool) {
	var (
		list List
		one  Diagnostic
	)
	switch {
	case errors.As(err, &list):
		return list, true
	case errors.As(err, &one):
		return List{one}, true
	}
	return nil, false
}

// Error gives "message; hint" on one printable line, without the position.
func (d Diagnostic) Error() string {
	if d.Hint == "" {
		return clean(d.Message)
	}
	return clean(d.Message) + "; " + clean(d.Hint)
}

// List is the diagnostics of a compile in the order they were found. It is not
// safe for concurrent use.
type List []Diagnostic

// Add appends diagnostics.
func (l *List) Add(ds ...Diagnostic) { *l = append(*l, ds...) }

// Errorf appends an error. The result points into the list, to set what else is
// known (`l.Errorf(...).Hint = "..."`); it is valid until the next addition.
func (l *List) Errorf(span source.Span, code, format string, args ...any) *Diagnostic {
	return l.add(Error, span, code, fmt.Sprintf(format, args...))
}

// Warnf appends a warning; the result is as for Errorf.
func (l *List) Warnf(span source.Span, code, format string, args ...any) *Diagnostic {
	return l.add(Warning, span, code, fmt.Sprintf(format, args...))
}

// Infof appends an information; the result is as for Errorf.
func (l *List) Infof(span source.Span, code, format string, args ...any) *Diagnostic {
	return l.add(Info, span, code, fmt.Sprintf(format, args...))
}

// Hintf appends a hint; the result is as for Errorf.
func (l *List) Hintf(span source.Span, code, format string, args ...any) *Diagnostic {
	return l.add(Hint, span, code, fmt.Sprintf(format, args...))
}

func (l *List) add(s Severity, span source.Span, code, message string) *Diagnostic {
	*l = append(*l, Diagnostic{Severity: s, Code: code, Span: span, Message: message})
	return &(*l)[len(*l)-1]
}

// HasErrors reports whether the list holds an Error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Errors gives those that are errors.
func (l List) Errors() List {
	return slices.DeleteFunc(slices.Clone(l), func(d Diagnostic) bool { return d.Severity != Error })
}

// Err is the list as an error, or nil when it holds no Error. errors.As with a
// *List gets the list back, warnings included. The result shares its memory
// with l.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return l
}

// Error gives the first error of the list and the number of the others, like
// "unknown instruction: COPPY, and 2 more errors"; a lone error has its hint.
func (l List) Error() string {
	first, n := -1, 0
	for i := range l {
		if l[i].Severity != Error {
			continue
		}
		if n++; first < 0 {
			first = i
		}
	}
	switch n {
	case 0:
		return "no errors"
	case 1:
		return l[first].Error()
	case 2:
		return clean(l[first].Message) + ", and 1 more error"
	}
	return fmt.Sprintf("%s, and %d more errors", clean(l[first].Message), n-1)
}

// Sort orders by file, start and severity, and leaves equals as they were. What
// has no place comes first.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Span.File, b.Span.File),
			cmp.Compare(a.Span.Start, b.Span.Start),
			cmp.Compare(a.Severity, b.Severity),
		)
	})
}

// Moved gives the diagnostics with spans in files whose ids are higher by so much, as
// source.Set.Join makes them.
func (l List) Moved(by source.FileID) List {
	move := func(s source.Span) source.Span {
		if !s.IsZero() {
			s.File += by
		}
		return s
	}
	out := slices.Clone(l)
	for i := range out {
		d := &out[i]
		d.Span = move(d.Span)
		d.Related, d.Fixes = slices.Clone(d.Related), slices.Clone(d.Fixes)
		for j := range d.Related {
			d.Related[j].Span = move(d.Related[j].Span)
		}
		for j := range d.Fixes {
			d.Fixes[j].Edits = slices.Clone(d.Fixes[j].Edits)
			for k := range d.Fixes[j].Edits {
				d.Fixes[j].Edits[k].Span.File += by // the zero span is no exception here
			}
		}
	}
	return out
}

// locate gives the file of a span and the span cut to the text of that file. It
// gives nil for a file that the set does not have: a wrong span must never turn
// an error message into a panic.
func locate(set *source.Set, s source.Span) (*source.File, source.Span) {
	if set == nil {
		return nil, s
	}
	f := set.File(s.File)
	if f == nil {
		return nil, s
	}
	size := uint32(len(f.Text))
	s.Start = min(s.Start, size)
	s.End = max(s.Start, min(s.End, size))
	return f, s
}

// place is locate for what a zero span says "no place" about.
func place(set *source.Set, s source.Span) (*source.File, source.Span) {
	if s.IsZero() {
		return nil, s
	}
	return locate(set, s)
}
