package dropdead

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
)

// idle drops RUNs that do nothing. Each stands between two others: the one in front of it shows
// that its shell starts, and the one behind it leaves what the engine makes for every RUN, like a
// working directory that an earlier one has removed.
func (j *job) idle(stage int) {
	ops, states := j.Module.Stages[stage].Ops, j.states.Stage(stage)
	shown := make([]*eval.State, len(ops)) // in front of each op, the state of the last RUN that does something
	last := (*eval.State)(nil)
	for i, op := range ops {
		shown[i] = last
		if run, ok := op.Body.(*ir.Run); ok && j.does(run, states[i]) {
			last = states[i]
		}
	}
	next := (*eval.State)(nil) // of the RUN behind, when that is the next to make files
	for i, op := range slices.Backward(ops) {
		switch b := op.Body.(type) {
		case *ir.Run:
			switch {
			case j.does(b, states[i]):
				next = states[i]
			case shown[i] == nil || !sameShell(shown[i], states[i]):
				j.leave("idle", op.Origin, op.Text(), "it does nothing, but no RUN in front of it shows that its shell starts")
				next = states[i]
			case next == nil || next.Workdir != states[i].Workdir || next.Workdir == "":
				j.leave("idle", op.Origin, op.Text(), "it does nothing, but no RUN behind it shows that the engine leaves no more for it")
				next = states[i]
			default:
				j.drop(stage, i, "it only prints, or sets variables of its own shell, which ends with it")
			}
		case *ir.Copy, *ir.Add, *ir.Workdir:
			next = nil
		}
	}
}

// does is false for a RUN that surely ends well and does nothing.
func (j *job) does(run *ir.Run, at *eval.State) bool {
	if !at.ShellKnown || len(run.Mounts) > 0 || run.Network != "" || run.Security != "" || len(run.Devices) > 0 || len(run.Heredocs) > 0 || run.Command.Exec {
		return true
	}
	for _, name := range []string{"BASH_ENV", "SHELLOPTS", "BASHOPTS"} { // bash(1): what it reads when it starts
		if _, set, _ := at.Var(name); set {
			return true
		}
	}
	script, err := j.States.Script(run, at.Shell)
	return err != nil || !quiet(at.Shell[1:], strings.Contains(run.Command.Line, "$")) || !script.Idle()
}

// quiet tells flags of a shell with which it reads no files when it starts, and, where the script
// has variables, does not fail for one that is not set.
func quiet(flags []string, variables bool) bool {
	for i, flag := range flags {
		switch {
		case i > 0 && strings.HasSuffix(flags[i-1], "o") && strings.HasPrefix(flags[i-1], "-"):
			if flag != "pipefail" && flag != "errexit" && flag != "xtrace" {
				return false
			}
		case !strings.HasPrefix(flag, "-") || strings.Trim(flag[1:], "ceuxo") != "" || variables && strings.Contains(flag, "u"):
			return false
		}
	}
	return len(flags) > 0
}

// sameShell tells whether the shells of two RUNs start in the same way.
func sameShell(a, b *eval.State) bool {
	return slices.Equal(a.Shell, b.Shell) && a.ShellKnown == b.ShellKnown && a.User == b.User && a.UserKnown == b.UserKnown
}
