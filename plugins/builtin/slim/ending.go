package slim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// end is the end of a script, where commands are put behind it that run if the script would have
// succeeded. Its exit status stays: theirs is that of an rm which cannot fail, and of a script that
// fails they change nothing.
type end struct {
	last *shell.Command // an `rm -rf` that is the last command, which can take more words; or nil
	join string
}

// ending finds the end of a script. It goes by POSIX.1-2017, 2.8.1 and 2.9: a list `x && rm` has
// the status of x when that fails. But `set -e` looks away from what fails in x then, so that with
// it x is a simple command, or a list of these, of which none but the last ends the shell by failing.
func ending(script *shell.Script, at *eval.State) (*end, *reason) {
	tree := script.Tree()
	if tree == nil {
		return nil, because("form", "the exec form has no script")
	}
	flags, known := at.Shell[1:], at.ShellKnown
	if line, ok := strings.CutPrefix(script.Text, "#!"); ok { // of a here document: it says its shell itself
		line, _, _ = strings.Cut(line, "\n")
		if words := strings.Fields(line); len(words) != 1 && !(len(words) == 2 && words[0] == "/usr/bin/env") {
			return nil, because("shell", "the shell is started with other options than those of SHELL")
		}
		flags, known = nil, true
	}
	if why := changesShell(script, at, flags); why != nil {
		return nil, why
	}
	e := &end{join: " && "}
	last := tree.Stmts[len(tree.Stmts)-1]
	calls := script.Calls()
	leaf := rightmost(last)
	if c := calls[leaf.Cmd]; c != nil && !leaf.Negated {
		if removesTrees(c) && len(c.Via) == 0 {
			e.last = c
			return e, nil
		}
	}
	always, may := errexit(script, flags, known)
	if may && !flat(last, calls, tree) {
		return nil, because("errexit", "with `set -e`, what fails inside of the last command would not end it any more")
	}
	if _, call := last.Cmd.(*syntax.CallExpr); always && call && !last.Negated && !hasDocument(tree) {
		if e.join = "; "; strings.Contains(strings.TrimSpace(script.Text), "\n") {
			e.join = "\n"
		}
	}
	return e, nil
}

// remove puts behind the script what removes packages, and files.
func (e *end) remove(edit *shell.Editor, patterns, tools []string) {
	words := strings.Join(patterns, " ")
	if len(tools) > 0 {
		text := cmp.Or(e.join, " && ") + purge(tools)
		if len(patterns) > 0 {
			text += " && rm -rf " + words
		}
		edit.Behind(text)
		return
	}
	if e.last != nil {
		edit.Insert(e.last.Args[len(e.last.Args)-1].End, " "+words)
		return
	}
	edit.Behind(e.join + "rm -rf " + words)
}

// rightmost is the last command of a list joined by &&.
func rightmost(s *syntax.Stmt) *syntax.Stmt {
	for {
		b, ok := s.Cmd.(*syntax.BinaryCmd)
		if !ok || b.Op != syntax.AndStmt || s.Negated || len(s.Redirs) > 0 {
			return s
		}
		s = b.Y
	}
}

// removesTrees tells an `rm -rf` whose words are known, and which has nothing but options and paths.
func removesTrees(c *shell.Command) bool {
	flags := ""
	for _, w := range c.Args {
		if strings.HasPrefix(w.Text, "--") || !w.Known || w.End < 0 {
			return false
		}
		if strings.HasPrefix(w.Text, "-") {
			flags += w.Text
		}
	}
	return c.Name == "rm" && c.Prog.Text == "rm" && !c.Nested && len(c.Args) > 1 && strings.Contains(flags, "f") && strings.ContainsAny(flags, "rR") && strings.Trim(flags, "-rRfv") == ""
}

// flat tells a list of simple commands, whose failing `set -e` sees as it sees that of the list.
func flat(s *syntax.Stmt, calls map[syntax.Command]*shell.Command, tree *syntax.File) bool {
	switch c := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		return flat(c.X, calls, tree) && flat(c.Y, calls, tree)
	case *syntax.CallExpr:
		return !substitutes(s) && (calls[c] == nil || !isFunction(tree, calls[c].Name))
	case *syntax.DeclClause, *syntax.TestClause, *syntax.ArithmCmd:
		return !substitutes(s)
	}
	return false
}

func substitutes(s *syntax.Stmt) bool {
	return find(s, func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst:
			return true
		}
		return false
	})
}

func isFunction(tree *syntax.File, name string) bool {
	return find(tree, func(n syntax.Node) bool { f, ok := n.(*syntax.FuncDecl); return ok && f.Name.Value == name })
}

