package effects

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
)

// What a script may cost: statements that are looked at, also of functions and loops more than
// once, and how deep they stand in one another.
const (
	mostStatements = 20_000
	mostDepth      = 100
	mostItems      = 16 // of a loop, each of which is looked at
)

// walker follows a script. It goes each way that a shell may take, and notes what is done there.
type walker struct {
	env
	state State
	rows  *programs
	posix bool // braces stand for themselves, unless sh is bash
	bare  bool // the script has no arguments, see bare
	calls map[syntax.Command]*shell.Command

	found []field  // what "{}" stands for, in what find runs
	repos []string // work trees that the script has cloned

	downloads []download
	sums      []sum

	printer  *syntax.Printer
	odd      map[string]bool // variables that are declared with options
	settings bool            // variables are those that a program looks at
	notes    []Command
	places   map[syntax.Node]int // in notes
	lost     map[*syntax.Stmt]string
	over     bool // it is said that the script is too long
	lists    bool // see Step
	count    int
	depth    int
}

// spent tells that the script has cost what it may. What is known from there on is nothing.
func (w *walker) spent() bool { return w.count > mostStatements }

// run gives the effects of a RUN.
func run(r *ir.Run, at State) Step {
	step := follow(r, at)
	all := make([]Effects, 0, len(step.Commands)+1)
	for _, c := range step.Commands {
		all = append(all, c.Effects)
	}
	e := Join(append(all, Effects{Copies: mounted(r, at), Secrets: secrets(r), Capabilities: security(r)})...)
	if r.Network == "none" && len(e.Unknown) == 0 {
		e.Network = nil
		e.Indeterminate = slices.DeleteFunc(e.Indeterminate, func(i Indeterminate) bool { return i == Network })
	}
	step.Effects = e
	return step
}

// follow gives what the commands of a RUN do.
func follow(r *ir.Run, at State) Step {
	script, err := at.script(r)
	if err != nil {
		return Step{Commands: []Command{{Text: r.Command.Line, Effects: All(err.Error())}}}
	}
	w := &walker{state: at, rows: rows(), calls: script.Calls(), places: map[syntax.Node]int{}, lost: map[*syntax.Stmt]string{}}
	w.posix = len(at.Shell) == 0 || !strings.HasSuffix(at.Shell[0], "bash")
	if at.Dir != "" {
		w.dirs = []string{literal(at.Dir)}
	}
	for _, name := range []string{"BASH_ENV", "ENV", "LD_PRELOAD", "SHELLOPTS", "BASHOPTS"} { // bash(1), dash(1), ld.so(8)
		if w.isSet(name) {
			return Step{Commands: []Command{{Text: r.Command.Line, Effects: All(name + " is set, which changes what programs do")}}}
		}
	}
	if script.Tree() == nil {
		if len(script.Commands) > 0 {
			w.note(nil, script.Commands[0].Name, script.Commands[0].Text, w.command(script.Commands[0], nil))
		}
		return Step{Commands: w.notes, lists: w.lists}
	}
	for i, option := range at.Shell[min(1, len(at.Shell)):] {
		w.errexit = w.errexit || strings.HasPrefix(option, "-") && strings.Contains(option, "e") || option == "errexit"
		w.pipefail = w.pipefail || option == "pipefail" && i > 0
	}
	errexit := w.errexit
	w.attributes(script.Tree())
	w.bare = bare(script.Tree())
	w.list(script.Tree().Stmts)
	w.pin(script.Tree().Stmts, errexit)
	return Step{Commands: w.notes, lists: w.lists}
}

// note adds to what a node does.
func (w *walker) note(at syntax.Node, name, text string, e Effects) {
	if i, ok := w.places[at]; ok && at != nil {
		w.notes[i].Effects = Join(w.notes[i].Effects, e)
		return
	}
	w.places[at] = len(w.notes)
	w.notes = append(w.notes, Command{name, text, Join(e)})
}

// lose notes that a node's exit status may be lost.
func (w *walker) lose(s *syntax.Stmt, how string) {
	if succeeds(s) || w.lost[s] == how || w.spent() {
		return
	}
	w.lost[s] = how
	t := w.print(s)
	w.note(s, "", t, Effects{Lost: []Lost{{how, t}}})
}

