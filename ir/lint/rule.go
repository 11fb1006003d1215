package lint

import (
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Rule is one thing to look for. What it needs shows in which of its functions are set;
// where that is not to be had, the rule is silent.
type Rule struct {
	Name  string // like "StageNameCasing"
	Doc   string // what the rule wants, in one sentence
	URL   string // where to read about it; "" when there is no page
	Level Level

	Text   func(*Text, *Report)      // looks at the syntax tree
	Module func(*ir.Module, *Report) // looks at the ops, those of plugins among them
	Fact   func(plan.Fact, *Report)  // looks at one thing that planning found out
}

// Level says when a rule looks.
type Level uint8

const (
	Normal       Level = iota // unless the author skips it
	Experimental              // when the author asks for it
)

// On makes a Rule.Fact of a function that looks at one kind of facts.
func On[F plan.Fact](look func(F, *Report)) func(plan.Fact, *Report) {
	return func(fact plan.Fact, r *Report) {
		if f, ok := fact.(F); ok {
			look(f, r)
		}
	}
}

// Text is the syntax tree of a Dockerfile.
type Text struct {
	File         *lang.File
	Diags        diag.List          // of reading it
	Instructions []lang.Instruction // in front of the first error
	Whole        bool               // there is no error
}

func newText(file *lang.File, diags diag.List) *Text {
	t := &Text{File: file, Diags: diags, Instructions: file.Instructions(), Whole: !diags.HasErrors()}
	end := file.Span().End
	for _, d := range diags.Errors() {
		end = min(end, d.Span.Start)
	}
	for i, in := range t.Instructions {
		if in.Span().Start >= end {
			t.Instructions = t.Instructions[:i]
			break
		}
	}
	return t
}

// Report takes what a rule finds.
type Report struct {
	run  *run
	rule *Rule
}

// At reports what is wrong with what an origin goes back to. What a plugin made is no
// concern of the author's, and passed over.
func (r *Report) At(o *ir.Origin, message string) {
	if o == nil || o.By != "" && o.By != "onbuild" {
		return
	}
	spans := o.Spans()
	switch {
	case len(spans) == 0:
	case o.By != "": // the comments are about the FROM
		r.Span(spans[0], message)
	default:
		r.add(spans[0], r.run.comments[spans[0].Start], message)
	}
}

// Instruction reports what is wrong with an instruction.
func (r *Report) Instruction(in lang.Instruction, message string) {
	r.add(in.Span(), r.Comments(in), message)
}

// Span reports what is wrong at a place; no comment there skips the rule.
func (r *Report) Span(at source.Span, message string) { r.add(at, nil, message) }

// Comments are the lines above an instruction.
func (r *Report) Comments(in lang.Instruction) []string { return r.run.comments[in.Span().Start] }

func (r *Report) add(at source.Span, comments []string, message string) {
	if r.run.wants(r.rule, comments) {
		r.run.found = append(r.run.found, Finding{Rule: r.rule.Name, Description: r.rule.Doc, URL: r.rule.URL, Message: message, Span: at})
	}
}