func hasDocument(tree *syntax.File) bool {
	return find(tree, func(n syntax.Node) bool { r, ok := n.(*syntax.Redirect); return ok && r.Hdoc != nil })
}

// find tells whether there is such a node below another.
func find(root syntax.Node, is func(syntax.Node) bool) (found bool) {
	syntax.Walk(root, func(n syntax.Node) bool {
		found = found || n != nil && is(n)
		return !found
	})
	return found
}

// errexit tells whether `set -e` surely is in force from the start, and whether it may be at the end.
func errexit(script *shell.Script, flags []string, known bool) (always, may bool) {
	for _, flag := range flags {
		always = always || strings.HasPrefix(flag, "-") && strings.Contains(flag, "e") || flag == "errexit"
	}
	always = always && known
	may = always || !known
	first := true
	for _, c := range script.Commands {
		if c.Name == "set" {
			may = true
			always = always || first && !c.Nested && strings.HasPrefix(c.Arg(0), "-") && strings.Contains(c.Arg(0), "e") && script.Tree().Stmts[0].Pos() == c.Pos()
			always = always && !slices.ContainsFunc(c.Args, func(w shell.Word) bool { return strings.HasPrefix(w.Text, "+") })
		}
		first = false
	}
	return always, may
}

// changesShell is why the shell may not run an rm at its end as it would alone, or not at the end.
func changesShell(script *shell.Script, at *eval.State, flags []string) *reason {
	for _, name := range []string{"BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "GLOBIGNORE", "LD_PRELOAD"} {
		if _, set, _ := at.Var(name); set || script.Assigns(name) {
			return because("shell", "%s is set, which changes what the shell does", name)
		}
	}
	if value, set, known := at.Var("PATH"); set && known && !strings.Contains(value, "/bin") {
		return because("shell", "PATH has no directory with rm")
	}
	if script.AnySet || slices.ContainsFunc(script.Sets, func(v shell.Var) bool {
		return v.Name == "PATH" && !strings.Contains(v.Value.Text, "$PATH") && !strings.Contains(v.Value.Text, "${PATH}") || v.Name == "IFS"
	}) {
		return because("shell", "the script sets PATH, IFS or nobody knows what")
	}
	for i, flag := range flags {
		option := i > 0 && strings.HasSuffix(flags[i-1], "o") && slices.Contains([]string{"pipefail", "errexit", "nounset", "xtrace"}, flag)
		if !option && (!strings.HasPrefix(flag, "-") || strings.Trim(flag[1:], "ceuxo") != "") {
			return because("shell", "the shell is started with %s", flag)
		}
	}
	for _, c := range script.Commands {
		if !c.Nested && ends(c) {
			return because("ends", "the script ends at `%s`, or may", c.Text)
		}
		if !c.Nested && alters(c) {
			return because("shell", "`%s` changes the shell, or nobody knows whether it does", c.Text)
		}
	}
	if why := constructs(script.Tree()); why != "" {
		return because("shell", "%s", why)
	}
	return nil
}

// ends tells a command at which a shell ends, and not as one that failed.
func ends(c *shell.Command) bool {
	switch c.Name {
	case "exit", "return":
		n, err := strconv.Atoi(c.Arg(0))
		return err != nil || n%256 == 0
	case "exec":
		return len(c.Args) > 0
	}
	return slices.Contains(c.Via, "exec")
}

// alters tells a command that may change how the shell runs those behind it, or have it do
// something at its end.
func alters(c *shell.Command) bool {
	switch c.Name {
	case "trap", "eval", ".", "source", "alias", "unalias", "shopt", "enable", "":
		return true
	case "hash":
		return len(c.Args) > 0
	case "set":
		for i, w := range c.Args {
			option := i > 0 && strings.HasSuffix(c.Arg(i-1), "o") && slices.Contains([]string{"pipefail", "errexit", "nounset", "xtrace", "verbose"}, w.Text)
			if !w.Known || !option && (len(w.Text) < 2 || !strings.ContainsAny(w.Text[:1], "-+") || strings.Trim(w.Text[1:], "euxvo") != "") {
				return true
			}
		}
	}
	return false
}

// constructs tells what of a tree may have commands run when the script has ended, or others in
// the place of rm.
func constructs(tree *syntax.File) (why string) {
	find(tree, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			if n.Background || n.Coprocess || n.Disown {
				why = "a command runs in the background"
			}
		case *syntax.CoprocClause:
			why = "a command runs in the background"
		case *syntax.FuncDecl:
			if n.Name != nil && n.Name.Value == "rm" {
				why = "rm is a function"
			}
		}
		return why != ""
	})
	if _, function := tree.Stmts[len(tree.Stmts)-1].Cmd.(*syntax.FuncDecl); function {
		why = "it ends in a function"
	}
	return why
}
