package buildkit

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// What the fixes of the rules on spelling do. None gives an edit where the text does not stand in
// the file as it counts.

func emptyLines(t *lint.Text, in lang.Instruction) (edits []diag.Edit) {
	if in == nil {
		return nil
	}
	for _, trivia := range t.File.Trivia(in) {
		if trivia.Kind == lang.InnerBlank {
			edits = append(edits, diag.Edit{Span: trivia.At})
		}
	}
	return edits
}

// authors makes a LABEL of a MAINTAINER, whose text has no variables.
func authors(t *lint.Text, in *lang.Maintainer) []diag.Edit {
	if !t.Has(in.Name) || !t.Has(in.Keyword) {
		return nil
	}
	var value strings.Builder
	for i := range len(in.Name.Text) {
		if c := in.Name.Text[i]; c == '"' || c == '$' || c == t.File.Escape {
			value.WriteByte(t.File.Escape)
		}
		value.WriteByte(in.Name.Text[i])
	}
	return []diag.Edit{
		{Span: in.Keyword.At, New: lint.Like(in.Keyword.Text, "LABEL")},
		{Span: in.Name.At, New: `org.opencontainers.image.authors="` + value.String() + `"`},
	}
}

// rename gives a stage another name, there and where it is named.
func rename(t *lint.Text, stage *lang.From, name string) []diag.Edit {
	edits := t.Replace(stage.As, name)
	if len(edits) == 0 {
		return nil
	}
	same := strings.EqualFold(name, stage.As.Text)
	for _, ref := range references(t, stage) {
		edit := t.Replace(ref, name)
		if len(edit) == 0 && !same {
			return nil
		}
		edits = append(edits, edit...)
	}
	return edits
}

// references are the words behind a stage that name it. One that is not known, as with a variable
// in it, has no place.
func references(t *lint.Text, stage *lang.From) (list []lang.Word) {
	name := strings.ToLower(stage.As.Text)
	for _, in := range behind(t, stage) {
		if on, ok := in.(*lang.Onbuild); ok && on.Trigger != nil {
			in = on.Trigger
		}
		switch in := in.(type) {
		case *lang.From:
			if in.Base.Text == name && name != "scratch" {
				list = append(list, in.Base)
			}
			if strings.Contains(in.Base.Text, "$") {
				list = append(list, lang.Word{})
			}
		case *lang.Copy:
			for _, f := range in.Flags {
				if f.Name == "from" && strings.EqualFold(f.Value, name) {
					list = append(list, valueOf(f, f.Value))
				}
			}
		case *lang.Run:
			for _, f := range in.Flags {
				list = append(list, mountOf(f, name)...)
			}
		}
	}
	return list
}

// behind are the instructions behind a stage's FROM.
func behind(t *lint.Text, stage *lang.From) []lang.Instruction {
	i := slices.Index(t.Instructions, lang.Instruction(stage))
	return t.Instructions[i+1:]
}

// valueOf is the end of a flag.
func valueOf(f lang.Flag, value string) lang.Word {
	at := f.At
	if at.Len() < len(value) {
		return lang.Word{Text: value}
	}
	at.Start = at.End - uint32(len(value))
	return lang.Word{Text: value, Place: lang.Place{At: at}}
}

// mountOf are the names in a --mount that are that of a stage.
func mountOf(f lang.Flag, name string) (list []lang.Word) {
	if f.Name != "mount" {
		return nil
	}
	start := 0
	for field := range strings.SplitSeq(f.Value, ",") {
		key, value, _ := strings.Cut(field, "=")
		if strings.EqualFold(key, "from") && strings.EqualFold(value, name) {
			word := valueOf(f, f.Value[start+len(key)+1:])
			word.Text, word.At.End = value, word.At.Start+uint32(len(value))
			list = append(list, word)
		}
		start += len(field) + 1
	}
	return list
}

// unused is a name that no stage has.
func unused(t *lint.Text, name string) string {
	for slices.ContainsFunc(named(t.Instructions), func(from *lang.From) bool { return strings.EqualFold(from.As.Text, name) }) {
		name += "x"
	}
	return name
}

// referred tells whether something names a stage, or may.
func referred(t *lint.Text, stage *lang.From) bool { return len(references(t, stage)) > 0 }

// asWord is the AS of a FROM, where that stands in one line.
func asWord(t *lint.Text, in *lang.From) (source.Span, bool) {
	if !t.Has(in.Base) || !t.Has(in.As) {
		return source.Span{}, false
	}
	at := source.Span{File: in.At.File, Start: in.Base.At.End, End: in.As.At.Start}
	between := t.File.Source.Slice(at)
	if !strings.EqualFold(strings.TrimSpace(between), "as") {
		return source.Span{}, false
	}
	at.Start += uint32(len(between) - len(strings.TrimLeft(between, " \t")))
	at.End = at.Start + 2
	return at, true
}

func spellAs(t *lint.Text, in *lang.From, from string) []diag.Edit {
	at, ok := asWord(t, in)
	if !ok {
		return nil
	}
	return []diag.Edit{{Span: at, New: lint.Like(from, "AS")}}
}

// spell writes a keyword in another case, and an AS like its FROM.
func spell(t *lint.Text, in lang.Instruction, keyword string) []diag.Edit {
	edits := t.Replace(in.Head().Keyword, keyword)
	if from, ok := in.(*lang.From); ok && len(edits) > 0 && from.As.Text != "" {
		edits = append(edits, spellAs(t, from, keyword)...)
	}
	return edits
}

// describe has the comment above a definition start with its name. Of several lines nobody knows
// which is about it: an empty one ends them.
func describe(t *lint.Text, in lang.Instruction, name string) []diag.Edit {
	i := slices.IndexFunc(t.File.Items, func(item lang.Item) bool { return item == lang.Item(in) })
	var last *lang.Comment
	lines, told := 0, false
	for i--; i >= 0; i-- {
		c, ok := t.File.Items[i].(*lang.Comment)
		if !ok || strings.TrimSpace(c.Text) == "" {
			break
		}
		if last == nil {
			last = c
		}
		lines++
		told = told || strings.Contains(c.Text, "=") || strings.HasPrefix(strings.TrimSpace(c.Text), "strake:")
	}
	switch {
	case last == nil || told: // that is said to a tool, maybe
		return nil
	case lines > 1:
		return []diag.Edit{lint.Insert(last.At, t.Newline()+"#")}
	}
	at := last.At
	at.Start = at.End - uint32(len(strings.TrimLeft(last.Text, " \t")))
	return []diag.Edit{lint.Before(at, name+" ")}
}
