package effects

import (
	"maps"
	"slices"
	"strconv"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// functions are those of a shell by their names. One without a body may be a function, or another,
// or none: it depends on the way that the script took.
type functions map[string]*syntax.Stmt

// define gives a name a body.
func define(f functions, name string, body *syntax.Stmt) functions {
	f = maps.Clone(f)
	if f == nil {
		f = functions{}
	}
	f[name] = body
	return f
}

// mergeFunctions are the functions behind two ways to one place.
func mergeFunctions(a, b functions) functions {
	if maps.Equal(a, b) {
		return a
	}
	out := functions{}
	for _, f := range []functions{a, b} {
		for name := range f {
			if out[name] = a[name]; a[name] != b[name] {
				out[name] = nil
			}
		}
	}
	return out
}

// define follows the definition of a function.
func (w *walker) define(s *syntax.Stmt, c *syntax.FuncDecl) {
	w.funcs = define(w.funcs, c.Name.Value, c.Body)
	w.note(s, "", c.Name.Value+"()", Effects{Shell: []Leaving{{"function", c.Name.Value}}})
}

// unsure is for a command that may be a function.
func (w *walker) unsure(s *syntax.Stmt, c *shell.Command) (bad env) {
	w.note(s, c.Name, c.Text, All("only the run shows which function `"+c.Name+"` is"))
	w.env = env{blind: true, funcs: w.funcs}
	return w.env
}

// function follows the body of a function, with the arguments that it is called with.
func (w *walker) function(s *syntax.Stmt, n *syntax.CallExpr, c *shell.Command, body *syntax.Stmt) (bad env) {
	in := w.env
	w.note(s, c.Name, c.Text, Effects{})
	var args [9]values
	for i := range args {
		v := oneValue("")
		if i < len(c.Args) {
			v = values{}
			if f := w.fields(c.Args[i]); len(f) == 1 && f[0].known && !slices.ContainsFunc(c.Args[:i], func(a shell.Word) bool { return !a.Known }) {
				v = oneValue(f[0].text)
			}
		}
		args[i] = v
	}
	names := w.front(n.Assigns, c)
	for i, v := range args {
		w.env = w.set(strconv.Itoa(i+1), v)
	}
	bad = w.stmt(body)
	out := w.env
	if out.dead {
		out = in
		out.dead = !leaves(body)
	}
	if leaves(body) || locals(body) {
		out, bad = w.blur(out, body), w.blur(in, body)
	}
	for i := range 9 {
		name := strconv.Itoa(i + 1)
		out = out.set(name, w.in(in, name))
	}
	for _, name := range names { // some shells keep them
		v := values{exported: w.in(in, name).exported}
		out, bad = out.put(name, v), bad.put(name, v)
	}
	w.env = out
	return bad
}

// locals tells whether a function has variables of its own.
func locals(body *syntax.Stmt) (found bool) {
	shell.Walk(body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DeclClause:
			found = true
		case *syntax.CallExpr:
			found = found || len(n.Args) > 0 && n.Args[0].Lit() == "local"
		}
		return true
	})
	return found
}

// leaves tells whether a loop is left, or goes on, in its middle.
func leaves(n syntax.Node) (found bool) {
	shell.Walk(n, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			found = found || slices.Contains([]string{"break", "continue", "return"}, call.Args[0].Lit())
		}
		return true
	})
	return found
}
