package buildkit

import (
	"cmp"
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
	for _, of := range namesOf(t).of(stage) {
		i, _ := slices.BinarySearchFunc(of, stage.At.End, func(r reference, at uint32) int { return cmp.Compare(r.at, at) })
		for _, r := range of[i:] {
			list = append(list, r.word)
		}
	}
	return list
}

// referred tells whether something names a stage, or may.
func referred(t *lint.Text, stage *lang.From) bool {
	return slices.ContainsFunc(namesOf(t).of(stage), func(of []reference) bool { return len(of) > 0 && of[len(of)-1].at >= stage.At.End })
}

// names are the names of stages, and where something names them, in lower case.
type names struct {
	taken    map[string]bool
	referred map[string][]reference
	unknown  []reference
}

// reference is a word that names a stage, in an instruction that starts there.
type reference struct {
	at   uint32
	word lang.Word
}

// of are the references of the name of a stage, and those that are not known.
func (all *names) of(stage *lang.From) [][]reference {
	return [][]reference{all.referred[strings.ToLower(stage.As.Text)], all.unknown}
}

type namesKey struct{}

// namesOf are those of a text, found once.
func namesOf(t *lint.Text) *names {
	return t.Share(namesKey{}, func() any {
		all := &names{map[string]bool{}, map[string][]reference{}, nil}
		for _, from := range named(t.Instructions) {
			all.taken[strings.ToLower(from.As.Text)] = true
		}
		for _, in := range t.Instructions {
			all.refer(in, in.Span().Start)
		}
		return all
	}).(*names)
}

// refer notes what an instruction names.
func (all *names) refer(in lang.Instruction, at uint32) {
	note := func(name string, word lang.Word) {
		if name = strings.ToLower(name); all.taken[name] {
			all.referred[name] = append(all.referred[name], reference{at, word})
		}
	}
	switch in := in.(type) {
	case *lang.Onbuild:
		if in.Trigger != nil {
			all.refer(in.Trigger, at)
		}
	case *lang.From:
		if base := in.Base.Text; strings.Contains(base, "$") {
			all.unknown = append(all.unknown, reference{at, lang.Word{}})
		} else if base != "scratch" && base == strings.ToLower(base) {
			note(base, in.Base)
		}
	case *lang.Copy:
		for _, f := range in.Flags {
			if f.Name == "from" {
				note(f.Value, valueOf(f, f.Value))
			}
		}
	case *lang.Run:
		for _, f := range in.Flags {
			mountsOf(f, note)
		}
	}
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

// mountsOf are the names of stages that a --mount may have.
func mountsOf(f lang.Flag, note func(name string, word lang.Word)) {
	if f.Name != "mount" {
		return
	}
	start := 0
	for field := range strings.SplitSeq(f.Value, ",") {
		key, value, _ := strings.Cut(field, "=")
		if strings.EqualFold(key, "from") {
			word := valueOf(f, f.Value[min(start+len(key)+1, len(f.Value)):])
			word.Text, word.At.End = value, word.At.Start+uint32(len(value))
			note(value, word)
		}
		start += len(field) + 1
	}
}

// unused is a name that no stage has.
func unused(t *lint.Text, name string) string {
	for namesOf(t).taken[strings.ToLower(name)] {
		name += "x"
	}
	return name
}

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
