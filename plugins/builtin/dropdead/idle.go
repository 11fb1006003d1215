package dropdead

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
)

// idle drops RUNs that do nothing. Behind each stands one that starts the same shell in the same
// place: where the shell does not start, that fails, too, and what the engine makes for every RUN,
// like a working directory that an earlier one has removed, it makes for that one.
func (j *job) idle(stage int) {
	ops, states := j.Module.Stages[stage].Ops, j.states.Stage(stage)
	next := (*eval.State)(nil) // of the RUN behind, when that is the next to make files, and shows all this
	for i, op := range slices.Backward(ops) {
		switch b := op.Body.(type) {
		case *ir.Run:
			switch {
			case j.does(b, states[i]):
				next = nil
				if starts(b) {
					next = states[i]
				}
			case next == nil || !sameShell(next, states[i]) || next.Workdir != states[i].Workdir || next.Workdir == "":
				j.leave("idle", op.Origin, op.Text(), "it does nothing, but no RUN behind it shows that its shell starts, and that the engine leaves no more for it")
				next = states[i]
			default:
				j.drop(stage, i, "it only prints, or sets variables of its own shell, which ends with it")
			}
		case *ir.Copy, *ir.Add, *ir.Workdir, *ir.Env, *ir.Arg:
			next = nil
		}
	}
}

// starts tells a RUN that has the shell of the image read its line, in the file system of the image.
func starts(run *ir.Run) bool {
	return !run.Command.Exec && len(run.Mounts) == 0 && run.Security == "" && len(run.Devices) == 0 && len(run.Heredocs) == 0
}

// does is false for a RUN that surely ends well and does nothing.
func (j *job) does(run *ir.Run, at *eval.State) bool {
	if !at.ShellKnown || !starts(run) || run.Network != "" {
		return true
	}
	// What bash reads when it starts, and runs for -x; and functions in the place of builtins, bash(1).
	for _, name := range []string{"BASH_ENV", "SHELLOPTS", "BASHOPTS", "PS4", "BASH_FUNC_echo%%", "BASH_FUNC_export%%", "BASH_FUNC_true%%", "BASH_FUNC_:%%"} {
		if _, set, _ := at.Var(name); set {
			return true
		}
	}
	script, err := j.States.Script(run, at.Shell)
	return err != nil || !quiet(at.Shell[1:], strings.Contains(run.Command.Line, "$")) || !script.Idle()
}

// quiet tells flags of a shell with which it reads its line, and no files when it starts, and, where the script
// has variables, does not fail for one that is not set.
func quiet(flags []string, variables bool) bool {
	line := false // as -c has it: else the line names a file
	for i, flag := range flags {
		switch {
		case i > 0 && strings.HasSuffix(flags[i-1], "o") && strings.HasPrefix(flags[i-1], "-"):
			if flag != "pipefail" && flag != "errexit" && flag != "xtrace" {
				return false
			}
		case !strings.HasPrefix(flag, "-") || strings.Trim(flag[1:], "ceuxo") != "" || variables && strings.Contains(flag, "u"):
			return false
		default:
			line = line || strings.Contains(flag, "c")
		}
	}
	return line
}

// sameShell tells whether the shells of two RUNs start in the same way.
func sameShell(a, b *eval.State) bool {
	return slices.Equal(a.Shell, b.Shell) && a.ShellKnown == b.ShellKnown && a.User == b.User && a.UserKnown == b.UserKnown
}
