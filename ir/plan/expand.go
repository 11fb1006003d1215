package plan

import (
	"fmt"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// MaxExpansion bounds what one word may expand to, in bytes. BuildKit has no
// bound of its own; a name that doubles itself forty times would take the memory
// of the machine.
const MaxExpansion = 1 << 20

// expander resolves quotes, escapes and variables in words, as BuildKit's shell
// package does; words that have none of these never get there.
type expander struct {
	escape byte
	made   *shell.Lex // most files need none; it is large, so it is made once
}

func newExpander(escape byte) *expander { return &expander{escape: escape} }

// lex resolves quotes, escapes and variables.
func (x *expander) lex() *shell.Lex { return x.reader(shell.Lex{}) }

// reader readies the lexer; of how only the options count.
func (x *expander) reader(how shell.Lex) *shell.Lex {
	if x.made == nil {
		x.made = shell.NewLex(rune(x.escape))
	}
	x.made.RawQuotes, x.made.RawEscapes = how.RawQuotes, how.RawEscapes
	x.made.SkipUnsetEnv, x.made.SkipProcessQuotes = how.SkipUnsetEnv, how.SkipProcessQuotes
	return x.made
}

// plain reports whether a word means just what it says.
func (x *expander) plain(word string) bool {
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case c == '$', c == '\'', c == '"', c == x.escape, c >= 0x80, c == 0:
			return false
		}
	}
	return true
}

func (x *expander) word(word string, vars shell.EnvGetter) (string, error) {
	if x.plain(word) {
		return word, nil
	}
	out, err := process(x.lex(), word, vars)
	return out, about(word, err)
}

func process(lex *shell.Lex, word string, vars shell.EnvGetter) (string, error) {
	out, _, err := lex.ProcessWord(word, vars)
	return bounded(out, err, MaxExpansion+len(word))
}

func bounded(out string, err error, limit int) (string, error) {
	if err == nil && len(out) > limit {
		return "", fmt.Errorf("the value has %d bytes after expansion; at most %d are allowed", len(out), limit)
	}
	return out, err
}

func (x *expander) list(words []string, vars shell.EnvGetter) ([]string, error) {
	out := words
	for i, w := range words {
		v, err := x.word(w, vars)
		if err != nil {
			return nil, err
		}
		if v != w {
			if &out[0] == &words[0] {
				out = append([]string(nil), words...)
			}
			out[i] = v
		}
	}
	return out, nil
}

// document expands the text of a here document: quotes mean nothing there, and a
// backslash escapes whatever the escape directive says.
func (x *expander) document(text string, vars shell.EnvGetter) (string, error) {
	lex := shell.NewLex('\\')
	lex.SkipProcessQuotes = true
	out, _, err := lex.ProcessWord(text, vars)
	return bounded(out, err, MaxExpansion+len(text))
}

// title expands a line that is shown to people. What cannot be expanded is shown
// as written.
func (x *expander) title(line string, vars shell.EnvGetter) string {
	if x.plain(line) {
		return line
	}
	out, err := process(x.lex(), line, vars)
	if err != nil {
		return line
	}
	return out
}

// command expands a command line for people: quotes stay, and so do variables
// that only the shell knows.
func (x *expander) command(line string, vars shell.EnvGetter) string {
	plain := true
	for i := 0; i < len(line) && plain; i++ {
		plain = line[i] != '$' && line[i] < 0x80 && line[i] != 0
	}
	if plain {
		return line
	}
	out, err := process(x.reader(shell.Lex{RawQuotes: true, RawEscapes: true, SkipUnsetEnv: true}), line, vars)
	if err != nil {
		return line
	}
	return out
}
