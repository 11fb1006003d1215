package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Options are those of a program that are known, in the form of getopt_long(3). A long option
// that is short of its end is not: it may be that of another.
type Options struct {
	Flags    string   // letters of options without a value
	Values   string   // of those with one, in the same word or the next
	Attached string   // of those with one in the same word, or none
	Long     []string // long options; "x=" takes a value, another may have one behind "="
}

// Option is one that a command is given.
type Option struct {
	Name  string // without dashes
	Value Word
}

// Parse reads the arguments of a command. It is false where a word is no option that is known,
// or nobody knows whether it is one. Options end at the first operand, or are mixed with them.
func (o Options) Parse(args []Word, mixed bool) (given []Option, operands []Word, ok bool) {
	for len(args) > 0 {
		w := args[0]
		first, known := w.first()
		switch {
		case !known:
			return nil, nil, false
		case w.Text == "--":
			return given, join(operands, args[1:]), true
		case first == '-' && w.Text != "-":
			n := 0
			if given, n = o.read(given, args); n == 0 {
				return nil, nil, false
			}
			args = args[n:]
		case !mixed:
			return given, join(operands, args), true
		default:
			n := 1
			for n < len(args) && !args[n].MayBeOption() {
				n++
			}
			operands = join(operands, args[:n])
			args = args[n:]
		}
	}
	return given, operands, true
}

// join puts words behind others. Most commands have theirs in one piece, of which there is no copy.
func join(words, more []Word) []Word {
	if len(words) == 0 {
		return slices.Clip(more)
	}
	return append(words, more...)
}

// MayBeOption tells a word that starts with a dash, or that may for all that is known.
func (w Word) MayBeOption() bool {
	first, known := w.first()
	return !known || first == '-'
}

// first is the first byte of a word, 0 when it is empty. It is false when that depends on a
// variable, a substitution or braces.
func (w Word) first() (byte, bool) {
	text := w.Text
	if !w.Known {
		text = strings.TrimLeft(text, `"`)
	}
	switch {
	case text == "":
		return 0, w.Known
	case !w.Known && strings.IndexByte("$`'\\", text[0]) >= 0, w.Braces():
		return 0, false
	}
	return text[0], true
}

// Braces tells whether bash may put several words in the place of one that starts with a brace.
func (w Word) Braces() bool {
	if w.node == nil || len(w.node.Parts) == 0 {
		return false
	}
	lit, ok := w.node.Parts[0].(*syntax.Lit)
	return ok && strings.HasPrefix(lit.Value, "{") && w.Text != "{}"
}

// read puts the options of a word behind others, and tells how many words they take with a value, 0
// when one is not known.
func (o Options) read(list []Option, words []Word) ([]Option, int) {
	w := words[0]
	rest := func(text string) Word { return Word{Text: text, Known: w.Known, Start: -1, End: -1} }
	if long, ok := strings.CutPrefix(w.Text, "--"); ok {
		name, value, joined := strings.Cut(long, "=")
		switch takes := slices.Contains(o.Long, name+"="); {
		case long == "", joined && takes, slices.Contains(o.Long, name):
			return append(list, Option{name, rest(value)}), 1
		case takes && len(words) > 1:
			return append(list, Option{name, words[1]}), 2
		}
		return nil, 0
	}
	for i := 1; i < len(w.Text); i++ {
		letter := w.Text[i : i+1]
		switch {
		case strings.Contains(o.Attached, letter), strings.Contains(o.Values, letter) && i+1 < len(w.Text):
			return append(list, Option{letter, rest(w.Text[i+1:])}), 1
		case strings.Contains(o.Values, letter) && len(words) > 1:
			return append(list, Option{letter, words[1]}), 2
		case !strings.Contains(o.Flags, letter):
			return nil, 0
		}
		list = append(list, Option{Name: letter})
	}
	return list, 1
}
