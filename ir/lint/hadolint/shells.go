package hadolint

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// linkedShell is about another program in the place of /bin/sh, which all scripts of the image
// get, too.
func linkedShell() lint.Rule {
	return onScript("DL4005", "Change the shell of RUN with SHELL, not by another /bin/sh", diag.Warning, []string{"shell"}, func(s *lint.Script, r *lint.Report) {
		list := commands(s)
		for _, c := range list {
			if c.Name != "ln" {
				continue
			}
			operands := expanded(s, c).Operands()
			if n := len(operands); n < 2 || !isSh(operands[n-1].Text) {
				continue
			}
			f := r.Command(s, c, "with another /bin/sh, all scripts of the image run in it: use SHELL for the RUNs of this file")
			if program := path.Base(operands[0].Text); onlyShell(list) && operands[0].Known && !c.Nested && !s.Step.Onbuild {
				f.Fix("make it a SHELL", diag.Intent, diag.Edit{Span: s.Step.Node.Span(), New: shellOf("/bin/"+program, "-c")})
			}
		}
	}, "ln")
}

// onlyShell tells whether commands do nothing but to put another shell in the place of /bin/sh.
func onlyShell(list []*shell.Command) bool {
	return !slices.ContainsFunc(list, func(c *shell.Command) bool {
		other := slices.ContainsFunc(c.Operands(), func(w shell.Word) bool { return !strings.HasPrefix(w.Text, "/bin/sh") })
		return c.Name != "ln" && (c.Name != "rm" && c.Name != "mv" || other)
	})
}

func isSh(file string) bool { return file == "/bin/sh" || file == "/usr/bin/sh" }

// shellOf writes a SHELL.
func shellOf(args ...string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = strconv.Quote(a)
	}
	return "SHELL [" + strings.Join(quoted, ", ") + "]"
}

// pipefail wants the failure of any command of a pipe to be that of the RUN.
func pipefail() lint.Rule {
	return lint.Rule{
		Name: "DL4006", Doc: "Set the option pipefail in SHELL before a RUN with a pipe", URL: lint.Page("DL4006"), Severity: diag.Warning, Tags: []string{"shell"},
		View: func(v *lint.View, r *lint.Report) {
			for _, stage := range v.Stages {
				told := false
				alpine := sync.OnceValue(func() bool {
					d, ok := stage.Distro()
					return ok && d.Family == distro.Alpine
				})
				for _, step := range stage.Steps {
					if _, ok := step.Body.(*ir.Shell); ok {
						told = false
					}
					s := step.Script()
					if s == nil || foreign(step) {
						continue
					}
					outer := s.Tree() != nil && strings.Contains(s.Text, "|") && hasPipe(s.Tree()) && !failsInPipe(step.State().Shell) && !setsPipefail(s, step.State().Shell)
					if !outer && !slices.ContainsFunc(s.Commands, pipesInside) {
						continue
					}
					f := r.Step(step, "the RUN goes on when a command in front of a pipe fails: set pipefail in SHELL")
					if outer && !told && !step.Onbuild {
						f.Fix("set it", diag.Intent, setPipefail(step, alpine)...)
						told = true
					}
				}
			}
		},
	}
}

// foreign tells whether a step runs in a shell of Windows, as far as its base tells.
func foreign(s *lint.Step) bool {
	base := strings.ToLower(s.Stage.Root().Base)
	return s.State().OS == "windows" || !s.State().ShellKnown && (strings.Contains(base, "/windows") || strings.Contains(base, "nanoserver") || strings.Contains(base, "servercore"))
}

// hasPipe tells whether there is a pipe in a tree.
func hasPipe(tree *syntax.File) (found bool) {
	shell.Walk(tree, func(n syntax.Node) bool {
		if b, ok := n.(*syntax.BinaryCmd); ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) {
			found = true
		}
		return !found
	})
	return found
}

// pipesInside tells whether a command is a shell with a pipe in its script, and no option for it.
func pipesInside(c *shell.Command) bool {
	if c.Script == nil || !hasPipe(c.Script) {
		return false
	}
	args := []string{c.Name}
	for _, w := range c.Args {
		args = append(args, w.Text)
	}
	return !failsInPipe(args) && !setsIn(c.Script)
}

// failsInPipe tells whether a shell that has the option has it set. The sh of most images has none.
func failsInPipe(sh []string) bool {
	if len(sh) == 0 || !knowsPipefail(sh[0]) {
		return false
	}
	return slices.ContainsFunc(sh, func(a string) bool { return a == "pipefail" })
}

func knowsPipefail(program string) bool {
	return slices.Contains([]string{"bash", "zsh", "ash", "ksh"}, path.Base(program))
}

// setsPipefail tells whether a script sets the option itself, in a shell that has it.
func setsPipefail(s *lint.Script, sh []string) bool {
	knows := len(sh) > 0 && knowsPipefail(sh[0])
	if first, _, _ := strings.Cut(s.Text, "\n"); strings.HasPrefix(first, "#!") {
		words := strings.Fields(strings.TrimPrefix(first, "#!"))
		knows = slices.ContainsFunc(words, knowsPipefail)
		if knows && slices.Contains(words, "pipefail") {
			return true
		}
	}
	return knows && setsIn(s.Tree())
}

// setsIn tells whether there is a `set -o pipefail` in a tree.
func setsIn(tree *syntax.File) (found bool) {
	shell.Walk(tree, func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if ok && len(call.Args) > 1 && call.Args[0].Lit() == "set" {
			found = found || slices.ContainsFunc(call.Args[1:], func(w *syntax.Word) bool { return w.Lit() == "pipefail" })
		}
		return !found
	})
	return found
}

// setPipefail puts a SHELL in front of a RUN and the comments above it.
func setPipefail(s *lint.Step, alpine func() bool) []diag.Edit {
	if s.Stage.Node == nil {
		return nil
	}
	sh := []string{"/bin/bash", "-o", "pipefail", "-c"}
	state := s.State()
	switch {
	case len(state.Shell) > 1 && knowsPipefail(state.Shell[0]):
		sh = slices.Concat(state.Shell[:1], []string{"-o", "pipefail"}, state.Shell[1:])
	case alpine():
		sh = []string{"/bin/ash", "-eo", "pipefail", "-c"}
	}
	at := source.Span{File: s.Outer.Span().File, Start: s.Outer.Span().Start, End: s.Outer.Span().Start}
	text := s.Stage.View.Text.File.Source.Text
	items := s.Stage.View.Text.File.Items
	i, _ := slices.BinarySearchFunc(items, at.Start, func(item lang.Item, start uint32) int { return cmp.Compare(item.Span().Start, start) })
	for ; i > 0; i-- {
		above := items[i-1].Span()
		if _, comment := items[i-1].(*lang.Comment); !comment || strings.Count(text[above.End:at.Start], "\n") > 1 {
			break
		}
		at.Start, at.End = above.Start, above.Start
	}
	return []diag.Edit{{Span: at, New: shellOf(sh...) + s.Stage.View.Text.Newline()}}
}
