package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Word is a word of a command.
type Word struct {
	Text       string // its value when that is known, else as written; wildcards stand as they are
	Known      bool   // no variable or substitution is in it
	Start, End int    // in Script.Text; -1 where there is none

	node *syntax.Word
}

// Value gives the word with variables of a lookup expanded. It is false when there are
// others, or what is more than a plain "$NAME". A tilde is HOME.
func (w Word) Value(lookup func(name string) (string, bool)) (string, bool) {
	if w.Known {
		if rest, ok := strings.CutPrefix(w.Text, "~"); ok && (rest == "" || rest[0] == '/') {
			home, ok := lookup("HOME")
			return home + rest, ok
		}
		return w.Text, true
	}
	if w.node == nil {
		return "", false
	}
	text, ok := value(w.node.Parts, false, lookup)
	if !ok {
		return "", false
	}
	return text, true
}

// Variable is the name of the only variable that a word is of, and tells whether that is
// quoted. It is false of other words.
func (w Word) Variable() (name string, quoted, ok bool) {
	if w.node == nil || len(w.node.Parts) != 1 {
		return "", false, false
	}
	part := w.node.Parts[0]
	if q, is := part.(*syntax.DblQuoted); is && len(q.Parts) == 1 {
		part, quoted = q.Parts[0], true
	}
	p, ok := part.(*syntax.ParamExp)
	if !ok || !plain(p) {
		return "", false, false
	}
	return p.Param.Value, quoted, true
}

// Variables are the names of those that a word has.
func (w Word) Variables() (names []string) {
	if w.node != nil {
		Walk(w.node, func(n syntax.Node) bool {
			if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil {
				names = append(names, p.Param.Value)
			}
			return true
		})
	}
	return names
}

// Syntax is the node of a word in one of the trees; nil when it has none.
func (w Word) Syntax() *syntax.Word { return w.node }

// Lit is the text of a word that is known, "" of others.
func (w Word) Lit() string {
	if w.Known {
		return w.Text
	}
	return ""
}

// word makes a word; one of a nested script has no place.
func word(w *syntax.Word, text string, nested bool) Word {
	out := newWord(w, text)
	if nested {
		out.Start, out.End = -1, -1
	}
	return out
}

func newWord(w *syntax.Word, text string) Word {
	out := Word{Start: int(w.Pos().Offset()), End: int(w.End().Offset()), node: w}
	if out.Text, out.Known = value(w.Parts, false, nil); !out.Known && out.End <= len(text) {
		out.Text = text[out.Start:out.End]
	}
	return out
}

// WordOf is a word of a tree. Without its text, one that is not known has what Ends has first.
func WordOf(w *syntax.Word) Word {
	if w == nil {
		return Word{Known: true, Start: -1, End: -1}
	}
	return newWord(w, "")
}

// Head is a word up to the first part that is not known, with variables of a lookup expanded, and
// tells whether that is all of it.
func (w Word) Head(lookup func(name string) (string, bool)) (string, bool) {
	if w.node == nil {
		return w.Lit(), w.Known
	}
	return value(w.node.Parts, false, lookup)
}

// Ends are what is known of the start and of the end of a word: all of it and nothing when it is
// known.
func (w Word) Ends() (head, tail string) {
	switch {
	case w.Known:
		return w.Text, ""
	case w.node == nil:
		return "", ""
	}
	head, _ = value(w.node.Parts, false, nil)
	return head, end(w.node.Parts, false)
}

// end is what is known of the end of a word that is not.
func end(parts []syntax.WordPart, quoted bool) (text string) {
	for i := len(parts) - 1; i >= 0; i-- {
		rest, known := value(parts[i:i+1], quoted, nil)
		if !known {
			if q, ok := parts[i].(*syntax.DblQuoted); ok && !q.Dollar {
				return end(q.Parts, true) + text
			}
			return text
		}
		text = rest + text
	}
	return text
}

// value puts a word together, up to what is not known. Without a lookup it has no variables.
func value(parts []syntax.WordPart, quoted bool, lookup func(string) (string, bool)) (string, bool) {
	if len(parts) == 1 {
		if lit, ok := parts[0].(*syntax.Lit); ok && (lookup == nil || quoted) {
			return unescape(lit.Value, quoted), true // as most are
		}
	}
	var b strings.Builder
	for i, p := range parts {
		text, ok := "", true
		switch p := p.(type) {
		case *syntax.Lit:
			text = p.Value
			if rest, home := strings.CutPrefix(text, "~/"); home && i == 0 && !quoted && lookup != nil {
				if text, ok = lookup("HOME"); !ok {
					return "", false
				}
				b.WriteString(text + "/")
				text = rest
			}
			text = unescape(text, quoted)
		case *syntax.SglQuoted:
			text, ok = p.Value, !p.Dollar
		case *syntax.DblQuoted:
			if ok = !p.Dollar; ok {
				text, ok = value(p.Parts, true, lookup)
			}
		case *syntax.ParamExp:
			if ok = lookup != nil && plain(p); ok {
				text, ok = lookup(p.Param.Value)
			}
		default:
			ok = false
		}
		if _, quotes := p.(*syntax.DblQuoted); ok || quotes {
			b.WriteString(text)
		}
		if !ok {
			return b.String(), false
		}
	}
	return b.String(), true
}

// plain tells "$NAME" and "${NAME}".
func plain(p *syntax.ParamExp) bool {
	return p.Param != nil && p.Exp == nil && p.Repl == nil && p.Slice == nil && p.Index == nil && !p.Length && !p.Excl && p.Names == 0
}

// unescape resolves backslashes. In double quotes they count in front of some bytes only.
func unescape(text string, quoted bool) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && (!quoted || strings.IndexByte("$`\"\\", text[i+1]) >= 0) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// several tells whether a shell may put several words, or none, in the place of one that is there.
func (w Word) several() bool {
	if w.Known || w.Text == "" {
		return false
	}
	if w.node == nil || len(w.node.Parts) != 1 {
		return true
	}
	_, quoted := w.node.Parts[0].(*syntax.DblQuoted)
	return !quoted || slices.Contains(w.Variables(), "@")
}
