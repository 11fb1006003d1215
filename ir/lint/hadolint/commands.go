package hadolint

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// senseless: programs for whom a machine is theirs, or who sit at a terminal.
func senseless() lint.Rule {
	r := rule("DL3001", "A build runs no program that is for a whole machine, or for somebody at a terminal", diag.Info, "correctness")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		f := r.Command(s, c, c.Name+" makes no sense in a build: a container has no machine of its own, and nobody sits there")
		if slices.Contains([]string{"ps", "free", "top", "ifconfig"}, c.Name) && c.CanRemove() && !s.Captured()[c] {
			f.Fix("leave it out", diag.Intent, s.Change(func(e *shell.Editor) { e.Remove(c) })...)
		}
	}, "ssh", "vim", "nano", "shutdown", "service", "ps", "free", "top", "kill", "mount", "ifconfig")
	return r
}

// sudo changes who a command is run as, without a word in the Dockerfile of whom that leaves.
func sudo() lint.Rule {
	r := rule("DL3004", "Do not use sudo, which does what nobody can foresee: use USER, or gosu to become another user", diag.Error, "security")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if c.Name == "sudo" || slices.Contains(c.Via, "sudo") {
			f := r.Command(s, c, "do not use sudo: it does what nobody can foresee; use USER, or gosu, to become another user")
			f.Fix("run it as the user that there is", diag.Intent, withoutSudo(s, c)...)
		}
	})
	return r
}

// withoutSudo drops sudo where root runs the script anyway.
func withoutSudo(s *lint.Script, c *shell.Command) []diag.Edit {
	state := s.Step.State()
	if c.Nested || c.Prog.Start < 0 || len(c.Via) != 1 || state.UserKnown && !state.Root() {
		return nil
	}
	start := int(c.Pos().Offset())
	words := strings.Fields(s.Text[start:c.Prog.Start])
	if len(words) == 0 || words[0] != "sudo" || slices.ContainsFunc(words[1:], func(w string) bool { return w != "-E" && w != "-H" && w != "-n" }) {
		return nil
	}
	return s.Edit(start, c.Prog.Start, "")
}
