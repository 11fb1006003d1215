package lint

import (
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Rule is one thing to look for. What it needs shows in which of its functions are set;
// where that is not to be had, the rule is silent.
type Rule struct {
	Name  string // like "StageNameCasing"
	Doc   string // what the rule wants, in one sentence
	URL   string // where to read about it; "" when there is no page
	Level Level
	// Severity is that of findings, where the configuration has no other. It is never an
	// error of the compiler, whatever its value.
	Severity diag.Severity
	Tags     []string // sorted: what it is about, like "security" and "cache"
	// Same is the rule of another tool that says the same, "" is none: where both find
	// something in one instruction it is one finding, of the other, which has this name, too.
	Same string
	// Strict says that what the rule finds ends a build where the check directive asks for that.
	Strict bool

	Text   func(*Text, *Report)      // looks at the syntax tree
	View   func(*View, *Report)      // looks at all stages
	Step   func(*Step, *Report)      // looks at one step, also at the trigger of an ONBUILD
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
	All          []lang.Instruction // of the file
	Instructions []lang.Instruction // in front of the first error
	Whole        bool               // there is no error

	comments map[uint32][]string // above the instruction that starts there
	newline  string              // "" until a rule asks

	sharing
}

func newText(file *lang.File, diags diag.List) *Text {
	t := &Text{File: file, Diags: diags, All: file.Instructions(), Whole: !diags.HasErrors(), comments: file.Comments()}
	t.Instructions = t.All
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

// Page is where the page of one of our rules is.
func Page(name string) string {
	return "https://github.com/seed-e0495807/strake/blob/main/docs/rules/" + name + ".md"
}
