package mergerun

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// tame tells whether a script runs nothing but programs that put no second program of
// their names into PATH: package managers, for packages of their repositories, and what
// commonly stands beside them. A shell may remember where those are. A name by itself
// does not do: `cp tool /usr/local/bin/rm` would be found by a new shell only.
func tame(file *syntax.File) bool {
	ok := true
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			ok = ok && tameCall(n)
		case *syntax.Redirect:
			to, whole := static(n.Word)
			ok = ok && (n.Op == syntax.DplOut || n.Op == syntax.RdrIn || whole && to == "/dev/null")
		case *syntax.DeclClause, *syntax.FuncDecl, *syntax.LetClause, *syntax.ProcSubst, *syntax.CoprocClause:
			ok = false
		}
		return ok
	})
	return ok
}

func tameCall(c *syntax.CallExpr) bool {
	if slices.ContainsFunc(c.Assigns, func(a *syntax.Assign) bool { return a.Name == nil || a.Name.Value == "PATH" }) {
		return false
	}
	if len(c.Args) == 0 {
		return true
	}
	switch name, _ := static(c.Args[0]); name {
	case "apt-get", "apt", "apt-cache", "apt-mark", "apk", "dnf", "microdnf", "yum":
		// A path is a package from elsewhere.
		return all(c.Args[1:], func(text string) bool { return !strings.Contains(text, "/") })
	case "rm":
		return all(c.Args[1:], func(text string) bool { return strings.HasPrefix(text, "-") || noPrograms(text) })
	case "mkdir", "ldconfig", "update-ca-certificates", "echo", "printf", "true", "false", ":", "test", "[", "set":
		return true
	}
	return false
}

func all(words []*syntax.Word, is func(text string) bool) bool {
	return !slices.ContainsFunc(words, func(w *syntax.Word) bool {
		text, _ := static(w)
		return !is(text)
	})
}

// noPrograms tells paths below which nobody has programs in PATH.
func noPrograms(path string) bool {
	return !strings.Contains(path, "..") && slices.ContainsFunc([]string{"/var/cache/", "/var/lib/", "/var/log/", "/var/tmp/", "/tmp/", "/usr/share/"},
		func(dir string) bool { return strings.HasPrefix(path, dir) })
}
