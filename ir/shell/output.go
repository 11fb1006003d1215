package shell

import (
	"slices"
	"strconv"

	"mvdan.cc/sh/v3/syntax"
)

// Captured are the commands of which something goes elsewhere than to what the script
// itself prints: into a pipe, a substitution or a file, that of a group around them
// included. The null device is no file. A bare `exec >file` takes all.
func (s *Script) Captured() map[*Command]bool {
	calls := s.Calls()
	out := map[*Command]bool{}
	take := func(n syntax.Node) {
		Walk(n, func(n syntax.Node) bool {
			if call, ok := n.(*syntax.CallExpr); ok && calls[call] != nil {
				out[calls[call]] = true
			}
			return true
		})
	}
	for _, tree := range s.trees {
		Walk(tree, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.CoprocClause:
				take(n)
			case *syntax.BinaryCmd:
				if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
					take(n.X)
				}
			case *syntax.Stmt:
				if !slices.ContainsFunc(n.Redirs, intoFile) {
					break
				}
				if call, ok := n.Cmd.(*syntax.CallExpr); ok && len(call.Args) == 1 && call.Args[0].Lit() == "exec" {
					take(tree)
				}
				take(n)
			}
			return true
		})
	}
	return out
}

// intoFile tells a redirection of output to what may be a file.
func intoFile(r *syntax.Redirect) bool {
	to := r.Word.Lit()
	switch r.Op {
	case syntax.DplOut: // ">&2", or ">&file" of bash
		return to == "" || to != "-" && !isNumber(to)
	case syntax.RdrIn, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		return false
	}
	return !isOneOf(to, "/dev/null", "/dev/stdout", "/dev/stderr")
}

// Globs are the words of a script in which a shell puts the names of files: arguments, the
// lists of loops and arrays, and redirections. Nested scripts are in it.
func (s *Script) Globs() (list []Word) {
	add := func(words ...*syntax.Word) {
		for _, w := range words {
			if w != nil && hasPattern(w) {
				list = append(list, newWord(w, ""))
			}
		}
	}
	for _, tree := range s.trees {
		Walk(tree, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.CallExpr:
				add(n.Args...)
			case *syntax.WordIter:
				add(n.Items...)
			case *syntax.ArrayElem:
				add(n.Value)
			case *syntax.Redirect:
				if n.Hdoc == nil {
					add(n.Word)
				}
			}
			return true
		})
	}
	return list
}

// SetsPattern tells whether a script puts a wildcard, in quotes or not, into a variable: where that
// is not quoted, the shell looks for files. What substitutions and files give is not looked at.
func (s *Script) SetsPattern() (found bool) {
	add := func(words ...*syntax.Word) {
		found = found || slices.ContainsFunc(words, func(w *syntax.Word) bool { return w != nil && saysPattern(w) })
	}
	for _, tree := range s.trees {
		Walk(tree, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.Assign:
				add(n.Value)
			case *syntax.WordIter:
				add(slices.DeleteFunc(slices.Clone(n.Items), hasPattern)...) // these stand for names at once
			case *syntax.CallExpr:
				if len(n.Args) > 0 && isOneOf(n.Args[0].Lit(), "export", "readonly", "local", "set", "printf") {
					add(slices.DeleteFunc(slices.Clone(n.Args[1:]), hasPattern)...)
				}
			}
			return true
		})
	}
	return found
}

// saysPattern tells whether a word has a wildcard, in quotes or not.
func saysPattern(w *syntax.Word) (found bool) {
	Walk(w, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Lit:
			found = found || wild(n.Value)
		case *syntax.SglQuoted:
			found = found || wild(n.Value)
		case *syntax.CmdSubst, *syntax.ParamExp:
			return false
		}
		return true
	})
	return found
}

// hasPattern tells whether a word has a wildcard outside of quotes.
func hasPattern(w *syntax.Word) bool {
	return slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool {
		switch p := p.(type) {
		case *syntax.Lit:
			return wild(p.Value)
		case *syntax.ExtGlob:
			return true
		case *syntax.ParamExp: // "${X:-*}"
			found := false
			Walk(p, func(n syntax.Node) bool {
				lit, ok := n.(*syntax.Lit)
				found = found || ok && wild(lit.Value)
				return true
			})
			return found && p.Exp != nil
		}
		return false
	})
}

func wild(text string) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}

// Pattern is a word with its variables expanded and a star in the place of what is not
// known, quoted wildcards included. It is false when it starts with what is not known.
func (w Word) Pattern(lookup func(name string) (string, bool)) (string, bool) {
	text, known := "", true
	for i, p := range w.node.Parts {
		part, ok := value([]syntax.WordPart{p}, false, lookup)
		if !ok {
			part, known = "*", known && i > 0
		}
		text += part
	}
	return text, known
}

// isNumber tells a descriptor from a name.
func isNumber(s string) bool { _, err := strconv.ParseUint(s, 10, 31); return err == nil }
