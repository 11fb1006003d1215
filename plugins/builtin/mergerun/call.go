package mergerun

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/late"
)

// call looks at a simple command.
func (w *walker) call(c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		if len(c.Assigns) > 0 {
			w.leak()
		}
		return
	}
	if slices.ContainsFunc(c.Assigns, func(a *syntax.Assign) bool { return a.Name != nil && changesPrograms(a.Name.Value) }) {
		w.refuse(because("opaque", "it sets which programs or libraries a command runs"))
	}
	args := make([]string, len(c.Args))
	for i, word := range c.Args {
		args[i], _ = static(word)
	}
	name, whole := static(c.Args[0])
	if !whole {
		w.leak()
		if !literalSlash(c.Args[0]) { // a path is a program, unless blanks in a variable break it up
			w.refuse(because("dynamic", "only the shell knows what `%s` runs", print(c.Args[0])))
		}
		w.unknown(path.Base(strings.Trim(print(c.Args[0]), `"`)), args, c.Args)
		return
	}
	if w.variant == syntax.LangPOSIX && readsElse(name) {
		w.refuse(because("syntax", "sh of some systems reads `%s` as a word of its language", name))
	}
	if len(c.Assigns) > 0 && kindOf(name) == special {
		w.leak()
	}
	w.command(name, args, c.Args)
}

// changesPrograms tells variables that say where a program, or what is loaded into it,
// comes from, or that give it options: ld.so(8), bash(1), tar(1), git(1), apt.conf(5), wget(1), curl(1).
func changesPrograms(name string) bool {
	return programVariable().FindString(name) == name && name != ""
}

// readsElse tells names of commands that are something else to bash, which is /bin/sh on
// some systems, or to busybox: assignments (bash(1), PARAMETERS and Arrays) and
// reserved words (bash(1), RESERVED WORDS; `[[` of ash).
func readsElse(name string) bool {
	return assignment().MatchString(name) || slices.Contains([]string{"function", "select", "coproc", "[[", "]]"}, name)
}

var assignment = late.Regexp(`^[A-Za-z_][A-Za-z0-9_]*(\[.*\])?\+?=`)

// command is one that the shell itself runs. The arguments start with the name; what
// is not literal in them ends them.
func (w *walker) command(name string, args []string, words []*syntax.Word) {
	k := kindOf(name)
	if strings.Contains(name, "/") && k != program && k < wrapper {
		w.unknown(name, args, words) // a program named like a builtin
		return
	}
	if w.declared[name] {
		w.lookup(name)
		if _, known := programOf(name); k != program || known {
			w.refuse(because("syntax", "`%s` is a function of the RUN's own", name))
		}
		return
	}
	switch k {
	case plain:
		w.checkPlain(name, args, words)
	case stateful, special:
		w.leak()
		w.settings(name, args, words)
	case opaque:
		w.refuse(because("opaque", "the tree does not show what `%s` runs", name))
	case catcher:
		w.refuse(because("trap", "a trap belongs to the end of its own shell"))
	case alias:
		w.refuse(because("alias", "an alias changes how what follows is read"))
	case runner:
		w.runs(name, args, words)
	default:
		w.lookup(name)
		w.program(name, args, words)
	}
}

func (w *walker) checkPlain(name string, args []string, words []*syntax.Word) {
	// bash remembers the time zone, too.
	if name == "printf" && len(args) > 1 && (args[1] == "-v" || dynamic(words[1]) || strings.Contains(args[1], "%(")) {
		w.leak()
	}
	if name == "type" {
		w.looksA = true // it tells what the shell remembers
	}
	if name == "wait" && len(args) > 1 {
		w.leak() // -p names a variable
	}
}

func dynamic(word *syntax.Word) bool {
	text, whole := static(word)
	return !whole && text == ""
}

