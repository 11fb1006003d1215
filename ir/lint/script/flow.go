package script

import (
	"maps"
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// flow goes through a script in the order in which a shell does.
type flow struct {
	scan      *scan
	clean     map[*syntax.ParamExp]bool // at every time that it is expanded
	functions map[string]*syntax.Stmt
	called    map[string]bool
	integers  map[string]bool // declared as such
	depth     int
	steps     int // statements of functions that were gone through
	initial   map[string]status
	numbers   map[string]int // of variables that are assigned
}

// mostSteps is how many statements of functions are gone through for those that call them: functions that
// call each other several times have more than anyone can wait for.
const mostSteps = 100_000

// flow tells the parameters whose values have no blanks and wildcards, however often they are
// expanded.
func (c *scan) flow() map[*syntax.ParamExp]bool {
	f := &flow{scan: c, clean: make(map[*syntax.ParamExp]bool, len(c.unquoted)), initial: map[string]status{}}
	f.list(c.file.Stmts, &values{})
	for _, name := range slices.Sorted(maps.Keys(f.functions)) {
		if !f.called[name] {
			f.stmt(f.functions[name], &values{})
		}
	}
	return f.clean
}

func (f *flow) list(stmts []*syntax.Stmt, v *values) *values {
	for _, s := range stmts {
		v = f.stmt(s, v)
	}
	return v
}

// apart goes through what another process does.
func (f *flow) apart(stmts []*syntax.Stmt, v *values) { f.list(stmts, v.clone()) }

func (f *flow) stmt(s *syntax.Stmt, v *values) *values {
	if f.depth > 0 {
		f.steps++
	}
	if v == nil {
		v = &values{}
		f.command(s, v)
		return nil
	}
	if s.Background {
		f.command(s, v.clone())
		return v
	}
	return f.command(s, v)
}

func (f *flow) command(s *syntax.Stmt, v *values) *values {
	for _, r := range s.Redirs {
		f.word(r.Word, v)
		if r.Hdoc != nil {
			f.word(r.Hdoc, v)
		}
	}
	switch n := s.Cmd.(type) {
	case *syntax.CallExpr:
		return f.call(n, v)
	case *syntax.DeclClause:
		f.declare(n, v)
	case *syntax.BinaryCmd:
		if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
			f.stmt(n.X, v.clone())
			f.stmt(n.Y, v.clone())
			return v
		}
		left := f.stmt(n.X, v)
		return f.either(f.stmt(n.Y, left.clone()), left)
	case *syntax.Block:
		return f.list(n.Stmts, v)
	case *syntax.Subshell:
		f.apart(n.Stmts, v)
	case *syntax.IfClause:
		return f.branch(n, v)
	case *syntax.WhileClause:
		return f.repeat(v, func(v *values) (*values, *values) {
			v = f.list(n.Cond, v)
			return f.list(n.Do, v.clone()), v
		})
	case *syntax.ForClause:
		return f.loop(n, v)
	case *syntax.CaseClause:
		return f.cases(n, v)
	case *syntax.FuncDecl:
		if f.functions == nil {
			f.functions, f.called = map[string]*syntax.Stmt{}, map[string]bool{}
		}
		f.functions[n.Name.Value] = n.Body
	case *syntax.TimeClause:
		if n.Stmt != nil {
			return f.stmt(n.Stmt, v)
		}
	case nil:
	default:
		f.inside(n, v)
	}
	return v
}

func (f *flow) branch(n *syntax.IfClause, v *values) *values {
	if len(n.Cond) == 0 { // "else"
		return f.list(n.Then, v)
	}
	v = f.list(n.Cond, v)
	then := f.list(n.Then, v.clone())
	if n.Else == nil {
		return f.either(then, v)
	}
	return f.either(then, f.branch(n.Else, v.clone()))
}

func (f *flow) cases(n *syntax.CaseClause, v *values) *values {
	f.word(n.Word, v)
	var out *values
	all := false
	for _, item := range n.Items {
		for _, p := range item.Patterns {
			all = all || p.Lit() == "*"
			f.word(p, v)
		}
		out = f.either(out, f.list(item.Stmts, v.clone()))
	}
	if !all {
		out = f.either(out, v)
	}
	return out
}

// repeat goes through a loop until nothing new comes of it: round gives what is known at its
// end, and where it is left.
func (f *flow) repeat(v *values, round func(*values) (end, left *values)) *values {
	for range 5 { // a status changes twice at most, and gets on by one variable a time
		end, left := round(v.clone())
		next := f.either(v, end)
		if v == nil || next.all.same(v.all) {
			return left
		}
		v = next
	}
	return v
}

func (f *flow) loop(n *syntax.ForClause, v *values) *values {
	iter, ok := n.Loop.(*syntax.WordIter)
	if !ok {
		f.inside(n.Loop, v)
		return f.repeat(v, func(v *values) (*values, *values) { return f.list(n.Do, v.clone()), v })
	}
	item := empty
	for _, w := range iter.Items {
		f.word(w, v)
		if f.many(w) {
			item = unknown
		}
		item = item.or(f.status(w, v))
	}
	if len(iter.Items) == 0 || n.Select {
		item = unknown
	}
	return f.repeat(v, func(v *values) (*values, *values) {
		left := v.clone()
		if v != nil {
			f.set(v, iter.Name.Value, item)
			f.set(left, iter.Name.Value, item)
		}
		return f.list(n.Do, v), left
	})
}

