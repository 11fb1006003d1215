package effects

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// words follows the substitutions in a node, each in a shell of its own, and notes what
// expansions assign.
func (w *walker) words(at syntax.Node, n syntax.Node) {
	if n == nil {
		return
	}
	shell.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			w.sub(n.Stmts)
			return false
		case *syntax.ProcSubst:
			for _, s := range n.Stmts {
				w.lose(s, "<()")
			}
			w.sub(n.Stmts)
			return false
		case *syntax.ParamExp:
			if n.Param != nil && n.Exp != nil && (n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull) {
				w.env = w.set(n.Param.Value, values{})
			}
		case *syntax.ArithmExp:
			blurred := w.blur(w.env, n)
			w.vars = blurred.vars
		}
		return true
	})
}

// redirects notes the files of redirections. A file descriptor is none.
func (w *walker) redirects(s *syntax.Stmt) {
	var e Effects
	for _, r := range s.Redirs {
		if r.Hdoc != nil {
			w.words(s, r.Hdoc)
			continue
		}
		w.words(s, r.Word)
		if name := descriptor(r); name != "" {
			w.env = w.set(name, values{})
		}
		if r.Op == syntax.WordHdoc {
			continue
		}
		fields := w.split(r.Word)
		for _, f := range fields {
			switch p := f.paths(w.dirs, false); r.Op {
			case syntax.RdrIn:
				e.Reads.add(p)
				e.Indeterminate = append(e.Indeterminate, kernel(f)...)
			case syntax.DplIn, syntax.DplOut:
				if t := f.plain(); t != "-" && (t == "" || strings.Trim(strings.TrimSuffix(t, "-"), "0123456789") != "") {
					e.Writes.add(p)
				}
			case syntax.RdrInOut:
				e.Reads.add(p)
				e.Writes.add(p)
			default:
				e.Writes.add(p)
			}
		}
		if len(fields) != 1 { // none, or one of several
			e.Writes.add(unknownPath(w.print(r.Word)))
		}
	}
	if len(s.Redirs) > 0 {
		w.note(s, w.name(s), w.print(s), e)
	}
}

// descriptor is the variable that bash gives the number of a file descriptor.
func descriptor(r *syntax.Redirect) string {
	if r.N == nil || !strings.HasPrefix(r.N.Value, "{") {
		return ""
	}
	return strings.Trim(r.N.Value, "{}")
}

// name is the program of a statement.
func (w *walker) name(s *syntax.Stmt) string {
	if c := w.calls[s.Cmd]; c != nil {
		return c.Name
	}
	return ""
}

// call follows a simple command.
func (w *walker) call(s *syntax.Stmt, n *syntax.CallExpr) (bad env) {
	if len(n.Args) == 0 {
		for _, a := range n.Assigns {
			w.words(s, a)
			w.assign(s, a, "variable")
		}
		bad = w.env
		bad.dead = !slices.ContainsFunc(n.Assigns, substitutes)
		return bad
	}
	for _, a := range n.Assigns {
		w.words(s, a)
	}
	for _, a := range n.Args {
		w.words(s, a)
	}
	w.count += len(n.Args) / 10
	in := w.env
	c := w.calls[n]
	if c == nil {
		w.note(s, "", w.print(s), All("a command that is not read"))
		return in
	}
	if body, is := w.funcs[c.Name]; is && len(c.Via) == 0 && !strings.Contains(c.Prog.Text, "/") {
		if body == nil {
			return w.unsure(s, c)
		}
		return w.function(s, n, c, body)
	}
	k := &call{w: w, Command: c, assigns: n.Assigns, bad: in}
	w.note(s, c.Name, c.Text, w.does(k))
	return k.bad
}

// substitutes tells whether an assignment runs commands, which may fail.
func substitutes(a *syntax.Assign) (found bool) {
	shell.Walk(a, func(n syntax.Node) bool {
		_, is := n.(*syntax.CmdSubst)
		found = found || is
		return true
	})
	return found
}

// command gives what a command does that is not in a tree.
func (w *walker) command(c *shell.Command, more []field) Effects {
	return w.does(&call{w: w, Command: c, more: more, bad: w.env})
}

// declare follows export and the like of bash.
func (w *walker) declare(s *syntax.Stmt, c *syntax.DeclClause) {
	kind := "variable"
	if c.Variant.Value == "export" {
		kind = "export"
	}
	for _, a := range c.Args {
		w.words(s, a)
		switch {
		case a.Name != nil && a.Naked && kind == "export":
			w.export(a.Name.Value)
			w.note(s, "export", w.print(s), Effects{Shell: []Leaving{{"export", a.Name.Value}}})
		case a.Name != nil && a.Naked:
		case a.Name != nil:
			w.assign(s, a, kind)
		case a.Value != nil && strings.HasPrefix(a.Value.Lit(), "-") && strings.Contains(a.Value.Lit(), "f"):
			w.note(s, "export", w.print(s), All("`"+w.print(s)+"` gives functions to other shells"))
		case a.Value != nil && !strings.HasPrefix(a.Value.Lit(), "-") || a.Value != nil && strings.ContainsAny(a.Value.Lit(), "nx"):
			w.blind, w.vars = true, nil // a name that is not known
		}
	}
}

