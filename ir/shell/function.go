package shell

import (
	"errors"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// errFunction is for a definition of a function in a place where what stands behind it is not told
// from its body.
var errFunction = errors.New("what stands behind a function here is not told from its body")

// mayDefine tells whether there may be a function in a script: one has its word or its parentheses.
func mayDefine(text string) bool {
	for i := range len(text) {
		if text[i] == '(' && strings.HasPrefix(strings.TrimLeft(text[i+1:], " \t\r\n\\"), ")") {
			return true
		}
	}
	return strings.Contains(text, "function")
}

// split takes what stands behind functions out of their bodies: the parser reads `f() { a; } && f`
// as a function whose body is `{ a; } && f`. See POSIX.1-2017, 2.10.2: a definition is a command in a
// pipeline as any other.
func split(file *syntax.File) error {
	var stmts []*syntax.Stmt
	found, odd := false, false
	Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			stmts = append(stmts, n)
			if f, ok := n.Cmd.(*syntax.FuncDecl); ok && hasList(f) {
				found, odd = true, odd || len(n.Redirs) > 0
			}
		case *syntax.TimeClause:
			odd = odd || n.Stmt != nil && endsInFunction(n.Stmt)
		case *syntax.CoprocClause:
			odd = odd || endsInFunction(n.Stmt)
		}
		return true
	})
	if odd {
		return errFunction
	}
	if !found {
		return nil
	}
	for _, s := range slices.Backward(stmts) { // what is inside comes first
		switch c := s.Cmd.(type) {
		case *syntax.FuncDecl:
			takeOut(s, c)
		case *syntax.BinaryCmd:
			lift(s, c)
		}
	}
	return nil
}

// hasList tells a function with something behind it in its body.
func hasList(f *syntax.FuncDecl) bool {
	if f.Body == nil {
		return false
	}
	_, list := f.Body.Cmd.(*syntax.BinaryCmd)
	return list
}

// endsInFunction tells whether a pipeline ends in a function with something behind it.
func endsInFunction(s *syntax.Stmt) bool {
	for {
		switch c := s.Cmd.(type) {
		case *syntax.BinaryCmd:
			s = c.Y
		case *syntax.FuncDecl:
			return hasList(c)
		default:
			return false
		}
	}
}

// takeOut makes of a function with a list for its body the list, at whose start the function is.
func takeOut(s *syntax.Stmt, f *syntax.FuncDecl) {
	if !hasList(f) {
		return
	}
	list := f.Body.Cmd.(*syntax.BinaryCmd)
	first := leftmost(list, f.Position, func(*syntax.BinaryCmd) bool { return true })
	f.Body = first.X
	first.X = &syntax.Stmt{Position: f.Position, Cmd: f}
	s.Cmd = list
	negate(s, list)
}

// lift puts a list that was taken out of a function at the end of a pipeline, or of a list, behind
// what stands in front of the function: `a || f() { b; } && c` is `{ a || f() { b; }; } && c`.
func lift(s *syntax.Stmt, c *syntax.BinaryCmd) {
	within := func(b *syntax.BinaryCmd) bool { return pipes(c) || !pipes(b) }
	list, ok := c.Y.Cmd.(*syntax.BinaryCmd)
	if !ok || c.Y.Negated || !within(list) {
		return
	}
	first := leftmost(list, s.Position, within)
	front := &syntax.Stmt{Position: s.Position, Cmd: c}
	c.Y, first.X, s.Cmd = first.X, front, list
	negate(s, list)
}

// negate has a "!" in front of a list be that of its first pipeline.
func negate(s *syntax.Stmt, list *syntax.BinaryCmd) {
	if s.Negated && !pipes(list) {
		first := leftmost(list, s.Position, func(b *syntax.BinaryCmd) bool { return !pipes(b) }).X
		first.Position, first.Negated, s.Negated = s.Position, true, false
	}
}

// leftmost goes down to the left as long as there are operators of a kind. What it comes by starts
// at a place then.
func leftmost(b *syntax.BinaryCmd, at syntax.Pos, is func(*syntax.BinaryCmd) bool) *syntax.BinaryCmd {
	for {
		next, ok := b.X.Cmd.(*syntax.BinaryCmd)
		if !ok || !is(next) {
			return b
		}
		b.X.Position = at
		b = next
	}
}

func pipes(b *syntax.BinaryCmd) bool { return b.Op == syntax.Pipe || b.Op == syntax.PipeAll }
