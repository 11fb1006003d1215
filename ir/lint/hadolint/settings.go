package hadolint

import (
	"encoding/json"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// rootUser: each stage counts, as each may be what is built in the end.
func rootUser() lint.Rule {
	r := rule("DL3002", "The last USER of a stage is not root", diag.Warning, "security")
	r.View = func(v *lint.View, r *lint.Report) {
		for _, s := range v.Stages {
			var last, trigger *lint.Step
			other := ""
			for _, step := range s.Steps {
				user, ok := step.Body.(*ir.User)
				switch {
				case !ok:
				case step.Onbuild:
					trigger = step
				default:
					last = step
					if name, known := text(step, user.Name); known && !isRoot(name) {
						other = user.Name
					}
				}
			}
			for _, step := range []*lint.Step{last, trigger} {
				if step == nil {
					continue
				}
				if name, known := text(step, step.Body.(*ir.User).Name); known && isRoot(name) {
					f := r.Step(step, "the last user is root, whom a container then runs as: end the stage with another USER")
					if step == last && other != "" {
						f.Fix("go back to the user "+other+" at the end of the stage", diag.Intent, behind(s, "USER "+other)...)
					}
				}
			}
		}
	}
	return r
}

func isRoot(name string) bool {
	user, _, _ := strings.Cut(unquote(name), ":")
	return user == "root" || user == "0"
}

// behind puts an instruction behind the last of a stage.
func behind(s *lint.Stage, instruction string) []diag.Edit {
	text := s.View.Text.File.Source.Text
	at := s.Steps[len(s.Steps)-1].Outer.Span()
	if at.End == 0 || text[at.End-1] == '\n' || !s.View.Text.Whole {
		return nil
	}
	return []diag.Edit{lint.Insert(at, s.View.Text.Newline()+instruction)}
}

func portNumber() lint.Rule {
	r := rule("DL3011", "A port is a number from 0 to 65535", diag.Error, "correctness")
	r.View = lint.OnKeyword(func(s *lint.Step, r *lint.Report) {
		expose, ok := s.Node.(*lang.Expose)
		if !ok {
			return
		}
		for _, w := range expose.Ports.List {
			ports, _, _ := strings.Cut(unquote(w.Text), "/")
			for port := range strings.SplitSeq(ports, "-") {
				if value, known := text(s, port); known {
					port = value
				}
				if n, err := strconv.ParseUint(port, 10, 64); n > 65535 && (err == nil || strings.Trim(port, "0123456789") == "") {
					r.Within(s.Outer, w.At, "there is no port "+port+": the last is 65535")
					break
				}
			}
		}
	}, "EXPOSE")
	return r
}

func shellForm() lint.Rule {
	r := rule("DL3025", "CMD, ENTRYPOINT and HEALTHCHECK CMD are JSON arrays", diag.Warning, "correctness")
	r.Same = "JSONArgsRecommended"
	r.View = lint.OnKeyword(func(s *lint.Step, r *lint.Report) {
		var command ir.Command
		var line lang.Word
		switch in := s.Node.(type) {
		case *lang.Cmd:
			command, line = s.Body.(*ir.Cmd).Command, in.Command.Line
		case *lang.Entrypoint:
			command, line = s.Body.(*ir.Entrypoint).Command, in.Command.Line
		case *lang.Healthcheck:
			if s.Body.(*ir.Healthcheck).None {
				return
			}
			command, line = s.Body.(*ir.Healthcheck).Command, in.Command.Line
		default:
			return
		}
		if command.Exec {
			return
		}
		f := r.Step(s, "a shell runs this, and does not hand on signals: write the command as a JSON array")
		if array, ok := array(command, s.State().Shell, s.Stage.View.Module.Escape); ok {
			f.Fix("write the words as a JSON array", diag.Intent, diag.Edit{Span: line.At, New: array})
		}
	}, "CMD", "ENTRYPOINT", "HEALTHCHECK")
	return r
}

// array is a command as a JSON array. It is false where the shell of the command does more than
// start a program with the words as they stand.
func array(command ir.Command, sh []string, escape byte) (string, bool) {
	if len(sh) == 0 || sh[0] != "/bin/sh" || escape != '\\' {
		return "", false
	}
	script, err := shell.Parse(&ir.Run{Command: command}, sh)
	if err != nil || len(script.Commands) != 1 || len(script.Globs()) > 0 || len(script.Tree().Stmts) != 1 {
		return "", false
	}
	stmt := script.Tree().Stmts[0]
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Assigns)+len(stmt.Redirs) > 0 || stmt.Background || stmt.Negated || len(call.Args) == 0 {
		return "", false
	}
	var list []string
	for _, arg := range call.Args {
		w := shell.WordOf(arg)
		if !w.Known || strings.HasPrefix(w.Text, "~") || strings.ContainsAny(w.Text, "{}\\") {
			return "", false
		}
		text, err := json.Marshal(w.Text)
		if err != nil || strings.Contains(string(text), `\`) {
			return "", false
		}
		list = append(list, string(text))
	}
	if list[0] == `"exec"` && len(list) > 1 {
		list = list[1:]
	}
	if !isProgram(strings.Trim(list[0], `"`)) {
		return "", false
	}
	return "[" + strings.Join(list, ", ") + "]", true
}

// isProgram tells whether a word that starts a command is the name of a program, and nothing that
// the shell does by itself, or not in another way.
func isProgram(name string) bool {
	switch name {
	case "", ".", ":", "alias", "bg", "cd", "command", "eval", "exec", "exit", "export", "fg", "getopts", "hash", "jobs", "local", "read",
		"readonly", "return", "set", "shift", "source", "time", "times", "trap", "type", "ulimit", "umask", "unalias", "unset", "wait":
		return false
	}
	return !strings.HasPrefix(name, "-")
}