// list follows statements that come one after the other. The env is then that of a shell which
// has come to their end; what is given is that of one whose last statement failed.
func (w *walker) list(stmts []*syntax.Stmt) (bad env) {
	bad = w.env
	bad.dead = true
	for i, s := range stmts {
		if w.over {
			w.env = env{blind: true}
			return w.env
		}
		errexit := w.errexit
		bad = w.stmt(s)
		if i+1 == len(stmts) {
			break
		}
		if !errexit || !simple(s) {
			w.env = w.merge(w.env, bad)
		}
		if !errexit {
			w.lose(s, ";")
		}
	}
	return bad
}

// simple tells a statement after whose failure `set -e` ends the shell.
func simple(s *syntax.Stmt) bool {
	if s.Negated {
		return false
	}
	switch s.Cmd.(type) {
	case *syntax.CallExpr, *syntax.Subshell, *syntax.DeclClause:
		return true
	}
	return false
}

// stmt follows a statement, from and to the walker's env. What it gives is the env when the
// statement fails.
func (w *walker) stmt(s *syntax.Stmt) (bad env) {
	if w.dead || s == nil {
		return w.env
	}
	w.depth++
	w.count++
	defer func() { w.depth-- }()
	if w.spent() || w.depth > mostDepth {
		w.tooMuch(s)
		return w.env
	}
	in := w.env
	w.redirects(s)
	if c, ok := s.Cmd.(*syntax.CallExpr); ok && len(c.Args) == 0 && len(s.Redirs) > 0 { // bash assigns first, dash last
		bad = w.cmd(s)
		w.redirects(s)
	} else {
		bad = w.cmd(s)
	}
	if s.Background || s.Coprocess {
		w.lose(s, "&")
		w.env, bad = in, in
	}
	if s.Negated {
		w.env, bad = bad, w.env
	}
	return bad
}

// tooMuch is for what is not followed. It is said once that the script is too long.
func (w *walker) tooMuch(s *syntax.Stmt) {
	if !w.over {
		w.over = w.spent()
		w.note(s, "", w.print(s), All("the script is too long, or too deep"))
	}
	w.env = env{blind: true, funcs: w.funcs}
}

// sub follows statements in a shell of their own.
func (w *walker) sub(stmts []*syntax.Stmt) {
	in := w.env
	w.list(stmts)
	w.env = in
}

func (w *walker) cmd(s *syntax.Stmt) (bad env) {
	in := w.env
	switch c := s.Cmd.(type) {
	case nil:
		return in
	case *syntax.CallExpr:
		return w.call(s, c)
	case *syntax.BinaryCmd:
		return w.binary(c)
	case *syntax.Block:
		return w.list(c.Stmts)
	case *syntax.Subshell:
		w.sub(c.Stmts)
		return in
	case *syntax.IfClause:
		return w.branch(c)
	case *syntax.WhileClause:
		w.loop(c, func() { w.list(c.Cond); w.list(c.Do) })
	case *syntax.ForClause:
		w.each(c)
	case *syntax.CaseClause:
		return w.choose(c)
	case *syntax.FuncDecl:
		if c.Name == nil || c.Body == nil {
			w.note(s, "", w.print(s), All("a function without one name"))
			return in
		}
		w.define(s, c)
		bad = w.env
		bad.dead = true // it does not fail
		return bad
	case *syntax.DeclClause:
		w.declare(s, c)
	case *syntax.TimeClause:
		return w.stmt(c.Stmt)
	case *syntax.TestClause, *syntax.ArithmCmd, *syntax.LetClause:
		w.words(s, s.Cmd)
		w.env = w.blur(w.env, s.Cmd)
		w.errexit, w.pipefail = in.errexit, in.pipefail
		return w.env
	default:
		w.note(s, "", w.print(s), All("a construct of the shell that is not modelled"))
		w.env = w.blur(w.env, s.Cmd)
	}
	return w.env
}