// settings looks at builtins that change the shell.
func (w *walker) settings(name string, args []string, words []*syntax.Word) {
	switch name {
	case "cd", "chdir", "pushd", "popd":
		w.effects.cds = true
		if w.elsewhere {
			w.refuse(because("opaque", "`%s` may go by a CDPATH that the script sets", name))
		}
		for _, a := range args[1:] {
			if why := shared(path.Join("/", a, "x")); why != nil && !strings.HasPrefix(a, "/") {
				w.follow(why) // it may be the root that this starts from
			}
		}
	case "declare", "typeset", "local", "times":
		if len(args) == 1 || slices.Contains(args, "-p") {
			w.refuse(because("process", "`%s` shows what differs in a shell of several RUNs", name))
		}
	case "hash":
		if len(args) != 2 || args[1] != "-r" {
			w.refuse(because("opaque", "`hash` changes or shows what later commands mean"))
		}
	case "set":
		if len(args) == 1 {
			w.refuse(because("process", "`set` shows what differs in a shell of several RUNs"))
		}
		w.setE = w.setE || w.inside == 0 && turnsOn(args[1:], words[1:])
		if !setsKnown(args[1:], words[1:]) {
			w.refuse(because("syntax", "it sets an option of the shell that changes how a script is read or run"))
		}
	case "shopt":
		w.setE = w.setE || w.inside == 0 && turnsOn(args[1:], words[1:])
		for i := range args[1:] {
			if _, whole := static(words[i+1]); !whole || !shoptKnown(args[i+1]) {
				w.refuse(because("syntax", "`shopt %s` changes how a script is read or run", args[i+1]))
			}
		}
	case "return":
		if w.funcs == 0 && w.inside == 0 {
			w.refuse(because("syntax", "return is outside of a function"))
		}
	case "enable", "bind", "complete", "compopt", "fc", "history", "logout", "suspend", "setvar":
		if len(args) > 1 {
			w.refuse(because("opaque", "`%s` changes what later commands mean", name))
		}
	}
}

// setsKnown tells options of set that POSIX has (2.14, set), but for -m, -n, -b and -h, and pipefail.
func setsKnown(args []string, words []*syntax.Word) bool {
	for i := 0; i < len(args); i++ {
		_, whole := static(words[i])
		switch a := args[i]; {
		case a == "--":
			return true
		case !whole:
			return false
		case !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "+"):
			return true // they are parameters
		case strings.Trim(a[1:], "aefuxCvo") != "":
			return false
		case strings.HasSuffix(a, "o"):
			if i++; i < len(args) && !slices.Contains([]string{"pipefail", "errexit", "nounset", "xtrace", "noglob", "allexport", "noclobber", "verbose"}, args[i]) {
				return false
			}
		}
	}
	return true
}

// shoptKnown tells options of shopt (bash(1), SHELL BUILTIN COMMANDS) that only say how
// patterns match.
func shoptKnown(arg string) bool {
	return slices.Contains([]string{"-s", "-u", "-q", "nullglob", "dotglob", "globstar", "nocaseglob", "failglob", "extglob"}, arg)
}

// lookup notes a program that the shell finds in PATH, and remembers.
func (w *walker) lookup(name string) {
	w.ran[path.Base(name)] = true
	if strings.Contains(name, "/") || w.inside > 0 {
		return
	}
	w.looked[name] = true
	if w.sub == 0 {
		w.hashed[name] = true
	}
}

// runs looks at the command behind `command`, `builtin`, `exec` and `time`.
func (w *walker) runs(name string, args []string, words []*syntax.Word) {
	if name == "exec" || name == "builtin" {
		w.leak()
	}
	if name == "time" {
		w.lookup(name)
	}
	i := 1
	for ; i < len(args) && strings.HasPrefix(args[i], "-"); i++ {
		switch {
		case name == "command" && (args[i] == "-v" || args[i] == "-V"):
			w.looksA = true // it tells where any is
			return
		case name == "command" && args[i] == "-p", name == "time" && args[i] == "-p":
		default:
			w.refuse(because("opaque", "the tree does not show what `%s %s` runs", name, args[i]))
		}
	}
	if i >= len(args) {
		return
	}
	if _, whole := static(words[i]); !whole {
		w.refuse(because("dynamic", "only the shell knows what `%s` runs", print(words[i])))
		return
	}
	w.command(args[i], args[i:], words[i:])
}

// turnsOn tells whether arguments of set or shopt may turn on set -e.
func turnsOn(args []string, words []*syntax.Word) bool {
	for i, a := range args {
		_, whole := static(words[i])
		if !whole || a == "errexit" || strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.Contains(a, "e") {
			return true
		}
	}
	return false
}
