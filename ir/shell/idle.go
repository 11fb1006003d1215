package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Idle tells whether a script surely ends well and does nothing: it prints what it is told, or
// sets variables of its own shell. It goes by POSIX.1-2017, 2.9 and 2.14, for a shell that gives
// a variable which is not set the empty value: one that has -u set fails.
//
// What the shell expands may fail, or run something, so that words have plain variables at most;
// and of what it assigns, a word of which nothing is known could be a name that is read-only.
func (s *Script) Idle() bool {
	return s.file != nil && len(s.file.Stmts) > 0 && !slices.ContainsFunc(s.file.Stmts, func(st *syntax.Stmt) bool { return !idle(st) })
}

func idle(st *syntax.Stmt) bool {
	if st.Negated || st.Background || st.Coprocess || st.Disown || len(st.Redirs) > 0 {
		return false
	}
	switch c := st.Cmd.(type) {
	case *syntax.BinaryCmd:
		return (c.Op == syntax.AndStmt || c.Op == syntax.OrStmt) && idle(c.X) && idle(c.Y)
	case *syntax.CallExpr:
		return len(c.Assigns) == 0 && len(c.Args) > 0 && idleCall(c)
	case *syntax.DeclClause: // as bash has it
		return c.Variant.Value == "export" && len(c.Args) > 0 && !slices.ContainsFunc(c.Args, func(a *syntax.Assign) bool {
			return a.Name == nil || a.Index != nil || a.Array != nil || a.Append || !ownName(a.Name.Value) || a.Value != nil && !plainWord(a.Value)
		})
	}
	return false
}

func idleCall(c *syntax.CallExpr) bool {
	if slices.ContainsFunc(c.Args, func(w *syntax.Word) bool { return !plainWord(w) }) {
		return false
	}
	switch name := WordOf(c.Args[0]); name.Text {
	case ":", "true", "echo":
		return name.Known
	case "export": // blanks in a variable that is not quoted make other names
		return name.Known && len(c.Args) > 1 && !slices.ContainsFunc(c.Args[1:], func(w *syntax.Word) bool {
			word := WordOf(w)
			text, _, _ := strings.Cut(word.Text, "=")
			return !word.Known || !ownName(text)
		})
	}
	return false
}

// plainWord tells a word that cannot fail to expand, and that has the shell look at no files.
func plainWord(w *syntax.Word) bool {
	return !slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool { return !plainPart(p) })
}

func plainPart(p syntax.WordPart) bool {
	switch p := p.(type) {
	case *syntax.Lit:
		return !strings.ContainsAny(p.Value, "*?[~")
	case *syntax.SglQuoted:
		return !p.Dollar
	case *syntax.DblQuoted:
		return !p.Dollar && !slices.ContainsFunc(p.Parts, func(p syntax.WordPart) bool {
			_, text := p.(*syntax.Lit)
			return !text && !plainPart(p)
		})
	case *syntax.ParamExp:
		return p.Param != nil && !p.Excl && !p.Length && !p.Width && !p.IsSet && p.Index == nil && p.Slice == nil && p.Repl == nil && p.Exp == nil &&
			p.Names == 0 && len(p.Modifiers) == 0 && p.NestedParam == nil && p.Flags == nil
	}
	return false
}

// ownName tells a name that a script can surely set: bash(1) 5.2 has some that it cannot, some of
// which it takes the value for arithmetic, where a[$(x)] runs x, and one that it expands for -x.
func ownName(name string) bool {
	return isName(name) && !slices.Contains([]string{"BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID",
		"HISTCMD", "LINENO", "OPTIND", "RANDOM", "SECONDS", "SRANDOM", "PS4"}, name)
}
