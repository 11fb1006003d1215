package mergerun

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// isTame tells whether a script runs nothing but programs that put no second program of
// their names into PATH: package managers, for packages of their repositories, and what
// commonly stands beside them. A shell may remember where those are. A name by itself
// does not do: `cp tool /usr/local/bin/rm` would be found by a new shell only.
func (s *script) isTame() bool {
	ok := true
	syntax.Walk(s.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			ok = ok && !slices.ContainsFunc(n.Assigns, func(a *syntax.Assign) bool { return a.Name == nil || a.Name.Value == "PATH" }) && (len(n.Args) == 0 || tame(s.calls[n]))
		case *syntax.Redirect:
			to := shell.WordOf(n.Word)
			ok = ok && (n.Op == syntax.DplOut || n.Op == syntax.RdrIn || to.Known && to.Text == "/dev/null")
		case *syntax.DeclClause, *syntax.FuncDecl, *syntax.LetClause, *syntax.ProcSubst, *syntax.CoprocClause:
			ok = false
		}
		return ok
	})
	return ok
}

func tame(c *shell.Command) bool {
	slash := slices.ContainsFunc(c.Args, func(w shell.Word) bool { return strings.Contains(w.Text, "/") })
	if t, ok := effects.TaskOf(c); ok || len(c.Via) > 0 {
		return len(c.Via) == 0 && t.System && managed(t).can(nil) && !slash // which is a package from elsewhere
	}
	switch c.Prog.Text {
	case "rm":
		return !slices.ContainsFunc(c.Args, func(w shell.Word) bool {
			text, _ := w.Ends()
			return !strings.HasPrefix(text, "-") && !noPrograms(text)
		})
	case "apt-cache", "apt-mark":
		return !slash
	case "mkdir", "ldconfig", "update-ca-certificates", "echo", "printf", "true", "false", ":", "test", "[", "set":
		return true
	}
	return false
}

// noPrograms tells paths below which nobody has programs in PATH.
func noPrograms(path string) bool {
	return !strings.Contains(path, "..") && slices.ContainsFunc([]string{"/var/cache/", "/var/lib/", "/var/log/", "/var/tmp/", "/tmp/", "/usr/share/"},
		func(dir string) bool { return strings.HasPrefix(path, dir) })
}
