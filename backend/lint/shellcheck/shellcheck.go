// Package shellcheck has the program ShellCheck look at the scripts of a Dockerfile, as a rule of
// package ir/lint. What it finds is told at its place in the file, under its own ids, unless a
// rule of ours finds the same.
package shellcheck

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/script"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Name is that of the rule, under which it tells that the program does not work.
const Name = "shellcheck"

// limit is how long the program may look at one script.
const limit = 20 * time.Second

// Rules are the rules for a setting: none for "off" and "", one for "on" and the path of the
// program, and one for "auto" where there is a program. It never fails: that there is no program,
// or that it hangs or breaks, is a finding. Once ctx is done the rule is silent.
func Rules(ctx context.Context, setting string) []lint.Rule {
	name := Name
	switch setting {
	case "", "off":
		return nil
	case "on":
	case "auto":
		if _, err := exec.LookPath(Name); err != nil {
			return nil
		}
	default:
		name = setting
	}
	p := &program{name: name, limit: limit}
	return []lint.Rule{{
		Name: Name, Doc: "Have ShellCheck look at scripts", URL: lint.Page(Name), Severity: diag.Warning, Tags: []string{"shell"},
		View: func(v *lint.View, r *lint.Report) { p.look(ctx, v, r) },
	}}
}

// look has the program look at all scripts of a file, one by one. It does not go on behind one
// that it does not look at.
func (p *program) look(ctx context.Context, v *lint.View, r *lint.Report) {
	for _, stage := range v.Stages {
		for _, step := range stage.Steps {
			s := step.Script()
			if s == nil || s.Tree() == nil {
				continue
			}
			text := newText(s)
			found, err := p.run(ctx, text.whole)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				r.Step(step, p.name+" did not look at this script and those behind it: "+err.Error()).Hint = hint(err)
				return
			}
			for _, c := range found {
				report(s, text, c, r)
			}
		}
	}
}

func hint(err error) string {
	if errors.Is(err, exec.ErrNotFound) {
		return "install ShellCheck, or set shellcheck to off"
	}
	return "set shellcheck to off, or to the path of one that works"
}

// report tells what the program found, unless our own rule of that code finds it.
func report(s *lint.Script, text text, c comment, r *lint.Report) {
	start, end, ok := text.place(c)
	code := c.code()
	if !ok || script.Finds(s, code, start) {
		return
	}
	at, ok := s.Span(start, end)
	if !ok {
		at = s.Step.Node.Span()
	}
	message := strings.TrimSuffix(strings.TrimSpace(c.Message), ".")
	r.As(code, "https://www.shellcheck.net/wiki/"+code, c.severity()).Within(s.Step.Outer, at, message)
}
