package shell

import (
	"path"
	"slices"
	"strings"
)

// wrapper is a program that runs the command behind its own options. With an option that is
// not among these it may do anything: ask, or run a text as a script.
type wrapper struct {
	flags    string   // letters of options without a value
	values   string   // of those with one, in the same word or the next
	attached string   // of those with one in the same word, or none
	long     []string // long options; "x=" takes a value
	operands int      // words in front of the command
	env      bool     // assignments may stand in front of the command
	user     bool     // it runs the command as another user: option u, or the first operand
}

// wrapperOf knows the programs by name.
func wrapperOf(name string) (wrapper, bool) {
	switch name {
	case "env": // env(1), coreutils 9.1; -S is a whole command line
		return wrapper{flags: "-i0v", values: "uC", env: true, long: []string{"ignore-environment", "null", "debug", "unset=", "chdir=",
			"block-signal", "default-signal", "ignore-signal", "list-signal-handling"}}, true
	case "sudo": // sudo(8) 1.9.13; -e edits, -l and -v ask
		return wrapper{flags: "ABbEHknNPSis", values: "ugCDhpRrtTU", env: true, user: true, long: []string{"askpass", "bell", "background",
			"preserve-env", "set-home", "login", "shell", "reset-timestamp", "no-update", "non-interactive", "preserve-groups", "stdin",
			"user=", "group=", "close-from=", "chdir=", "host=", "prompt=", "chroot=", "role=", "type=", "command-timeout="}}, true
	case "doas": // doas(1) of OpenDoas 6.8.2; -C and -L run nothing
		return wrapper{flags: "n", values: "u", user: true}, true
	case "gosu": // gosu --help, 1.14
		return wrapper{operands: 1, user: true}, true
	case "su-exec": // not checked against a manual: Alpine's package has none
		return wrapper{operands: 1, user: true}, true
	case "nice": // nice(1), coreutils 9.1; -10 is the old way to write -n 10
		return wrapper{flags: "0123456789", values: "n", long: []string{"adjustment="}}, true
	case "ionice": // ionice(1), util-linux 2.38; -p, -P and -u are about processes that run
		return wrapper{flags: "t", values: "cn", long: []string{"ignore", "class=", "classdata="}}, true
	case "timeout": // timeout(1), coreutils 9.1
		return wrapper{flags: "v", values: "ks", operands: 1, long: []string{"preserve-status", "foreground", "verbose", "kill-after=", "signal="}}, true
	case "stdbuf": // stdbuf(1), coreutils 9.1
		return wrapper{values: "ioe", long: []string{"input=", "output=", "error="}}, true
	case "exec": // bash(1) 5.2
		return wrapper{flags: "cl", values: "a"}, true
	case "command": // bash(1) 5.2; -v and -V ask
		return wrapper{flags: "p"}, true
	case "time": // time(1) 1.9, and the word of bash(1) 5.2, which knows -p only
		return wrapper{flags: "pav", values: "fo", long: []string{"portability", "append", "verbose", "quiet", "format=", "output="}}, true
	case "setsid": // setsid(1), util-linux 2.38
		return wrapper{flags: "cfw", long: []string{"ctty", "fork", "wait"}}, true
	case "chronic": // chronic(1), moreutils 0.67
		return wrapper{flags: "ev"}, true
	case "nohup", "eatmydata", "builtin": // nohup(1) of coreutils 9.1, eatmydata(1) 130, bash(1) 5.2: no options
		return wrapper{}, true
	case "xargs": // xargs(1), findutils 4.9
		return wrapper{flags: "0oprtx", values: "adEILnPs", attached: "eil", long: []string{"null", "open-tty", "interactive", "no-run-if-empty",
			"verbose", "exit", "arg-file=", "delimiter=", "max-args=", "max-procs=", "max-chars=", "process-slot-var=", "eof", "replace", "max-lines"}}, true
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

// skip drops the options and operands of a wrapper. It is false where they do not lead to a
// command, or nobody knows where it is.
func (w wrapper) skip(c *Command, words []Word) ([]Word, bool) {
	user, operands, ended := "root", w.operands, false
	for len(words) > 0 {
		text := words[0].Text
		switch {
		case !ended && strings.HasPrefix(text, "-") && (text != "-" || strings.Contains(w.flags, "-")):
			ended = text == "--"
			name, value, n := w.option(words)
			if n == 0 {
				return nil, false
			}
			if name == "u" || name == "user" {
				user = value
			}
			words = words[n:]
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

// option reads a word of options, as getopt_long(3) does: the last of them with its value, and
// how many words that takes, 0 when one is not known.
func (w wrapper) option(words []Word) (name, value string, n int) {
	text := words[0].Text
	if long, ok := strings.CutPrefix(text, "--"); ok {
		name, value, joined := strings.Cut(long, "=")
		switch takes := slices.Contains(w.long, name+"="); {
		case long == "", joined && takes, slices.Contains(w.long, name):
			return name, value, 1
		case takes && len(words) > 1:
			return name, words[1].Text, 2
		}
		return "", "", 0
	}
	for i := 1; i < len(text); i++ {
		letter := text[i : i+1]
		switch {
		case strings.Contains(w.attached, letter), strings.Contains(w.values, letter) && i+1 < len(text):
			return letter, text[i+1:], 1
		case strings.Contains(w.values, letter) && len(words) > 1:
			return letter, words[1].Text, 2
		case !strings.Contains(w.flags, letter):
			return "", "", 0
		}
	}
	return "", "", 1
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
