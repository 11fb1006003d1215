package plan

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/words"
)

func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// located is an error about a piece of an instruction.
type located struct {
	text string // as it is spelled there
	err  error
}

func (l *located) Error() string { return l.err.Error() }
func (l *located) Unwrap() error { return l.err }

// about says which text of the instruction an error is about, so that no more
// than that is marked. The innermost text counts.
func about(text string, err error) error {
	var l *located
	if err == nil || text == "" || errors.As(err, &l) {
		return err
	}
	return &located{text, err}
}

// wrong is an error with a code of its own and the next step to take. What it says
// may take arguments.
func wrong(code, hint, format string, args ...any) error {
	return diag.List{{Code: code, Hint: hint, Message: fmt.Sprintf(format, args...)}}
}

func (p *planner) failed() bool { return p.diags.HasErrors() }

// fail records an error of the author at the place that an origin goes back to.
// An error that is a diag.List or a diag.Diagnostic keeps its codes and hints.
func (p *planner) fail(o *ir.Origin, code string, err error) *diag.Diagnostic {
	word, isWord := errors.AsType[*words.Error](err)
	if isWord {
		err = &located{word.Part, err}
	}
	span := p.place(o, err)
	if errors.Is(err, words.ErrBudget) {
		err = errSpent
	}
	var list diag.List
	var one diag.Diagnostic
	if !errors.As(err, &list) && errors.As(err, &one) {
		list = diag.List{one}
	}
	if len(list) == 0 {
		d := p.diags.Errorf(span, code, "%v", err)
		if isWord {
			d.Hint = word.Help
		}
		return d
	}
	for _, d := range list {
		if d.Span.IsZero() {
			d.Span = span
		}
		d.Code = cmp.Or(d.Code, code)
		p.diags.Add(d)
	}
	return &p.diags[len(p.diags)-1]
}

// place finds the text that an error is about in what an origin goes back to, or
// else gives all of that.
func (p *planner) place(o *ir.Origin, err error) source.Span {
	spans := o.Spans()
	if len(spans) == 0 {
		return source.Span{}
	}
	span := spans[0]
	if int(span.File) >= len(p.mod.Files) {
		return span
	}
	text := p.mod.Files[span.File].Text
	if int(span.End) > len(text) || span.Start > span.End {
		return span
	}
	// A part that is spelled otherwise there leaves it to what it is a part of.
	for l := (*located)(nil); errors.As(err, &l); err = l.err {
		if i := strings.Index(text[span.Start:span.End], l.text); i >= 0 {
			span.Start += uint32(i)
			span.End = span.Start + uint32(len(l.text))
			break
		}
	}
	return span
}