// many tells a word that may be several.
func (f *flow) many(w *syntax.Word) bool {
	for _, p := range w.Parts {
		switch p.(type) {
		case *syntax.ParamExp, *syntax.CmdSubst, *syntax.ExtGlob:
			return true
		}
	}
	return isGlob(w)
}

// call goes through a simple command.
func (f *flow) call(n *syntax.CallExpr, v *values) *values {
	for _, a := range n.Assigns {
		s := f.value(a, v)
		if len(n.Args) == 0 {
			f.set(v, a.Name.Value, s)
		}
	}
	for _, w := range n.Args {
		f.word(w, v)
	}
	if len(n.Args) == 0 {
		return v
	}
	cmd := newCommand(n)
	switch cmd.name {
	case "read", "mapfile", "readarray", "getopts", "printf":
		for i, w := range cmd.args {
			if name, ok := literal(w); ok && syntax.ValidName(name) && (cmd.name != "printf" || i > 0 && cmd.args[i-1].Lit() == "-v") {
				f.set(v, name, unknown)
			}
		}
	case "unset":
		for _, w := range cmd.args {
			if name, ok := literal(w); ok && syntax.ValidName(name) {
				f.set(v, name, empty)
			}
		}
	case "exit", "return", "exec":
		if cmd.name != "exec" || len(cmd.args) > 0 {
			return nil
		}
	default:
		if body, ok := f.functions[cmd.name]; ok && f.depth < 8 && f.steps < mostSteps {
			f.called[cmd.name] = true
			f.depth++
			out := f.stmt(body, v)
			f.depth--
			if out != nil {
				return out
			}
		}
	}
	return v
}

func (f *flow) declare(n *syntax.DeclClause, v *values) {
	integer := false
	for _, a := range n.Args {
		switch {
		case a.Name == nil:
			f.word(a.Value, v)
			integer = integer || option(n, "i")
			continue
		case !a.Naked:
			f.set(v, a.Name.Value, f.value(a, v))
		case n.Variant.Value == "local":
			f.set(v, a.Name.Value, empty)
		}
		if integer {
			if f.integers == nil {
				f.integers = map[string]bool{}
			}
			f.integers[a.Name.Value] = true
		}
	}
}

// value is the status of what is assigned.
func (f *flow) value(a *syntax.Assign, v *values) status {
	if a.Array != nil {
		for _, e := range a.Array.Elems {
			if e.Value != nil {
				f.word(e.Value, v)
			}
		}
		return unknown
	}
	s := empty
	if a.Append {
		s = f.get(a.Name.Value, v)
	}
	if a.Value != nil {
		f.word(a.Value, v)
		s = s.join(f.status(a.Value, v))
	}
	if a.Index != nil {
		return unknown
	}
	return s
}

// status is that of a word.
func (f *flow) status(w *syntax.Word, v *values) status { return f.parts(w.Parts, v) }

func (f *flow) parts(list []syntax.WordPart, v *values) status {
	s := empty
	for _, p := range list {
		switch p := p.(type) {
		case *syntax.Lit:
			s = s.join(text(unescape(p.Value)))
		case *syntax.SglQuoted:
			s = s.join(text(p.Value))
		case *syntax.DblQuoted:
			s = s.join(f.parts(p.Parts, v))
		case *syntax.ArithmExp:
			s = s.join(plain)
		case *syntax.ParamExp:
			if !simple(p) {
				return unknown
			}
			s = s.join(f.get(p.Param.Value, v))
		default:
			return unknown
		}
	}
	return s
}

// simple tells $x and ${x}.
func simple(p *syntax.ParamExp) bool {
	return p.Param != nil && p.Exp == nil && p.Repl == nil && p.Slice == nil && p.Index == nil && !p.Length && !p.Excl && p.Names == 0
}

func (f *flow) word(w *syntax.Word, v *values) {
	if w != nil && slices.ContainsFunc(w.Parts, isMore) {
		f.inside(w, v)
	}
}

// isMore tells a part of a word that is more than a text.
func isMore(p syntax.WordPart) bool {
	switch p.(type) {
	case *syntax.Lit, *syntax.SglQuoted:
		return false
	}
	return true
}

// inside goes through what is expanded below a node.
func (f *flow) inside(root syntax.Node, v *values) {
	shell.Walk(root, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			f.apart(n.Stmts, v)
			return false
		case *syntax.ProcSubst:
			f.apart(n.Stmts, v)
			return false
		case *syntax.ParamExp:
			f.parameter(n, v)
		case *syntax.UnaryArithm:
			f.number(n.X, v)
		case *syntax.BinaryArithm:
			if assigns(n.Op) {
				f.number(n.X, v)
			}
		}
		return true
	})
}

// number notes that a variable is assigned in arithmetic.
func (f *flow) number(x syntax.ArithmExpr, v *values) {
	if w, ok := x.(*syntax.Word); ok && syntax.ValidName(w.Lit()) {
		f.set(v, w.Lit(), plain)
	}
}

func (f *flow) parameter(p *syntax.ParamExp, v *values) {
	if p.Param == nil {
		return
	}
	before, seen := f.clean[p]
	f.clean[p] = (before || !seen) && f.get(p.Param.Value, v) == plain
	if p.Exp != nil && p.Exp.Word != nil && (p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull) {
		f.set(v, p.Param.Value, f.get(p.Param.Value, v).or(f.status(p.Exp.Word, v)))
	}
}