// binary follows "&&", "||" and pipes.
func (w *walker) binary(c *syntax.BinaryCmd) (bad env) {
	switch c.Op {
	case syntax.AndStmt:
		first := w.stmt(c.X)
		return w.merge(first, w.stmt(c.Y))
	case syntax.OrStmt:
		first := w.stmt(c.X)
		good := w.env
		if good.dead { // it ends the shell
			return good
		}
		if succeeds(c.Y) || prints(c.Y) {
			w.lose(c.X, "||")
		}
		w.env = first
		bad = w.stmt(c.Y)
		w.env = w.merge(good, w.env)
		return bad
	}
	w.compares(c)
	in := w.env
	if !w.pipefail {
		w.lose(c.X, "|")
	}
	w.stmt(c.X)
	w.env = in
	w.stmt(c.Y)
	w.env = in
	return in
}

// branch follows an if, or an elif. An else has no condition.
func (w *walker) branch(c *syntax.IfClause) (bad env) {
	if len(c.Cond) == 0 {
		return w.list(c.Then)
	}
	otherwise := w.list(c.Cond)
	bad = w.list(c.Then)
	good := w.env
	w.env = otherwise
	if c.Else != nil {
		bad = w.merge(bad, w.branch(c.Else))
	}
	w.env = w.merge(good, w.env)
	return bad
}

// choose follows a case.
func (w *walker) choose(c *syntax.CaseClause) (bad env) {
	w.words(c, c.Word)
	in := w.env
	bad = in
	bad.dead = true
	out := in
	for _, item := range c.Items {
		w.env = in
		if item.Op != syntax.Break { // it goes on into the next
			w.env = w.blur(in, c)
		}
		bad = w.merge(bad, w.list(item.Stmts))
		out = w.merge(out, w.env)
	}
	w.env = out
	if slices.ContainsFunc(c.Items, func(i *syntax.CaseItem) bool { return i.Op != syntax.Break }) {
		w.env = w.blur(out, c)
	}
	return bad
}

// loop follows what runs any number of times.
func (w *walker) loop(n syntax.Node, body func()) {
	in := w.env
	w.env = w.blur(in, n)
	out := w.env
	body()
	w.env = w.merge(in, out)
}

// each follows a for. Where its items are few and known, the body is followed for each.
func (w *walker) each(c *syntax.ForClause) {
	iter, ok := c.Loop.(*syntax.WordIter)
	if !ok || c.Select || len(iter.Items) == 0 {
		if ok {
			w.words(c, iter)
		}
		w.loop(c, func() { w.list(c.Do) })
		return
	}
	w.words(c, iter)
	var items []field
	for _, item := range iter.Items {
		items = append(items, w.split(item)...)
	}
	if len(items) > mostItems || leaves(c) || slices.ContainsFunc(items, func(f field) bool { return !f.known || f.over }) {
		w.loop(c, func() { w.list(c.Do) })
		return
	}
	in := w.env
	for _, item := range items {
		v, old := oneValue(item.text), w.variable(iter.Name.Value)
		v.exported, v.local = old.exported, old.local
		w.env = w.set(iter.Name.Value, v)
		bad := w.list(c.Do)
		w.env = w.merge(w.env, bad)
	}
	w.env = w.merge(in, w.env) // a wildcard may find nothing
}

// succeeds tells what cannot fail, for all that counts.
func succeeds(s *syntax.Stmt) bool {
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			return true
		}
		return slices.Contains([]string{"true", ":", "set", "export", "umask"}, c.Args[0].Lit())
	case *syntax.FuncDecl, *syntax.DeclClause:
		return true
	}
	return s.Cmd == nil
}

// prints tells what says something in the place of an error.
func prints(s *syntax.Stmt) bool {
	c, ok := s.Cmd.(*syntax.CallExpr)
	return ok && len(c.Args) > 0 && slices.Contains([]string{"echo", "printf"}, c.Args[0].Lit())
}

// print gives the source of a node as one line.
func (w *walker) print(n syntax.Node) string {
	if w.printer == nil {
		w.printer = syntax.NewPrinter(syntax.SingleLine(true))
	}
	var b strings.Builder
	if err := w.printer.Print(&b, n); err != nil {
		return "…"
	}
	line, _, _ := strings.Cut(b.String(), "\n")
	return line
}
