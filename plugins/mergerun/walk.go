package mergerun

import (
	"maps"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func sortedKeys(m map[string]*reason) []string { return slices.Sorted(maps.Keys(m)) }

// walker gathers what a tree does to its shell and its container.
type walker struct {
	*script
	variant syntax.LangVariant
	stack   []syntax.Node
	sub     int // subshells around
	funcs   int // functions around
	inside  int // scripts in arguments around: of another shell, so that only the container counts
}

func (w *walker) walk(n syntax.Node) {
	syntax.Walk(n, func(n syntax.Node) bool {
		step := 1
		if n == nil {
			n, step = w.stack[len(w.stack)-1], -1
			w.stack = w.stack[:len(w.stack)-1]
		} else {
			w.stack = append(w.stack, n)
			w.node(n)
		}
		switch n.(type) {
		case *syntax.Subshell, *syntax.CmdSubst:
			w.sub += step
		case *syntax.FuncDecl:
			w.funcs += step
		}
		return true
	})
}

// leak notes a change of the shell, which a subshell around it keeps in.
func (w *walker) leak() { w.leaks = w.leaks || w.sub == 0 && w.inside == 0 }

// list notes statements of which set -e could end the shell after any but the last.
func (w *walker) list(stmts []*syntax.Stmt) {
	w.listed = w.listed || w.inside == 0 && len(stmts) > 1
}

func (w *walker) node(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.Stmt:
		if n.Background || n.Coprocess || n.Disown {
			w.background()
		}
		w.negate = w.negate || n.Negated && w.inside == 0
	case *syntax.ProcSubst, *syntax.CoprocClause:
		w.background()
	case *syntax.CallExpr:
		w.call(n)
	case *syntax.DeclClause, *syntax.ArithmCmd, *syntax.LetClause:
		w.leak()
	case *syntax.FuncDecl:
		w.leak()
		w.listed = true
		if _, list := n.Body.Cmd.(*syntax.BinaryCmd); list {
			w.refuse(because("syntax", "the parser takes what follows a function for a part of it"))
		}
	case *syntax.ForClause:
		w.leak()
		w.listed = true
	case *syntax.WhileClause:
		w.listed = true
	case *syntax.Subshell:
		w.list(n.Stmts)
		if in, ok := n.Stmts[0].Cmd.(*syntax.Subshell); ok && in.Lparen.Offset() == n.Lparen.Offset()+1 {
			w.leak() // to a bash called sh it is arithmetic, which may assign
		}
	case *syntax.Block:
		w.list(n.Stmts)
	case *syntax.CmdSubst:
		w.list(n.Stmts)
	case *syntax.IfClause:
		w.list(n.Then)
	case *syntax.CaseItem:
		w.list(n.Stmts)
	default:
		w.part(n)
	}
}

// part looks at what commands are made of.
func (w *walker) part(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.Word:
		w.dollarQuote(n.Parts)
	case *syntax.ParamExp:
		if n.Param != nil && volatile(n.Param.Value) && w.inside == 0 {
			w.special(n.Param.Value)
		}
		if n.Exp != nil && (n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull) {
			w.leak()
		}
	case *syntax.BinaryArithm:
		if strings.HasSuffix(n.Op.String(), "=") && !slices.Contains([]string{"==", "!=", "<=", ">="}, n.Op.String()) {
			w.leak()
		}
	case *syntax.UnaryArithm:
		if n.Op == syntax.Inc || n.Op == syntax.Dec {
			w.leak()
		}
	case *syntax.BinaryTest:
		if n.Op == syntax.TsReMatch {
			w.leak() // BASH_REMATCH
		}
	case *syntax.Redirect:
		if n.Hdoc != nil && w.substituted() {
			w.refuse(because("here-document", "a here document in a command substitution is read at another time"))
		}
		if n.N != nil && strings.HasPrefix(n.N.Value, "{") {
			w.leak()
		}
		if name, whole := static(n.Word); whole && strings.HasPrefix(name, "/") && isShell(name) && n.Op != syntax.RdrIn {
			w.follow(becauseShell())
		}
	}
}

// substituted tells whether a node stands in a command substitution.
func (w *walker) substituted() bool {
	return slices.ContainsFunc(w.stack, func(n syntax.Node) bool { _, ok := n.(*syntax.CmdSubst); return ok })
}

// special is a variable that differs between one shell and two. That of the last
// background job is empty where there is none, and nothing follows where there is.
func (w *walker) special(name string) {
	if name != "!" {
		w.refuse(because("process", "$%s differs in a shell of several RUNs", name))
	}
}

// dollarQuote refuses $'...' for a shell that may or may not know it: the two read
// different words.
func (w *walker) dollarQuote(parts []syntax.WordPart) {
	for i := 1; i < len(parts); i++ {
		lit, ok := parts[i-1].(*syntax.Lit)
		if _, quoted := parts[i].(*syntax.SglQuoted); ok && quoted && strings.HasSuffix(lit.Value, "$") && !strings.HasSuffix(lit.Value, `\$`) {
			w.refuse(because("syntax", "sh of some systems reads $'…' in another way"))
		}
	}
}

func (w *walker) background() {
	w.follow(because("background", "a process in the background ends with its RUN, and would live on"))
}

func becauseShell() *reason {
	return because("shell-file", "it may change the shell that the next RUN starts")
}

