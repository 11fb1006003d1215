package shell

import (
	"path"
	"strings"
)

// wrapper is a program that runs the command behind its own options.
type wrapper struct {
	values   string   // letters of options that take a value
	long     []string // and long options that do
	operands int      // words in front of the command
	env      bool     // assignments may stand in front of the command
	user     bool     // it runs the command as another user, "u" or the first operand
}

// wrapperOf knows the programs by name.
func wrapperOf(name string) (wrapper, bool) {
	switch name {
	case "env":
		return wrapper{values: "uC", long: []string{"--unset", "--chdir"}, env: true}, true
	case "sudo":
		return wrapper{values: "ugCDhpRrtTU", long: []string{"--user", "--group", "--chdir", "--host"}, env: true, user: true}, true
	case "gosu", "su-exec":
		return wrapper{operands: 1, user: true}, true
	case "nice", "ionice":
		return wrapper{values: "ncp"}, true
	case "timeout":
		return wrapper{values: "ks", operands: 1}, true
	case "exec":
		return wrapper{values: "a"}, true
	case "time", "nohup", "eatmydata", "command", "builtin", "chronic", "stdbuf", "setsid":
		return wrapper{}, true
	case "xargs":
		return wrapper{values: "aEdIiLnPs"}, true
	}
	return wrapper{}, false
}

// unwrap drops the programs that only run another. What env and sudo assign counts as
// in front of the command.
func unwrap(c *Command, words []Word) []Word {
	for len(words) > 1 && words[0].Known {
		w, ok := wrapperOf(path.Base(words[0].Text))
		if !ok {
			return words
		}
		next, ok := w.skip(c, words[1:])
		if !ok || len(next) == 0 {
			return words // like `command -v`: it is the program itself that does something
		}
		c.Via = append(c.Via, path.Base(words[0].Text))
		words = next
	}
	return words
}

// skip drops the options and operands of a wrapper.
func (w wrapper) skip(c *Command, words []Word) ([]Word, bool) {
	user, operands := "root", w.operands
	for len(words) > 0 {
		text := words[0].Text
		switch {
		case text == "-v" || text == "-V" || text == "--version" || text == "--help" || text == "-l":
			if !w.env && w.operands == 0 { // a question
				return nil, false
			}
			words = words[1:]
		case strings.HasPrefix(text, "-") && len(text) > 1:
			takes := w.takesValue(text)
			if takes && len(words) > 1 {
				if text == "-u" || text == "--user" {
					user = words[1].Text
				}
				words = words[1:]
			} else if name, ok := strings.CutPrefix(text, "--user="); ok {
				user = name
			}
			words = words[1:]
		case w.env && isAssignment(text):
			name, value, _ := strings.Cut(text, "=")
			c.Env = append(c.Env, Var{name, Word{Text: value, Known: words[0].Known, Start: words[0].Start, End: words[0].End}})
			words = words[1:]
		case operands > 0:
			if w.user {
				user = text
			}
			operands--
			words = words[1:]
		default:
			if w.user {
				c.User = user
			}
			return words, true
		}
	}
	return nil, false
}

// takesValue tells whether the word behind an option is its value.
func (w wrapper) takesValue(option string) bool {
	for _, l := range w.long {
		if option == l {
			return true
		}
	}
	return len(option) == 2 && strings.IndexByte(w.values, option[1]) >= 0
}

func isAssignment(text string) bool {
	name, _, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return false
	}
	for i, r := range name {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return true
}
