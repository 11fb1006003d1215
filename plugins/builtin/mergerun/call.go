package mergerun

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// call looks at a simple command.
func (w *walker) call(n *syntax.CallExpr) {
	if len(n.Args) == 0 {
		if len(n.Assigns) > 0 {
			w.leak()
		}
		return
	}
	if slices.ContainsFunc(n.Assigns, func(a *syntax.Assign) bool { return a.Name != nil && changesPrograms(a.Name.Value) }) {
		w.refuse(because("opaque", "it sets which programs or libraries a command runs"))
	}
	c := w.calls[n]
	if !c.Prog.Known && len(c.Via) == 0 {
		w.leak()
		w.dynamic(c, filesOf(c.Args))
		return
	}
	name := shell.WordOf(n.Args[0]).Text
	if !w.in.Bash && readsElse(name) {
		w.refuse(because("syntax", "sh of some systems reads `%s` as a word of its language", name))
	}
	if len(n.Assigns) > 0 && kindOf(name) == special {
		w.leak()
	}
	w.command(name, c.Via, c)
}

// dynamic is for a program that only the run shows. A path is one, unless blanks in a variable
// break it up.
func (w *walker) dynamic(c *shell.Command, args words) {
	prog := fileOf(c.Prog)
	if !strings.Contains(prog.text+prog.tail, "/") {
		w.refuse(because("dynamic", "only the shell knows what `%s` runs", prog.shown))
	}
	w.unknown(path.Base(strings.Trim(prog.shown, `"`)), args)
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

// command is one that the shell itself runs: by the name of the first program in front of it,
// or by its own.
func (w *walker) command(name string, via []string, c *shell.Command) {
	k := kindOf(name)
	if strings.Contains(name, "/") && k != program && k < wrapper {
		w.unknown(name, filesOf(c.Args)) // a program named like a builtin
		return
	}
	if w.declared[name] {
		w.lookup(name)
		if k != program || isKnown(name) || len(effects.Deals(name)) > 0 {
			w.refuse(because("syntax", "`%s` is a function of the RUN's own", name))
		}
		return
	}
	switch k {
	case plain:
		w.checkPlain(name, c.Args)
	case stateful, special:
		w.leak()
		w.settings(name, c.Args)
	case opaque:
		w.refuse(because("opaque", "the tree does not show what `%s` runs", name))
	case catcher:
		w.refuse(because("trap", "a trap belongs to the end of its own shell"))
	case alias:
		w.refuse(because("alias", "an alias changes how what follows is read"))
	case runner:
		w.runs(name, via, c)
	default:
		w.lookup(name)
		w.program(name, via, c, filesOf(c.Args))
	}
}

func (w *walker) checkPlain(name string, args []shell.Word) {
	// bash remembers the time zone, too.
	if name == "printf" && len(args) > 0 && (args[0].Text == "-v" || dynamic(args[0]) || strings.Contains(args[0].Text, "%(")) {
		w.leak()
	}
	if name == "type" {
		w.looksA = true // it tells what the shell remembers
	}
	if name == "wait" && len(args) > 0 {
		w.leak() // -p names a variable
	}
}

func dynamic(word shell.Word) bool {
	head, _ := word.Ends()
	return !word.Known && head == ""
}

// settings looks at builtins that change the shell.
func (w *walker) settings(name string, args []shell.Word) {
	switch name {
	case "cd", "chdir", "pushd", "popd":
		w.effects.cds = true
		if w.elsewhere {
			w.refuse(because("opaque", "`%s` may go by a CDPATH that the script sets", name))
		}
		for _, a := range filesOf(args) {
			if why := shared(path.Join("/", a.text, "x")); why != nil && !strings.HasPrefix(a.text, "/") {
				w.follow(why) // it may be the root that this starts from
			}
		}
	case "declare", "typeset", "local", "times":
		if len(args) == 0 || slices.ContainsFunc(args, func(a shell.Word) bool { return a.Text == "-p" }) {
			w.refuse(because("process", "`%s` shows what differs in a shell of several RUNs", name))
		}
	case "hash":
		if len(args) != 1 || args[0].Text != "-r" {
			w.refuse(because("opaque", "`hash` changes or shows what later commands mean"))
		}
	case "set":
		if len(args) == 0 {
			w.refuse(because("process", "`set` shows what differs in a shell of several RUNs"))
		}
		w.setE = w.setE || w.inside == 0 && turnsOn(args)
		if !setsKnown(args) {
			w.refuse(because("syntax", "it sets an option of the shell that changes how a script is read or run"))
		}
	case "shopt":
		w.setE = w.setE || w.inside == 0 && turnsOn(args)
		for _, a := range args {
			if !shoptKnown(a.Lit()) {
				w.refuse(because("syntax", "`shopt %s` changes how a script is read or run", a.Text))
			}
		}
	case "return":
		if w.funcs == 0 && w.inside == 0 {
			w.refuse(because("syntax", "return is outside of a function"))
		}
	case "enable", "bind", "complete", "compopt", "fc", "history", "logout", "suspend", "setvar":
		if len(args) > 0 {
			w.refuse(because("opaque", "`%s` changes what later commands mean", name))
		}
	}
}

// setsKnown tells options of set that POSIX has (2.14, set), but for -m, -n, -b and -h, and pipefail.
func setsKnown(args []shell.Word) bool {
	for i := 0; i < len(args); i++ {
		switch a := args[i].Text; {
		case a == "--":
			return true
		case !args[i].Known:
			return false
		case !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "+"):
			return true // they are parameters
		case strings.Trim(a[1:], "aefuxCvo") != "":
			return false
		case strings.HasSuffix(a, "o"):
			if i++; i < len(args) && !slices.Contains([]string{"pipefail", "errexit", "nounset", "xtrace", "noglob", "allexport", "noclobber", "verbose"}, args[i].Lit()) {
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
func (w *walker) runs(name string, via []string, c *shell.Command) {
	if name == "exec" || name == "builtin" {
		w.leak()
	}
	if name == "time" {
		w.lookup(name)
	}
	switch {
	case len(via) == 0 && len(c.Args) == 0:
	case len(via) == 0 && name == "command" && c.Has("-v", "-V"):
		w.looksA = true // it tells where any is
	case len(via) == 0, c.Apart:
		w.refuse(because("opaque", "the tree does not show what `%s` runs", c.Text))
	case len(via) > 1:
		w.command(via[1], via[1:], c)
	case !c.Prog.Known:
		w.dynamic(c, filesOf(c.Args))
	default:
		w.command(c.Prog.Text, nil, c)
	}
}

// turnsOn tells whether arguments of set or shopt may turn on set -e.
func turnsOn(args []shell.Word) bool {
	return slices.ContainsFunc(args, func(a shell.Word) bool {
		return !a.Known || a.Text == "errexit" || strings.HasPrefix(a.Text, "-") && !strings.HasPrefix(a.Text, "--") && strings.Contains(a.Text, "e")
	})
}
