package buildkit

import (
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// The rules on spelling. Behind the first error nothing is looked at, and those that
// compare instructions want a file without one.

func emptyContinuation(t *lint.Text, r *lint.Report) {
	for _, d := range t.Diags {
		if d.Code == "empty-continuation" {
			last := source.Span{File: d.Span.File, Start: d.Span.End, End: d.Span.End} // BuildKit names its last line
			f := r.Span(last, linter.RuleNoEmptyContinuation.Format())
			f.Fix("remove the empty lines", diag.Graph, emptyLines(t, t.At(d.Span))...)
		}
	}
}

func maintainer(t *lint.Text, r *lint.Report) {
	for _, in := range t.Instructions {
		if in, ok := in.(*lang.Maintainer); ok {
			r.Instruction(in, linter.RuleMaintainerDeprecated.Format()).
				Fix("make it a label", diag.Intent, authors(t, in)...)
		}
	}
}

// named are the FROMs that give their stage a name.
func named(list []lang.Instruction) []*lang.From {
	var out []*lang.From
	for _, in := range list {
		if from, ok := in.(*lang.From); ok && from.As.Text != "" {
			out = append(out, from)
		}
	}
	return out
}

func stageCasing(t *lint.Text, r *lint.Report) {
	for _, in := range named(t.Instructions) {
		if name := in.As.Text; name != strings.ToLower(name) {
			r.Instruction(in, linter.RuleStageNameCasing.Format(name)).
				Fix("write the name in lower case", diag.Graph, rename(t, in, strings.ToLower(name))...)
		}
	}
}

func asCasing(t *lint.Text, r *lint.Report) {
	for _, in := range named(t.Instructions) {
		if from, as := in.Keyword.Text, asKeyword(in); !sameCase(from, as) {
			r.Instruction(in, linter.RuleFromAsCasing.Format(from, as)).
				Fix("write AS like FROM", diag.Graph, spellAs(t, in, from)...)
		}
	}
}

// asKeyword is the AS of a FROM as it is spelled: the word in front of the last.
func asKeyword(in *lang.From) string {
	words := strings.Fields(in.Code)
	if len(words) < 2 {
		return ""
	}
	return words[len(words)-2]
}

// sameCase tells whether AS is spelled like FROM. A FROM in mixed case is a matter of
// another rule.
func sameCase(from, as string) bool {
	switch from {
	case strings.ToLower(from):
		return as == strings.ToLower(as)
	case strings.ToUpper(from):
		return as == strings.ToUpper(as)
	}
	return true
}

// description checks that the comment above a stage or an argument starts with its name.
func description(t *lint.Text, r *lint.Report) {
	for _, in := range t.Instructions {
		keyword, names := defined(in)
		comments := r.Comments(in)
		if len(comments) == 0 || len(names) == 0 {
			continue
		}
		first, _, _ := strings.Cut(comments[len(comments)-1], " ")
		if slices.Contains(names, first) {
			continue
		}
		example := names[0]
		if len(names) > 1 {
			example = "<arg_key>"
		}
		r.Instruction(in, linter.RuleInvalidDefinitionDescription.Format(keyword, example)).
			Fix("say what the comment is about", diag.Graph, describe(t, in, names[0])...)
	}
}

// defined are the names that an instruction defines.
func defined(in lang.Instruction) (keyword string, names []string) {
	switch in := in.(type) {
	case *lang.From:
		if in.As.Text != "" {
			names = append(names, strings.ToLower(in.As.Text))
		}
		return "FROM", names
	case *lang.Arg:
		for _, p := range in.Pairs.List {
			names = append(names, p.Key.Text)
		}
	}
	return "ARG", names
}

func reservedName(t *lint.Text, r *lint.Report) {
	if !t.Whole {
		return
	}
	for _, from := range named(t.Instructions) {
		if name := strings.ToLower(from.As.Text); name == "context" || name == "scratch" {
			r.Span(from.At, linter.RuleReservedStageName.Format(name)).
				Fix("give the stage another name", diag.Intent, rename(t, from, unused(t, name+"-stage"))...)
		}
	}
}

func duplicateName(t *lint.Text, r *lint.Report) {
	if !t.Whole {
		return
	}
	seen := map[string]bool{}
	for _, from := range named(t.Instructions) {
		name := strings.ToLower(from.As.Text)
		if seen[name] {
			f := r.Span(from.At, linter.RuleDuplicateStageName.Format(name))
			if !referred(t, from) {
				f.Fix("give the stage another name", diag.Intent, t.Replace(from.As, unused(t, name+"-2"))...)
			}
		}
		seen[name] = true
	}
}

// casing compares how instructions are spelled with how most of them are. Those in
// front of the first FROM do not count.
func casing(t *lint.Text, r *lint.Report) {
	if !t.Whole {
		return
	}
	var list []lang.Instruction
	lower, upper := 0, 0
	for _, in := range t.Instructions {
		if _, from := in.(*lang.From); !from && len(list) == 0 {
			continue
		}
		list = append(list, in)
		switch word := in.Head().Keyword.Text; word {
		case strings.ToUpper(word):
			upper++
		case strings.ToLower(word):
			lower++
		}
	}
	for _, in := range list {
		h := in.Head()
		word := h.Keyword.Text
		want, wanted := strings.ToUpper(word), "uppercase"
		if lower > upper {
			want, wanted = strings.ToLower(word), "lowercase"
		}
		if word != want {
			r.Span(h.At, linter.RuleConsistentInstructionCasing.Format(word, wanted)).
				Fix("write it like the others", diag.Graph, spell(t, in, want)...)
		}
	}
}
