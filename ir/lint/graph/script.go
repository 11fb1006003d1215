package graph

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/lexer"
)

func cdLost() lint.Rule {
	r := rule("cd-lost", diag.Warning, "script", "Where a RUN ends with cd, the next step is not there: use WORKDIR")
	r.Same = "DL3003"
	r.View = lint.OnScript(func(s *lint.Script, r *lint.Report) {
		if c := last(s); c != nil && c.Name == "cd" && len(c.Via) == 0 && len(s.Find("cd", "pushd")) == 1 { // a second one may lead back
			r.Command(s, c, "the next step does not start where this leads to: use WORKDIR")
		}
	}, "cd")
	return r
}

// ofShell are builtins that change nothing but the shell that ends.
var ofShell = []string{"export", "alias", "source", ".", "umask", "ulimit", "unset", "readonly"}

func shellStateLost() lint.Rule {
	r := rule("shell-state-lost", diag.Warning, "script", "What a RUN sets in its shell at its end is gone with that: use ENV, or set it in the RUN that needs it")
	r.View = lint.OnScript(func(s *lint.Script, r *lint.Report) {
		c := last(s)
		if c == nil {
			if decl := lastDeclaration(s); decl != nil {
				if at, ok := s.Node(decl); ok {
					r.Within(s.Step.Outer, at, "the next step has a new shell, without this variable: use ENV")
				}
			}
			return
		}
		if !slices.Contains(ofShell, c.Name) || len(c.Via) > 0 {
			return
		}
		message := "the next step has a new shell, which knows nothing of this: set it in the RUN that needs it"
		switch c.Name {
		case "export":
			message = "the next step has a new shell, without this variable: use ENV"
		case "source", ".":
			if len(c.Args) != 1 || runsScript(c.Args[0].Text) {
				return
			}
			message = "the next step has a new shell, without what this sets: use ENV, or do it in the RUN that needs it"
		}
		r.Command(s, c, message)
	})
	return r
}

// runsScript tells a file that may be there to do something, rather than to set variables.
func runsScript(name string) bool {
	for _, end := range []string{"activate", ".bashrc", ".profile", ".bash_profile", ".zshrc", "/env", "environment", "nvm.sh", "setup.bash", ".env", "enable"} {
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	return true
}

// lastDeclaration is an export as bash reads it that a script ends with.
func lastDeclaration(s *lint.Script) *syntax.Stmt {
	if s.Tree() == nil || len(s.Tree().Stmts) == 0 {
		return nil
	}
	stmt := s.Tree().Stmts[len(s.Tree().Stmts)-1]
	for {
		if b, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && b.Op == syntax.AndStmt {
			stmt = b.Y
			continue
		}
		break
	}
	if d, ok := stmt.Cmd.(*syntax.DeclClause); ok && d.Variant.Value == "export" {
		return stmt
	}
	return nil
}

func processLost() lint.Rule {
	r := rule("process-lost", diag.Warning, "script", "What a RUN starts at its end is ended with it: a service has to be started where the image runs, by CMD or ENTRYPOINT")
	r.View = lint.OnScript(func(s *lint.Script, r *lint.Report) {
		const message = "this is ended with the step: start it where the image runs, by CMD or ENTRYPOINT"
		if tree := s.Tree(); tree != nil && len(tree.Stmts) > 0 {
			if stmt := tree.Stmts[len(tree.Stmts)-1]; stmt.Background {
				if at, ok := s.Node(stmt); ok {
					r.Within(s.Step.Outer, at, message)
					return
				}
			}
		}
		c := last(s)
		if c == nil {
			return
		}
		switch c.Name {
		case "service", "rc-service", "invoke-rc.d":
			if c.Arg(1) != "start" && c.Arg(1) != "restart" {
				return
			}
		case "systemctl":
			if !c.Has("start", "restart") {
				return
			}
		default:
			if !strings.HasPrefix(c.Prog.Text, "/etc/init.d/") || !c.Has("start", "restart") {
				return
			}
		}
		r.Command(s, c, message)
	})
	return r
}

func heredocWithoutSetE() lint.Rule {
	r := rule("heredoc-without-set-e", diag.Warning, "script", "A script in a here document goes on behind a command that fails: start it with set -e")
	r.View = lint.OnScript(func(s *lint.Script, r *lint.Report) {
		run := s.Step.Body.(*ir.Run)
		if len(run.Heredocs) != 1 || s.Tree() == nil {
			return
		}
		if _, only := lexer.ParseHeredoc(run.Command.Line); !only {
			return
		}
		steps := 0
		for _, stmt := range s.Tree().Stmts {
			if call, ok := stmt.Cmd.(*syntax.CallExpr); !ok || len(call.Args) > 0 {
				steps++
			}
		}
		for _, c := range s.Commands {
			if c.Name == "set" || c.Name == "trap" {
				return
			}
		}
		first, _, _ := strings.Cut(s.Text, "\n")
		strict := slices.ContainsFunc(s.Step.State().Shell, func(word string) bool {
			return strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") && strings.Contains(word, "e")
		})
		if steps < 2 || strict || strings.HasPrefix(first, "#!") && strings.Contains(first, " -") {
			return
		}
		start := 0
		if strings.HasPrefix(first, "#!") {
			start = min(len(first)+1, len(s.Text))
		}
		r.Step(s.Step, "only the last command of this script has to succeed: start it with set -e").
			Fix("start it with set -e", diag.Intent, s.Edit(start, start, "set -e\n")...)
	})
	return r
}
