package effects

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// leave notes a state of the shell.
func (k *call) leave(kind, value string) {
	k.out.Shell = append(k.out.Shell, Leaving{kind, value})
}

// first is the first operand as text.
func (k *call) first() string {
	if len(k.operands) == 0 {
		return ""
	}
	return k.operands[0].plain()
}

// words is for programs of which no argument does more than to name a file that is looked at.
func words(k *call) {
	switch k.Name {
	case "true", ":":
		k.bad.dead = true
	case "test", "[", "[[":
		for i, f := range k.operands[:max(len(k.operands)-1, 0)] {
			if t := f.plain(); len(t) == 2 && t[0] == '-' && strings.Contains("abcdefghkprstuwxLOGSN", t[1:]) {
				k.read(k.operands[i+1], false)
			} else if i > 0 && slices.Contains([]string{"-nt", "-ot", "-ef"}, t) {
				k.read(k.operands[i-1], false)
				k.read(k.operands[i+1], false)
			}
		}
	}
}

// echoed is what echo prints, when it is plain words.
func echoed(k *call) values {
	if k.Name != "echo" {
		return values{}
	}
	list := make([]string, len(k.operands))
	for i, f := range k.operands {
		if list[i] = f.plain(); list[i] == "" || strings.HasPrefix(list[i], "-") || strings.Contains(list[i], `\`) || f.over {
			return values{}
		}
	}
	return oneValue(literal(strings.Join(list, " ")))
}

// changeDir is cd. Without an operand it goes home.
func changeDir(k *call) {
	var dirs []string
	switch {
	case len(k.operands) == 0:
		if home := k.w.variable("HOME"); home.known && len(home.list) == 1 && home.list[0] != "" {
			dirs = home.list
		}
	case len(k.operands) > 1 || k.loose && k.operands[0].known:
	default:
		dirs = k.operands[0].enter(k.w.dirs)
	}
	k.w.env = k.w.move(dirs)
	where := ""
	if len(k.w.dirs) == 1 {
		where = k.w.dirs[0]
	}
	k.leave("cd", where)
}

// exportVars is export of a POSIX shell, and readonly.
func exportVars(k *call) {
	exports := k.Name == "export"
	for _, a := range k.Args {
		node := a.Syntax()
		name, _, assigned := strings.Cut(a.Text, "=")
		switch {
		case strings.HasPrefix(a.Text, "-"):
			if strings.Contains(a.Text, "f") {
				k.fail("`" + k.Text + "` gives functions to other shells")
			}
			continue
		case !isName(name):
			k.w.blind, k.w.vars = true, nil
			continue
		case !assigned && exports:
			k.w.export(name)
		case !assigned:
			continue
		case node == nil:
			k.w.env = k.w.set(name, values{exported: exports})
		default:
			v := values{}
			if len(k.Env) == 0 { // the word is expanded without what stands in front
				v = k.w.value(behind(node, len(name)+1))
			}
			v.exported = exports
			k.w.env = k.w.set(name, v)
		}
		kind := "variable"
		if exports {
			kind = "export"
		}
		k.leave(kind, name)
	}
	k.bad = k.w.env
}

// behind is the rest of a word that starts with a literal of n bytes.
func behind(node *syntax.Word, n int) *syntax.Word {
	lit, ok := node.Parts[0].(*syntax.Lit)
	if !ok || len(lit.Value) < n {
		return &syntax.Word{Parts: []syntax.WordPart{&syntax.ParamExp{}}} // quotes around the name
	}
	rest := *lit
	rest.Value = lit.Value[n:]
	return &syntax.Word{Parts: append([]syntax.WordPart{&rest}, node.Parts[1:]...)}
}

func isName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && (s[0] < '0' || s[0] > '9')
}

func unsetVars(k *call) {
	for _, f := range k.operands {
		if name := f.plain(); isName(name) {
			k.w.env = k.w.set(name, values{}) // it may have been read-only
			if _, is := k.w.funcs[name]; is {
				k.w.funcs = define(k.w.funcs, name, nil)
			}
		} else {
			k.w.blind, k.w.vars = true, nil
		}
		k.leave("variable", f.show())
	}
	if k.has("-f") {
		k.fail("`" + k.Text + "` takes a function away")
	}
}

// forget is for builtins that set variables which their operands name.
func (k *call) forget(kind string) {
	for _, f := range k.operands {
		name, _, _ := strings.Cut(f.plain(), "=")
		if isName(name) {
			k.w.env = k.w.set(name, values{})
			k.leave(kind, name)
		} else if !f.known || strings.Contains(f.text, "[") {
			k.w.blind, k.w.vars = true, nil
		}
	}
	unnamed := map[string]string{"read": "REPLY", "mapfile": "MAPFILE", "readarray": "MAPFILE", "getopts": "OPTARG"}
	if name := unnamed[k.Name]; name != "" { // it is set where no name is given, or beside one
		k.w.env = k.w.set(name, values{})
	}
	k.bad = k.w.env
}

func printfSets(k *call) {
	if len(k.Args) > 1 && k.Arg(0) == "-v" {
		k.forget("variable")
	}
}

// setOptions is set. Options that change how words are read are not followed.
func setOptions(k *call) {
	for i := 0; i < len(k.Args); i++ {
		o := k.Arg(i)
		on := strings.HasPrefix(o, "-")
		switch {
		case o == "--" || o == "-" || len(o) < 2 || !on && o[0] != '+':
			for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
				k.w.env = k.w.set(n, values{})
			}
			i = len(k.Args)
			continue
		}
		for _, c := range o[1:] {
			switch c {
			case 'e':
				k.w.errexit = on
			case 'u', 'x', 'v', 'f', 'C', 'E', 'T', 'b', 'h', 'm':
			case 'o':
				i++
				k.setLong(k.Arg(i), on)
			default:
				k.fail("`" + k.Text + "` changes how the rest is read")
			}
		}
	}
	k.leave("set", k.Text)
	k.bad.dead = true
}

func (k *call) setLong(name string, on bool) {
	switch name {
	case "errexit":
		k.w.errexit = on
	case "pipefail":
		k.w.pipefail = on
	case "nounset", "noglob", "noclobber", "xtrace", "verbose", "nolog", "emacs", "vi", "monitor":
	default:
		k.fail("`" + k.Text + "` changes how the rest is read")
	}
}

// setTrap is trap: what it has the shell do later is not followed.
func setTrap(k *call) {
	k.leave("trap", k.first())
	if t := k.first(); len(k.operands) > 1 && t != "-" && t != "" {
		k.fail("`" + k.Text + "` runs later, anywhere")
	}
}

// asks is `command -v`.
func asks(k *call) {
	if !k.has("-v", "-V") {
		k.fail("`" + k.Text + "` runs what is not read")
	}
	looksUp(k)
}

// looksUp is for what asks where a program is: PATH says so for a name, and a path says it itself.
func looksUp(k *call) {
	for _, f := range k.operands {
		if !f.known || strings.Contains(f.text, "/") {
			k.read(f, false)
		}
	}
}

// innerShell follows the script among the words of a shell, or of su.
func innerShell(k *call) {
	if k.Script == nil {
		if (k.Name == "su" || k.Name == "runuser" || len(k.operands) > 0 || len(k.given) == 0 || k.loose) && !k.has("--version") {
			k.fail("`" + k.Text + "` runs what is not in the Dockerfile")
		}
		return
	}
	w := k.w
	if w.depth > 10 || k.loose {
		k.fail("`" + k.Text + "` has a script that is too deep, or not known")
		return
	}
	saved, posix, noArgs := w.env, w.posix, w.bare
	w.funcs, w.bare = nil, false
	w.posix = k.Name != "bash"
	w.vars = map[string]values{}
	for name, v := range saved.vars {
		if !v.exported { // the shell does not give it on
			v = oneValue("")
		} else if v.local {
			v = v.either(oneValue(""))
		}
		w.vars[name] = v
	}
	w.errexit, w.pipefail = k.has("-e"), false
	user := k.has("--command")
	login := k.has("-l", "--login", "-i") || user && slices.ContainsFunc(k.operands, func(f field) bool { return f.is("-") })
	if login {
		w.dirs, w.blind, w.vars = nil, true, nil // files of the user come first
		k.fail("`" + k.Text + "` reads files that set a shell up")
	}
	if user {
		k.out = Join(k.out, Effects{Writes: tree("/var/log")})
		for _, name := range []string{"HOME", "SHELL", "USER", "LOGNAME"} { // those that su(1) sets
			w.env = w.set(name, values{})
		}
	}
	w.env = w.move(w.dirs) // a PWD that is another is not kept
	w.attributes(k.Script)
	w.list(k.Script.Stmts)
	w.env, w.posix, w.bare = saved, posix, noArgs
}

// bare tells a script that has no arguments, as that of a RUN, and gives itself none.
func bare(file *syntax.File) bool {
	own := true
	shell.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			own = false
		case *syntax.CallExpr:
			if len(n.Args) > 0 {
				own = own && !givesArguments(n)
			}
		}
		return own
	})
	return own
}

// givesArguments tells a command that may give a shell others.
func givesArguments(n *syntax.CallExpr) bool {
	switch n.Args[0].Lit() {
	case "", "shift", "eval", ".", "source", "builtin", "command":
		return true
	case "set":
		for i := 1; i < len(n.Args); i++ {
			option := n.Args[i].Lit()
			if len(option) < 2 || option == "--" || option[0] != '-' && option[0] != '+' {
				return true
			}
			if strings.HasSuffix(option, "o") { // its name follows
				i++
			}
		}
	}
	return false
}

// changeStack is pushd and popd.
func changeStack(k *call) {
	k.w.env = k.w.move(nil)
	k.leave("cd", "")
}
