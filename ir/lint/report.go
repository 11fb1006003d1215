package lint

import (
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Finding is what a rule found.
type Finding struct {
	Rule        string   // its name, like "StageNameCasing"
	Also        []string // names of rules of other tools that say the same, sorted
	Description string   // of the rule
	URL         string   // where to read about the rule; "" when there is no page
	Message     string   // what is wrong here
	Hint        string   // what to do about it; "" where the message says so
	Severity    diag.Severity
	Span        source.Span
	Fixes       []diag.Fix // alternatives

	instruction source.Span // that it is about; zero when it is about none
	same        string      // of the rule, like strict
	strict      bool
}

// Strict is that of its rule.
func (f *Finding) Strict() bool { return f.strict }

// Fix adds a fix that keeps what the second argument says; diag.Intent is for those who ask
// for it only. Without edits, as where the text does not stand in the file as it is read, it
// adds none.
func (f *Finding) Fix(message string, keeps diag.Keeps, edits ...diag.Edit) *Finding {
	if len(edits) > 0 {
		f.Fixes = append(f.Fixes, diag.Fix{Message: message, Edits: edits, Safe: keeps != diag.Intent, Keeps: keeps})
	}
	return f
}

// Report takes what a rule finds. What its methods give is the finding, to add fixes to.
type Report struct {
	run  *run
	rule *Rule
}

// As is the report of a rule of another name: one rule may have a program look that has many.
func (r *Report) As(name, url string, severity diag.Severity) *Report {
	rule := *r.rule
	rule.Name, rule.URL, rule.Severity, rule.Doc, rule.Same = name, url, severity, "", ""
	return &Report{r.run, &rule}
}

// At reports what is wrong with what an origin goes back to. What a plugin made is no
// concern of the author's, and passed over.
func (r *Report) At(o *ir.Origin, message string) *Finding {
	if o == nil || o.By != "" && o.By != "onbuild" {
		return &Finding{}
	}
	spans := o.Spans()
	switch {
	case len(spans) == 0:
		return &Finding{}
	case o.By != "": // the comments are about the FROM
		return r.Span(spans[0], message)
	}
	return r.add(spans[0], spans[0], r.run.text.comments[spans[0].Start], message)
}

// Instruction reports what is wrong with an instruction.
func (r *Report) Instruction(in lang.Instruction, message string) *Finding {
	return r.add(in.Span(), in.Span(), r.Comments(in), message)
}

// Within reports what is wrong at a place in an instruction.
func (r *Report) Within(in lang.Instruction, at source.Span, message string) *Finding {
	return r.add(at, in.Span(), r.Comments(in), message)
}

// Step reports what is wrong with the instruction of a step.
func (r *Report) Step(s *Step, message string) *Finding {
	return r.Within(s.Outer, s.Node.Span(), message)
}

// Stage reports what is wrong with the FROM of a stage.
func (r *Report) Stage(s *Stage, message string) *Finding {
	if s.Node == nil {
		return &Finding{}
	}
	return r.Instruction(s.Node, message)
}

// Command reports what is wrong with a command of a script, where it stands.
func (r *Report) Command(s *Script, c *shell.Command, message string) *Finding {
	return r.Within(s.Step.Outer, s.At(c), message)
}

// Word reports what is wrong with a word of a script, where it stands.
func (r *Report) Word(s *Script, c *shell.Command, w shell.Word, message string) *Finding {
	at, ok := s.Span(w.Start, w.End)
	if !ok || c != nil && c.Nested {
		if c == nil {
			return r.Step(s.Step, message)
		}
		return r.Command(s, c, message)
	}
	return r.Within(s.Step.Outer, at, message)
}

// Span reports what is wrong at a place; no comment there skips the rule.
func (r *Report) Span(at source.Span, message string) *Finding {
	return r.add(at, source.Span{}, nil, message)
}

// Comments are the lines above an instruction.
func (r *Report) Comments(in lang.Instruction) []string { return r.run.text.comments[in.Span().Start] }

func (r *Report) add(at, instruction source.Span, comments []string, message string) *Finding {
	f := &Finding{Rule: r.rule.Name, Description: r.rule.Doc, URL: r.rule.URL, Message: message, Severity: r.rule.Severity,
		Span: at, instruction: instruction, same: r.rule.Same, strict: r.rule.Strict}
	if r.run.wants(r.rule, comments) {
		r.run.found = append(r.run.found, f)
	}
	return f
}
