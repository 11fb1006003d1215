package effects

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// env is the state of a shell at a place of its script. Envs are shared: nobody changes what is
// behind one.
type env struct {
	dirs     []string // patterns of where it may stand; nil is not known
	vars     map[string]values
	funcs    functions
	blind    bool // any variable may have any value
	errexit  bool
	pipefail bool
	dead     bool // no shell comes here
}

// mostDirs is in how many directories a shell may stand for them to be told apart.
const mostDirs = 4

// mostVars is how many variables are told apart.
const mostVars = 500

// set gives a variable a value. One that is exported stays so.
func (e env) set(name string, v values) env {
	if old := e.vars[name]; !v.exported {
		v.exported, v.local = old.exported, old.local
	}
	return e.put(name, v)
}

// put makes a variable what is given.
func (e env) put(name string, v values) env {
	if len(e.vars) > mostVars {
		e.blind, e.vars = true, nil
		return e
	}
	vars := maps.Clone(e.vars)
	if vars == nil {
		vars = map[string]values{}
	}
	vars[name] = v
	e.vars = vars
	return e
}

// move has the shell stand somewhere else. Variables that a script has made of PWD and OLDPWD are
// what they were not.
func (e env) move(dirs []string) env {
	e.dirs = dirs
	for _, name := range []string{"PWD", "OLDPWD"} {
		if _, is := e.vars[name]; is {
			e = e.set(name, values{})
		}
	}
	return e
}

// merge is the env behind two ways to one place.
func (w *walker) merge(a, b env) env {
	switch {
	case a.dead:
		return b
	case b.dead:
		return a
	}
	out := a
	out.blind, out.errexit, out.pipefail = a.blind || b.blind, a.errexit && b.errexit, a.pipefail && b.pipefail
	out.funcs = mergeFunctions(a.funcs, b.funcs)
	if a.dirs == nil || b.dirs == nil {
		out.dirs = nil
	} else if !slices.Equal(a.dirs, b.dirs) {
		out.dirs = slices.Compact(slices.Sorted(slices.Values(slices.Concat(a.dirs, b.dirs))))
		if len(out.dirs) > mostDirs {
			out.dirs = nil
		}
	}
	if len(a.vars) == 0 && len(b.vars) == 0 || reflect.ValueOf(a.vars).Pointer() == reflect.ValueOf(b.vars).Pointer() {
		return out
	}
	out.vars = make(map[string]values, len(a.vars))
	for _, vars := range []map[string]values{a.vars, b.vars} {
		for name := range vars {
			if _, done := out.vars[name]; !done {
				out.vars[name] = w.in(a, name).either(w.in(b, name))
			}
		}
	}
	return out
}

// in gives a variable in an env: the script's, or that of the environment it was started with.
// One that is not set is empty.
func (w *walker) in(e env, name string) values {
	if w.odd[name] {
		return values{exported: e.vars[name].exported}
	}
	if v, ok := e.vars[name]; ok {
		return v
	}
	if w.bare && argument(name) {
		return oneValue("")
	}
	if e.blind || special(name) {
		return values{}
	}
	value, set, known := w.state.lookup(name)
	if !known || !set && w.state.Open && !w.settings {
		v := w.state.form(name)
		v.exported, v.local = true, !set
		return v
	}
	v := oneValue(literal(value))
	v.exported = set
	return v
}

// variable gives one where the shell stands.
func (w *walker) variable(name string) values {
	v := w.in(w.env, name)
	if _, own := w.vars[name]; own && w.settings && (!v.exported || v.local) { // the shell's own, which programs do not get
		v = v.either(oneValue(""))
	}
	return v
}

// setting gives a variable that a program looks at, see State.Open.
func (w *walker) setting(name string) values {
	before := w.settings
	w.settings = true
	defer func() { w.settings = before }()
	return w.variable(name)
}

// isSet tells whether a variable that a program looks at may have a value that is not empty.
func (w *walker) isSet(name string) bool {
	v := w.setting(name)
	return !v.known || slices.ContainsFunc(v.list, func(s string) bool { return s != "" })
}

