package lint

import (
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// text looks at how a file is spelled. Behind its first error nothing is looked at, and
// the rules that compare instructions want a file without one.
func (l *Linter) text(file *lang.File, diags diag.List) {
	whole := !diags.HasErrors()
	end := file.Span().End
	for _, d := range diags {
		if d.Severity == diag.Error {
			end = min(end, d.Span.Start)
		}
		if d.Code == "empty-continuation" {
			last := source.Span{File: d.Span.File, Start: d.Span.End, End: d.Span.End} // BuildKit names its last line
			add(l, &linter.RuleNoEmptyContinuation, nil, last, linter.RuleNoEmptyContinuation.Format())
		}
	}
	for _, in := range file.Instructions() {
		if in.Span().Start >= end {
			break
		}
		l.instruction(in)
	}
	if whole {
		l.names(file)
		l.casing(file)
	}
}

func (l *Linter) instruction(in lang.Instruction) {
	comments := l.comments[in.Span().Start]
	switch in := in.(type) {
	case *lang.Maintainer:
		add(l, &linter.RuleMaintainerDeprecated, comments, in.At, linter.RuleMaintainerDeprecated.Format())
	case *lang.From:
		l.from(in, comments)
	case *lang.Arg:
		var names []string
		for _, p := range in.Pairs {
			names = append(names, p.Key.Text)
		}
		l.described("ARG", names, comments, in.At)
	}
}

func (l *Linter) from(in *lang.From, comments []string) {
	name := in.As.Text
	if name == "" {
		return
	}
	if name != strings.ToLower(name) {
		add(l, &linter.RuleStageNameCasing, comments, in.At, linter.RuleStageNameCasing.Format(name))
	}
	if from, as := in.Keyword.Text, asKeyword(in); !sameCase(from, as) {
		add(l, &linter.RuleFromAsCasing, comments, in.At, linter.RuleFromAsCasing.Format(from, as))
	}
	l.described("FROM", []string{strings.ToLower(name)}, comments, in.At)
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

// described checks that the comment above a stage or an argument starts with its name.
func (l *Linter) described(keyword string, names, comments []string, at source.Span) {
	if len(comments) == 0 || len(names) == 0 {
		return
	}
	first, _, _ := strings.Cut(comments[len(comments)-1], " ")
	if slices.Contains(names, first) {
		return
	}
	example := names[0]
	if len(names) > 1 {
		example = "<arg_key>"
	}
	add(l, &linter.RuleInvalidDefinitionDescription, comments, at, linter.RuleInvalidDefinitionDescription.Format(keyword, example))
}

func (l *Linter) names(file *lang.File) {
	seen := map[string]bool{}
	for _, in := range file.Instructions() {
		from, ok := in.(*lang.From)
		if !ok || from.As.Text == "" {
			continue
		}
		name := strings.ToLower(from.As.Text)
		if name == "context" || name == "scratch" {
			add(l, &linter.RuleReservedStageName, nil, from.At, linter.RuleReservedStageName.Format(name))
		}
		if seen[name] {
			add(l, &linter.RuleDuplicateStageName, nil, from.At, linter.RuleDuplicateStageName.Format(name))
		}
		seen[name] = true
	}
}

// casing compares how instructions are spelled with how most of them are. Those in
// front of the first FROM do not count.
func (l *Linter) casing(file *lang.File) {
	var list []*lang.Header
	lower, upper := 0, 0
	for _, in := range file.Instructions() {
		if _, from := in.(*lang.From); !from && len(list) == 0 {
			continue
		}
		list = append(list, in.Head())
		switch word := in.Head().Keyword.Text; word {
		case strings.ToLower(word):
			lower++
		case strings.ToUpper(word):
			upper++
		}
	}
	for _, h := range list {
		word := h.Keyword.Text
		want, wanted := strings.ToUpper(word), "uppercase"
		if lower > upper {
			want, wanted = strings.ToLower(word), "lowercase"
		}
		if word != want {
			add(l, &linter.RuleConsistentInstructionCasing, nil, h.At, linter.RuleConsistentInstructionCasing.Format(word, wanted))
		}
	}
}
