package plan

import (
	"slices"

	"github.com/seed-e0495807/strake/lang/words"
)

// lookup is an environment as naming and expansion see it.
type lookup interface {
	words.Vars
	Keys() []string
}

// expander resolves quotes, escapes and variables in words; words that have none
// of these are taken as they are.
type expander struct {
	escape  byte
	lexer   words.Lexer
	heredoc words.Lexer

	// watch is told of the variables of each word that is resolved and that are not set;
	// nil is not.
	watch func(unset []string)

	seen    used // in the word at hand
	both    bool // seen has the variables that are set, too
	noteVar func(name string, set bool)
}

// used are the variables that a word refers to, in order of their names.
type used struct{ set, unset []string }

// note remembers a variable.
func (u *used) note(name string, set bool) {
	list := &u.unset
	if set {
		list = &u.set
	}
	if i, found := slices.BinarySearch(*list, name); !found {
		*list = slices.Insert(*list, i, name)
	}
}

func newExpander(escape byte, budget *words.Budget) *expander {
	x := &expander{
		escape: escape,
		lexer:  words.Lexer{Escape: rune(escape), Budget: budget},
		// Quotes mean nothing in a here document, and a backslash escapes whatever the
		// escape directive says.
		heredoc: words.Lexer{Escape: '\\', SkipQuotes: true, Budget: budget},
	}
	x.noteVar = func(name string, set bool) { // made once: words are many
		if x.both || !set {
			x.seen.note(name, set)
		}
	}
	return x
}

// lex resolves quotes, escapes and variables.
func (x *expander) lex() *words.Lexer { return x.reader(false) }

// reader readies the lexer; raw keeps quotes, escapes and unset variables.
func (x *expander) reader(raw bool) *words.Lexer {
	x.lexer.RawQuotes, x.lexer.RawEscapes, x.lexer.SkipUnset = raw, raw, raw
	return &x.lexer
}

// plain reports whether a word means just what it says.
func (x *expander) plain(word string) bool {
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case c == '$', c == '\'', c == '"', c == x.escape, c >= 0x80:
			return false
		}
	}
	return true
}

func (x *expander) word(word string, vars words.Vars) (string, error) {
	if x.plain(word) {
		return word, nil
	}
	return x.watched(x.lex(), word, vars)
}

// look resolves a word and tells which variables it refers to.
func (x *expander) look(word string, vars words.Vars) (string, used, error) {
	x.seen, x.both = used{}, true
	out, err := x.word(word, vars)
	x.both = false
	return out, x.seen, err
}

func (x *expander) watched(l *words.Lexer, word string, vars words.Vars) (string, error) {
	x.seen = used{}
	l.Seen = x.noteVar
	out, err := l.Word(word, vars)
	if l.Seen = nil; x.watch != nil && len(x.seen.unset) > 0 {
		x.watch(x.seen.unset)
	}
	return out, about(word, err)
}

// split resolves a word that may become several.
func (x *expander) split(word string, vars words.Vars) ([]string, error) {
	return x.lex().Words(word, vars)
}

func (x *expander) list(list []string, vars words.Vars) ([]string, error) {
	out := list
	for i, w := range list {
		v, err := x.word(w, vars)
		if err != nil {
			return nil, err
		}
		if v != w {
			if &out[0] == &list[0] {
				out = append([]string(nil), list...)
			}
			out[i] = v
		}
	}
	return out, nil
}

// document expands the text of a here document.
func (x *expander) document(text string, vars words.Vars) (string, error) {
	return x.watched(&x.heredoc, text, vars)
}

// title expands a line that is shown to people. What cannot be expanded is shown
// as written.
func (x *expander) title(line string, vars words.Vars) string {
	if x.plain(line) {
		return line
	}
	out, err := x.lex().Word(line, vars)
	if err != nil {
		return line
	}
	return out
}

// command expands a command line for people: quotes stay, and so do variables
// that only the shell knows.
func (x *expander) command(line string, vars words.Vars) string {
	plain := true
	for i := 0; i < len(line) && plain; i++ {
		plain = line[i] != '$' && line[i] < 0x80
	}
	if plain {
		return line
	}
	out, err := x.reader(true).Word(line, vars)
	if err != nil {
		return line
	}
	return out
}
