package splitcopy

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// cuts are the ways to make two RUNs of one that do the same, that with the longest first part first.
// Its script is one chain of "&&": a part that fails ends the build in either case. The first part
// leaves its shell as it was, but for its directory.
func (s *split) cuts(r *ir.Run, at *eval.State) (list [][]*ir.Run) {
	script, err := s.States.Script(r, at.Shell)
	if err != nil || script.Tree() == nil || len(script.Tree().Stmts) != 1 || len(r.Heredocs) > 0 ||
		slices.ContainsFunc(r.Mounts, func(m ir.Mount) bool { kind, _ := m.Option("type"); return kind == "tmpfs" }) {
		return nil
	}
	for stmt := script.Tree().Stmts[0]; plain(stmt); {
		chain, ok := stmt.Cmd.(*syntax.BinaryCmd)
		if !ok || chain.Op != syntax.AndStmt || !plain(chain.X) {
			break
		}
		first, rest := script.Text[:chain.X.End().Offset()], script.Text[chain.Y.Pos().Offset():]
		if parts := s.parts(r, at, strings.TrimSpace(first), strings.TrimSpace(rest)); parts != nil {
			list = append(list, parts)
		}
		stmt = chain.X
	}
	return list
}

// plain tells a statement that stands for itself.
func plain(stmt *syntax.Stmt) bool {
	return !stmt.Negated && !stmt.Background && !stmt.Coprocess && len(stmt.Redirs) == 0
}

// parts are RUNs of the two parts of a script, nil when the second has more of the first than its
// directory.
func (s *split) parts(r *ir.Run, at *eval.State, first, rest string) []*ir.Run {
	one, two := *r, *r
	one.Command.Line, two.Command.Line = first, rest
	script, err := shell.Parse(&one, at.Shell)
	if err != nil || len(script.Sets) > 0 || script.AnySet || slices.ContainsFunc([]string{"$?", "$_", "$!", "$-", "${_", "${?", "${!", "${-", "OLDPWD", "cd -", "jobs", "wait"}, func(w string) bool { return strings.Contains(rest, w) }) {
		return nil
	}
	commands, flat := sequence(script)
	if !flat {
		return nil
	}
	dir := at.Workdir
	for _, c := range commands {
		switch {
		case c.Name == "cd":
			dir = changed(dir, c)
		case slices.Contains([]string{"set", "shopt", "umask", "ulimit", "unset", "read", "getopts", "pushd", "popd", "exit", "return", "shift", "mapfile", "readarray", "printf", "let", "declare", "typeset", "local", "readonly", "export"}, c.Name):
			return nil
		}
	}
	if dir == "" {
		return nil
	}
	if dir != at.Workdir {
		two.Command.Line = "cd " + dir + " && " + rest
	}
	return []*ir.Run{&one, &two}
}
