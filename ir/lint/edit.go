package lint

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Text is the syntax tree of the file that the rules look at.
func (r *Report) Text() *Text { return r.run.text }

// View is what the author wrote, stage by stage, for a rule that looks at something else.
func (r *Report) View() *View { return r.run.theView() }

// Node is the instruction that an origin goes back to; nil where the author wrote none. That of
// the trigger of an ONBUILD is the FROM that brings it.
func (r *Report) Node(o *ir.Origin) lang.Instruction {
	spans := o.Spans()
	if len(spans) == 0 || o.By != "" && o.By != "onbuild" {
		return nil
	}
	return r.run.text.At(spans[0])
}

// At is the instruction that has just this place; nil when there is none.
func (t *Text) At(at source.Span) lang.Instruction {
	i, ok := slices.BinarySearchFunc(t.All, at.Start, func(in lang.Instruction, start uint32) int { return cmp.Compare(in.Span().Start, start) })
	if ok && t.All[i].Span() == at {
		return t.All[i]
	}
	return nil
}

// StepOf is the step of an instruction of the file; nil of a FROM, and of an ARG in front of it.
func (v *View) StepOf(in lang.Instruction) *Step {
	i, ok := slices.BinarySearchFunc(v.steps, in.Span().Start, func(s *Step, start uint32) int { return cmp.Compare(s.Node.Span().Start, start) })
	if ok && v.steps[i].Node == in {
		return v.steps[i]
	}
	return nil
}

// Has tells whether a word stands in the file as it counts, in one piece.
func (t *Text) Has(w lang.Word) bool {
	return !w.At.IsZero() && int(w.At.End) <= len(t.File.Source.Text) && t.File.Source.Slice(w.At) == w.Text
}

// Replace puts a text in the place of a word. There is no edit where that does not stand in the
// file as it counts.
func (t *Text) Replace(w lang.Word, text string) []diag.Edit {
	if !t.Has(w) {
		return nil
	}
	return []diag.Edit{{Span: w.At, New: text}}
}

// Insert puts a text behind what ends at a place.
func Insert(behind source.Span, text string) diag.Edit {
	return diag.Edit{Span: source.Span{File: behind.File, Start: behind.End, End: behind.End}, New: text}
}

// Before puts a text in front of what starts at a place.
func Before(at source.Span, text string) diag.Edit {
	return diag.Edit{Span: source.Span{File: at.File, Start: at.Start, End: at.Start}, New: text}
}

// Remove takes the lines of an instruction out.
func (t *Text) Remove(in lang.Instruction) []diag.Edit {
	at, text := in.Span(), t.File.Source.Text
	if at.IsZero() || int(at.End) > len(text) {
		return nil
	}
	start := strings.LastIndexByte(text[:at.Start], '\n') + 1
	if strings.TrimSpace(text[start:at.Start]) == "" {
		at.Start = uint32(start)
	}
	if end := int(at.End); end > 0 && text[end-1] != '\n' {
		if i := strings.IndexByte(text[end:], '\n'); i >= 0 && strings.TrimSpace(text[end:end+i]) == "" {
			at.End = uint32(end + i + 1)
		}
	}
	return []diag.Edit{{Span: at}}
}

// Flag is the first flag of a name.
func Flag(in lang.Instruction, name string) (lang.Flag, bool) {
	flags := in.Head().Flags
	if i := slices.IndexFunc(flags, func(f lang.Flag) bool { return f.Name == name }); i >= 0 {
		return flags[i], true
	}
	return lang.Flag{}, false
}

// RemoveFlag takes a flag of an instruction out, with the blanks behind it. There is no edit where
// it does not stand in one piece.
func (t *Text) RemoveFlag(f lang.Flag) []diag.Edit {
	at, text := f.At, t.File.Source.Text
	want := "--" + f.Name
	if f.HasValue {
		want += "=" + f.Value
	}
	if !t.Has(lang.Word{Text: want, Place: lang.Place{At: at}}) {
		return nil
	}
	for int(at.End) < len(text) && (text[at.End] == ' ' || text[at.End] == '\t') {
		at.End++
	}
	return []diag.Edit{{Span: at}}
}

// Newline is what lines of the file end with.
func (t *Text) Newline() string {
	if t.newline == "" {
		if t.newline = "\n"; strings.Contains(t.File.Source.Text, "\r\n") {
			t.newline = "\r\n"
		}
	}
	return t.newline
}

// FixPin has a finding about the image of a stage fixed by its digest, which is told; where that is not
// known, how to get it is.
func FixPin(f *Finding, s *Stage) {
	edits := s.Pin()
	if len(edits) == 0 {
		if f.Hint == "" {
			f.Hint = "its digest is not known here: strake pin asks the registry for it"
		}
		return
	}
	f.Hint = "it is " + s.Digest() + " now"
	f.Fix("name the image that it is now by its digest", diag.Intent, edits...)
}

// Like spells a keyword, which is given in capitals, in the case of another.
func Like(word, keyword string) string {
	if word == strings.ToLower(word) {
		return strings.ToLower(keyword)
	}
	return keyword
}

// Mentions tells whether an instruction has a word in it, also in its here documents.
func Mentions(in lang.Instruction, word string) bool {
	if mentions(in.Head().Code, word) {
		return true
	}
	return slices.ContainsFunc(in.Head().Heredocs, func(d lang.Heredoc) bool { return mentions(d.Body.Text, word) })
}

// Names are the longest words of bytes of names in an instruction, also in its here documents.
func Names(in lang.Instruction) iter.Seq[string] {
	return func(yield func(string) bool) {
		names := func(text string) bool {
			for i := 0; i < len(text); i++ {
				start := i
				for i < len(text) && NameByte(text[i]) {
					i++
				}
				if i > start && !yield(text[start:i]) {
					return false
				}
			}
			return true
		}
		if !names(in.Head().Code) {
			return
		}
		for _, d := range in.Head().Heredocs {
			if !names(d.Body.Text) {
				return
			}
		}
	}
}

func mentions(text, word string) bool {
	for i := 0; ; {
		j := strings.Index(text[i:], word)
		if j < 0 {
			return false
		}
		start, end := i+j, i+j+len(word)
		if (start == 0 || !NameByte(text[start-1])) && (end == len(text) || !NameByte(text[end])) {
			return true
		}
		i = end
	}
}

// NameByte tells the bytes of names of variables.
func NameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
