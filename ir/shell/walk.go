package shell

import "mvdan.cc/sh/v3/syntax"

// Walk is syntax.Walk, which it leaves the nodes to that are not in every script: it has none of the
// deferred calls that make that one slow.
func Walk(node syntax.Node, f func(syntax.Node) bool) {
	switch n := node.(type) {
	case *syntax.File:
		if len(n.Last) > 0 {
			syntax.Walk(n, f)
		} else if f(n) {
			walkAll(n.Stmts, f)
			f(nil)
		}
	case *syntax.Stmt:
		if len(n.Comments) > 0 {
			syntax.Walk(n, f)
		} else if f(n) {
			if n.Cmd != nil {
				Walk(n.Cmd, f)
			}
			walkAll(n.Redirs, f)
			f(nil)
		}
	case *syntax.BinaryCmd:
		if f(n) {
			Walk(n.X, f)
			Walk(n.Y, f)
			f(nil)
		}
	case *syntax.CallExpr:
		if f(n) {
			walkAll(n.Assigns, f)
			walkAll(n.Args, f)
			f(nil)
		}
	case *syntax.Word:
		if f(n) {
			walkAll(n.Parts, f)
			f(nil)
		}
	case *syntax.DblQuoted:
		if f(n) {
			walkAll(n.Parts, f)
			f(nil)
		}
	case *syntax.Lit, *syntax.SglQuoted:
		if f(n) {
			f(nil)
		}
	default:
		syntax.Walk(n, f)
	}
}

func walkAll[N syntax.Node](list []N, f func(syntax.Node) bool) {
	for _, n := range list {
		Walk(n, f)
	}
}