// argument tells a parameter that stands for arguments.
func argument(name string) bool {
	return name == "@" || name == "*" || name != "" && name[0] != '0' && strings.Trim(name, "0123456789") == ""
}

// special tells variables that a shell itself sets.
func special(name string) bool {
	switch name {
	case "PWD", "OLDPWD", "RANDOM", "SECONDS", "LINENO", "REPLY", "OPTARG", "OPTIND", "PPID", "UID", "EUID", "HOSTNAME", "HOSTTYPE", "MACHTYPE", "OSTYPE",
		"PIPESTATUS", "FUNCNAME", "DIRSTACK", "EPOCHSECONDS", "EPOCHREALTIME", "SRANDOM", "SHLVL", "GROUPS", "_":
		return true
	}
	return strings.HasPrefix(name, "BASH") && name != "BASH_ENV" && name != "BASHOPTS" || name != "" && strings.Trim(name, "0123456789") == "" || len(name) == 1 && strings.Contains("@*#?-$!", name)
}

// blur forgets what a part of a script may change, which may run any number of times.
func (w *walker) blur(e env, nodes ...syntax.Node) env {
	names, moves, all := map[string]bool{}, false, false
	var followed []*syntax.Stmt // bodies of functions
	var visit func(n syntax.Node) bool
	visit = func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				names[n.Name.Value] = true
			} else {
				all = true // `export $X`
			}
		case *syntax.Redirect:
			if name := descriptor(n); name != "" {
				names[name] = true
			}
		case *syntax.WordIter:
			names[n.Name.Value] = true
		case *syntax.ParamExp:
			if n.Param != nil && n.Exp != nil {
				names[n.Param.Value] = true
			}
		case *syntax.BinaryArithm, *syntax.UnaryArithm:
			shell.Walk(n, func(n syntax.Node) bool {
				if lit, ok := n.(*syntax.Lit); ok {
					names[lit.Value] = true
				}
				return true
			})
			return false
		case *syntax.CallExpr:
			if len(n.Args) > 0 {
				m, a := changes(n, names)
				body, is := w.funcs[n.Args[0].Lit()]
				moves, all = moves || m || is, all || a || is
				if body != nil && !slices.Contains(followed, body) {
					followed = append(followed, body)
					shell.Walk(body, visit)
				}
			}
		case *syntax.FuncDecl:
			if n.Name != nil && n.Body != nil {
				if e.funcs[n.Name.Value] != n.Body {
					e.funcs = define(e.funcs, n.Name.Value, nil)
				}
			}
		}
		return true
	}
	for _, n := range nodes {
		shell.Walk(n, visit)
	}
	if moves || all {
		e = e.move(nil)
	}
	e.blind, e.errexit, e.pipefail = e.blind || all, false, false
	vars := maps.Clone(e.vars)
	if vars == nil {
		vars = map[string]values{}
	}
	if all {
		clear(vars)
	}
	for name := range names {
		if _, is := e.funcs[name]; is { // bash's unset takes it away, where no variable has the name
			e.funcs = define(e.funcs, name, nil)
		}
		old := w.in(e, name)
		vars[name] = values{exported: old.exported, local: old.local}
	}
	e.vars = vars
	return e
}

// changes notes the variables that a builtin sets by its arguments. It tells whether a command
// may change the directory, and whether it may set any variable.
func changes(n *syntax.CallExpr, names map[string]bool) (moves, all bool) {
	name := n.Args[0].Lit()
	if name == "builtin" || name == "command" {
		return true, true
	}
	switch name {
	case "cd", "pushd", "popd", "chdir":
		return true, false
	case "", "eval", ".", "source":
		return name != "" || len(n.Args[0].Parts) > 0, true
	case "export", "readonly", "local", "declare", "typeset", "read", "getopts", "printf", "mapfile", "readarray", "unset", "let":
		for _, a := range n.Args[1:] {
			var lit *syntax.Lit
			if len(a.Parts) > 0 {
				lit, _ = a.Parts[0].(*syntax.Lit)
			}
			if lit == nil {
				all = all || name != "printf"
				continue
			}
			variable, _, _ := strings.Cut(lit.Value, "=")
			names[strings.TrimSuffix(variable, "+")] = true
		}
		return false, all
	}
	return false, false
}
