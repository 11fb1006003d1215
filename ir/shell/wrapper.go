package shell

import (
	"path"
	"strings"
)

// wrapper is a program that runs the command behind its own options. With an option that is
// not among these it may do anything: ask, or run a text as a script.
type wrapper struct {
	Options
	operands int      // words in front of the command
	env      bool     // assignments may stand in front of the command
	user     bool     // it runs the command as another user: option u, or the first operand
	apart    []string // options by which the command has another directory, root, environment or name, or its output goes to a file
	loose    []string // options by which it leaves or starts other processes
	needs    string   // the option without which it runs no command
	always   bool     // loose and apart whatever its options are
	puts     []string // options by which it puts words into those of the command
}

// wrapperOf knows the programs by name.
func wrapperOf(name string) (wrapper, bool) {
	switch name {
	case "env": // env(1), coreutils 9.1; -S is a whole command line
		return wrapper{Options: Options{Flags: "-i0v", Values: "uC", Long: []string{"ignore-environment", "null", "debug", "unset=", "chdir=",
			"block-signal", "default-signal", "ignore-signal", "list-signal-handling"}}, env: true, apart: strings.Fields("i ignore-environment u unset C chdir")}, true
	case "sudo": // sudo(8) 1.9.13; -e edits, -l and -v ask
		return wrapper{Options: Options{Flags: "ABbEHknNPSis", Values: "ugCDhpRrtTU", Long: []string{"askpass", "bell", "background",
			"preserve-env", "set-home", "login", "shell", "reset-timestamp", "no-update", "non-interactive", "preserve-groups", "stdin",
			"user=", "group=", "close-from=", "chdir=", "host=", "prompt=", "chroot=", "role=", "type=", "command-timeout="}}, env: true, user: true, apart: strings.Fields("i login s shell D chdir R chroot"),
			loose: strings.Fields("A askpass b background T command-timeout")}, true
	case "doas": // doas(1) of OpenDoas 6.8.2; -C and -L run nothing
		return wrapper{Options: Options{Flags: "n", Values: "u"}, user: true}, true
	case "gosu": // gosu --help, 1.14
		return wrapper{operands: 1, user: true}, true
	case "su-exec": // not checked against a manual: Alpine's package has none
		return wrapper{operands: 1, user: true}, true
	case "runuser": // runuser(1), util-linux 2.38: without -u it is su
		return wrapper{Options: Options{Values: "ugG", Long: []string{"user=", "group=", "supp-group="}}, user: true, needs: "u"}, true
	case "busybox": // busybox 1.35: with a name it is that program
		return wrapper{}, true
	case "nice": // nice(1), coreutils 9.1; -10 is the old way to write -n 10
		return wrapper{Options: Options{Flags: "0123456789", Values: "n", Long: []string{"adjustment="}}}, true
	case "ionice": // ionice(1), util-linux 2.38; -p, -P and -u are about processes that run
		return wrapper{Options: Options{Flags: "t", Values: "cn", Long: []string{"ignore", "class=", "classdata="}}}, true
	case "timeout": // timeout(1), coreutils 9.1
		return wrapper{Options: Options{Flags: "v", Values: "ks", Long: []string{"preserve-status", "foreground", "verbose", "kill-after=", "signal="}}, operands: 1, loose: []string{"foreground"}}, true
	case "stdbuf": // stdbuf(1), coreutils 9.1
		return wrapper{Options: Options{Values: "ioe", Long: []string{"input=", "output=", "error="}}}, true
	case "exec": // bash(1) 5.2
		return wrapper{Options: Options{Flags: "cl", Values: "a"}, apart: []string{"a", "c", "l"}}, true
	case "command": // bash(1) 5.2; -v and -V ask
		return wrapper{Options: Options{Flags: "p"}}, true
	case "time": // time(1) 1.9, and the word of bash(1) 5.2, which knows -p only
		return wrapper{Options: Options{Flags: "pav", Values: "fo", Long: []string{"portability", "append", "verbose", "quiet", "format=", "output="}}, apart: []string{"o", "output"}}, true
	case "setsid": // setsid(1), util-linux 2.38
		return wrapper{Options: Options{Flags: "cfw", Long: []string{"ctty", "fork", "wait"}}}, true
	case "chronic": // chronic(1), moreutils 0.67
		return wrapper{Options: Options{Flags: "ev"}}, true
	case "nohup", "eatmydata", "builtin": // nohup(1) of coreutils 9.1, eatmydata(1) 130, bash(1) 5.2: no options
		return wrapper{}, true
	case "fakeroot": // fakeroot(1) 1.31: it starts a daemon, and programs find other owners and modes
		return wrapper{Options: Options{Flags: "u", Values: "lisb", Long: []string{"lib=", "faked=", "unknown-is-real", "fd-base="}}, always: true}, true
	case "xargs": // xargs(1), findutils 4.9
		return wrapper{Options: Options{Flags: "0oprtx", Values: "adEILnPs", Attached: "eil", Long: []string{"null", "open-tty", "interactive", "no-run-if-empty",
			"verbose", "exit", "arg-file=", "delimiter=", "max-args=", "max-procs=", "max-chars=", "process-slot-var=", "eof", "replace", "max-lines"}},
			loose: strings.Fields("P max-procs p interactive o open-tty"), puts: strings.Fields("I i replace")}, true
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
		c.Apart = c.Apart || strings.Contains(words[0].Text, "/") && !isOneOf(path.Dir(words[0].Text), "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
		c.Apart, c.Loose = c.Apart || w.always, c.Loose || w.always
		words = next
	}
	return words
}

// skip drops the options and operands of a wrapper. It is false where they do not lead to a
// command, or nobody knows where it is.
func (w wrapper) skip(c *Command, words []Word) ([]Word, bool) {
	user, operands, ended, complete := "root", w.operands, false, w.needs == ""
	for len(words) > 0 {
		text := words[0].Text
		switch {
		case !ended && strings.HasPrefix(text, "-") && (text != "-" || strings.Contains(w.Flags, "-")):
			ended = text == "--"
			c.Apart = c.Apart || text == "-" // of env: -i
			given, n := w.read(nil, words)
			if n == 0 {
				return nil, false
			}
			for _, o := range given {
				c.Apart, c.Puts = c.Apart || isOneOf(o.Name, w.apart...), c.Puts || isOneOf(o.Name, w.puts...)
				c.Loose = c.Loose || isOneOf(o.Name, w.loose...) || o.Value.several()
				complete = complete || strings.HasPrefix(o.Name, w.needs)
				if o.Name == "u" || o.Name == "user" {
					user = o.Value.Text
				}
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
			c.Loose = c.Loose || words[0].several()
			operands--
			words = words[1:]
		default:
			if w.user {
				c.User = user
			}
			return words, complete
		}
	}
	return nil, false
}

func isAssignment(text string) bool {
	name, _, ok := strings.Cut(text, "=")
	return ok && isName(name)
}

// isName tells what can be a variable.
func isName(name string) bool {
	if name == "" {
		return false
	}
	for i, r := range name {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return true
}