func (w *walker) export(name string) {
	v := w.variable(name)
	v.exported, v.local = true, false
	w.env = w.set(name, v)
}

// assign gives a variable its value.
func (w *walker) assign(s *syntax.Stmt, a *syntax.Assign, kind string) {
	if a.Name == nil {
		return
	}
	v := values{}
	if !a.Append && a.Index == nil && a.Array == nil {
		v = w.value(a.Value)
	}
	if v.exported = kind == "export"; !v.exported { // one of the environment stays in it
		old := w.variable(a.Name.Value)
		v.exported, v.local = old.exported, old.local
	}
	w.env = w.set(a.Name.Value, v)
	w.note(s, kind, w.print(s), Effects{Shell: []Leaving{{kind, a.Name.Value}}})
}

// substituted gives what an expansion puts in its place.
func (w *walker) substituted(p syntax.WordPart) values {
	switch p := p.(type) {
	case *syntax.ParamExp:
		return w.parameter(p)
	case *syntax.ArithmExp:
		return anyWord()
	case *syntax.ProcSubst:
		return oneValue("/dev/fd/63")
	case *syntax.CmdSubst:
		return w.printed(p)
	}
	return values{}
}

// parameter gives the value of a parameter.
func (w *walker) parameter(p *syntax.ParamExp) values {
	switch {
	case p.Length && p.Param != nil, p.Param != nil && p.Exp == nil && slices.Contains([]string{"?", "#", "$", "!", "UID", "EUID", "PPID", "RANDOM", "LINENO"}, p.Param.Value):
		return anyWord()
	case p.Param != nil && p.Repl != nil:
		return w.replaced(p)
	case p.Param == nil || p.Slice != nil || p.Index != nil || p.Excl || p.Names != 0:
		return values{}
	}
	v := w.variable(p.Param.Value)
	if _, made := w.vars["PWD"]; p.Param.Value == "PWD" && !made && len(w.dirs) > 0 {
		v = values{list: w.dirs, known: true}
	}
	if p.Exp == nil {
		return v
	}
	empty := func(s string) bool { return s == "" }
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if !v.known || !slices.ContainsFunc(v.list, empty) {
			return v
		}
		if p.Exp.Op == syntax.DefaultUnsetOrNull || p.Exp.Op == syntax.AssignUnsetOrNull {
			v.list = slices.DeleteFunc(slices.Clone(v.list), empty)
		}
		return v.either(w.value(p.Exp.Word)) // one that is not set, or is empty
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return v
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		return oneValue("").either(w.value(p.Exp.Word))
	case syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		if oneWord(v) { // of which nothing may be left
			return oneValue("").either(anyWord())
		}
	case syntax.RemSmallPrefix:
		if prefix, ok := text(p.Exp.Word.Lit()); ok && v.known && !slices.ContainsFunc(v.list, wild) {
			for i, s := range v.list {
				v.list = slices.Clone(v.list)
				v.list[i] = strings.TrimPrefix(s, literal(prefix))
			}
			return v
		}
	}
	return values{}
}

// oneWord tells whether a value is a word without a slash.
func oneWord(v values) bool {
	return v.known && !slices.ContainsFunc(v.list, func(s string) bool { return strings.HasPrefix(s, "-") || strings.ContainsAny(s, "/\\ \t\n") })
}

// replaced is the value of ${X//a/b}, of a word and with a name in place of a part.
func (w *walker) replaced(p *syntax.ParamExp) values {
	v := w.variable(p.Param.Value)
	part, with := p.Repl.Orig.Lit(), p.Repl.With.Lit()
	if !oneWord(v) || part == "" || wild(part) || strings.Trim(with, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") != "" {
		return values{}
	}
	return oneValue("").either(anyWord())
}

// printed gives what a substitution prints, as far as programs are known to print a word.
func (w *walker) printed(p *syntax.CmdSubst) values {
	if len(p.Stmts) != 1 || len(p.Stmts[0].Redirs) > 0 || p.Stmts[0].Negated {
		return values{}
	}
	c := w.calls[p.Stmts[0].Cmd]
	if c == nil || len(c.Via) > 0 {
		return values{}
	}
	if _, is := w.funcs[c.Name]; is {
		return values{}
	}
	row := w.rows.find(c.Name)
	if row == nil || row.Prints == nil {
		return values{}
	}
	k := &call{w: w, Command: c, bad: w.env}
	if !k.parse(row) {
		return values{}
	}
	return row.Prints(k)
}

// standard tells the directories whose programs are those of distributions.
func standard(dir string) bool {
	return slices.Contains([]string{"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"}, path.Clean(dir))
}