func (w *walker) call(c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		if len(c.Assigns) > 0 {
			w.leak()
		}
		return
	}
	args := make([]string, len(c.Args))
	for i, word := range c.Args {
		args[i], _ = static(word)
	}
	name, whole := static(c.Args[0])
	if !whole {
		w.leak()
		if !literalSlash(c.Args[0]) { // a path is a program, unless blanks in a variable break it up
			w.looksA = w.looksA || w.inside == 0
			w.follow(because("dynamic", "only the shell knows what `%s` runs", print(c.Args[0])))
		}
		args[0] = path.Base(strings.Trim(print(c.Args[0]), `"`))
		w.danger(args, c.Args)
		return
	}
	if len(c.Assigns) > 0 && kindOf(name) == special {
		w.leak()
	}
	w.command(name, args, c.Args)
}

// command is one that the shell itself runs. The arguments start with the name; what
// is not literal in them ends them.
func (w *walker) command(name string, args []string, words []*syntax.Word) {
	k := kindOf(name)
	if strings.Contains(name, "/") && k < wrapper {
		return // a program named like a builtin
	}
	switch k {
	case stateful, special:
		w.leak()
		if name == "set" || name == "shopt" {
			w.setE = w.setE || w.inside == 0 && turnsOn(args[1:], words[1:])
		}
		if name == "return" && w.funcs == 0 && w.inside == 0 {
			w.refuse(because("syntax", "return is outside of a function"))
		}
	case opaque:
		w.leak()
		w.looksA = w.looksA || w.inside == 0
		w.follow(because("opaque", "the tree does not show what `%s` runs", name))
	case catcher:
		w.follow(because("trap", "a trap belongs to the end of its own shell"))
	case alias:
		w.refuse(because("alias", "an alias changes how what follows is read"))
	case runner:
		w.runs(name, args, words)
		return
	case program:
		w.lookup(name)
	}
	if k == program || k >= watcher {
		if k != program {
			w.lookup(name)
		}
		w.danger(args, words)
	}
	if name == "printf" && len(args) > 1 && args[1] == "-v" {
		w.leak()
	}
}

// lookup notes a program that the shell finds in PATH, and remembers.
func (w *walker) lookup(name string) {
	if strings.Contains(name, "/") || w.inside > 0 {
		return
	}
	w.looked[name] = true
	if w.sub == 0 {
		w.hashed[name] = true
	}
}

// runs looks at the command behind `command` and `exec`.
func (w *walker) runs(name string, args []string, words []*syntax.Word) {
	if name == "exec" || name == "builtin" {
		w.leak()
	}
	for i := 1; i < len(args); i++ {
		if strings.HasPrefix(args[i], "-") {
			continue
		}
		if _, whole := static(words[i]); !whole && !literalSlash(words[i]) {
			w.looksA = w.looksA || w.inside == 0
			w.follow(because("dynamic", "only the shell knows what `%s` runs", print(words[i])))
			return
		}
		w.command(args[i], args[i:], words[i:])
		return
	}
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

// danger looks for what a program does to the container. Behind a wrapper any argument
// may be the command, or a script.
func (w *walker) danger(args []string, words []*syntax.Word) {
	k := kindOf(args[0])
	switch k {
	case daemon:
		w.follow(because("background", "`%s` may leave a process running, which ends with its RUN", args[0]))
	case watcher:
		w.refuse(because("process", "`%s` looks at processes, which are not the same in a merged RUN", args[0]))
	case identity:
		w.follow(because("user", "`%s` changes users, which says who the next RUN runs as", args[0]))
	case locale:
		w.follow(because("locale", "`%s` changes the languages that the next shell finds", args[0]))
	case system:
		w.follow(because("container", "`%s` changes the container, which each RUN has anew", args[0]))
	case joiner:
		w.joins(args)
	case remover:
		w.removes = true
	case wrapper:
		w.wraps(args, words)
	}
	if path.Base(args[0]) == "git" && gitServer(args[1:]) {
		w.follow(because("background", "git may go on tidying up in the background"))
	}
	for _, a := range args[1:] {
		if setsShell(args[0]) && isShell(a) || strings.HasSuffix(a, "-binsh") || a == "--install" && path.Base(args[0]) == "busybox" {
			w.follow(becauseShell())
		}
		if localePackage(a) {
			w.follow(because("locale", "`%s` changes the languages that the next shell finds", a))
		}
	}
}

// joins is for programs that make users, or make them members of groups.
func (w *walker) joins(args []string) {
	for _, a := range args[1:] {
		if a == "root" || a == "0" {
			w.follow(because("user", "`%s` changes the user root, who the next RUN may run as", args[0]))
		}
	}
	if w.rights == nil {
		w.rights = because("user", "`%s` may change who the next RUN runs as", args[0])
	}
}

func (w *walker) wraps(args []string, words []*syntax.Word) {
	if w.inside > depth {
		w.follow(because("syntax", "its scripts in arguments are too deep"))
		return
	}
	for i := 1; i < len(args); i++ {
		if !strings.ContainsAny(args[i], " \t\n;&|") {
			if args[i] != "" && kindOf(args[i]) != wrapper { // whose arguments come, too
				w.danger(args[i:], words[i:])
			}
			continue
		}
		file, err := syntax.NewParser(syntax.Variant(w.variant)).Parse(strings.NewReader(args[i]), "")
		if err != nil {
			continue // no script
		}
		inner := &walker{script: w.script, variant: w.variant, inside: w.inside + 1}
		inner.walk(file)
	}
}
