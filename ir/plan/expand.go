package plan

import (
	"fmt"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// MaxExpansion bounds what one word may expand to, in bytes. BuildKit has no
// bound of its own; a name that doubles itself forty times would take the memory
// of the machine.
const MaxExpansion = 64 << 20

// expander resolves quotes, escapes and variables in words, as BuildKit's shell
// package does; words that have none of these never get there.
type expander struct {
	escape byte
	lex    *shell.Lex // of the file's escape character
	raw    *shell.Lex // keeps quotes and unset variables: for the names of steps
	data   *shell.Lex // for here documents: quotes mean nothing, a backslash escapes
}

func newExpander(escape byte) *expander {
	x := &expander{escape: escape, lex: shell.NewLex(rune(escape)), raw: shell.NewLex(rune(escape)), data: shell.NewLex('\\')}
	x.raw.RawQuotes, x.raw.RawEscapes, x.raw.SkipUnsetEnv = true, true, true
	x.data.SkipProcessQuotes = true
	return x
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
	return process(x.lex, word, vars)
}

func process(lex *shell.Lex, word string, vars shell.EnvGetter) (string, error) {
	out, _, err := lex.ProcessWord(word, vars)
	if err == nil && len(out) > MaxExpansion {
		return "", fmt.Errorf("the value has %d bytes after expansion; at most %d are allowed", len(out), MaxExpansion)
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

// document expands the text of a here document.
func (x *expander) document(text string, vars shell.EnvGetter) (string, error) {
	return process(x.data, text, vars)
}

// title expands a line that is shown to people. What cannot be expanded is shown
// as written.
func (x *expander) title(line string, vars shell.EnvGetter) string {
	if x.plain(line) {
		return line
	}
	out, err := process(x.lex, line, vars)
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
	out, err := process(x.raw, line, vars)
	if err != nil {
		return line
	}
	return out
}
