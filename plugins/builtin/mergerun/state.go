package mergerun

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
)

// state is how the shell of a RUN starts: what is in force there, and what else counts. It is
// never changed once made.
type state struct {
	*eval.State
	windows  bool // the shell may be one of Windows, as long as SHELL does not say
	foreign  bool // the platform is another than Linux
	startup  bool // a variable is set that changes how a shell starts, or the stage can become anything
	settings bool // a variable gives programs options, or says what they run
	trigger  bool // ONBUILD: what a stage that starts from here begins with
	past     past
}

// start is the state at the FROM of a stage.
func (j *job) start(stage int, ends []*state) *state {
	s := j.Module.Stages[stage]
	begin := j.states.Stage(stage)[0]
	if i := eval.Parent(j.Module, stage); i >= 0 {
		now := *ends[i]
		now.State, now.startup, now.trigger = begin, now.startup || now.trigger, false // a trigger can be anything
		return &now
	}
	name := strings.ToLower(s.Base)
	now := &state{State: begin, windows: j.Module.Escape == '`' || strings.HasPrefix(strings.ToLower(s.Platform), "windows"), foreign: begin.OS != "" && begin.OS != "linux"}
	for _, part := range []string{"windows", "nanoserver", "servercore"} {
		now.windows = now.windows || strings.Contains(name, part)
	}
	facts, _ := j.host.Facts(j.ctx, stage)
	for _, p := range facts.Platforms {
		now.foreign = now.foreign || !strings.HasPrefix(p, "linux")
	}
	for name, value := range begin.View().Env {
		now.variable(name, value)
	}
	return now
}

// base is what is in force at the start of a stage that starts from no other: what the config of
// the image says, which a plugin may read when it is granted.
func (j *job) base(stage int) *eval.State {
	if j.Module.Stages[stage].Base == "scratch" {
		s := eval.NewState("", true, "/", nil, nil)
		s.ShellKnown = true
		return s
	}
	if config, err := j.host.BaseConfig(j.ctx, stage); err == nil {
		if s, err := eval.FromConfig(config, nil); err == nil {
			return s
		}
	}
	s := eval.NewState("", false, "", nil, nil)
	if facts, err := j.host.Facts(j.ctx, stage); err == nil && len(facts.Shell) > 0 {
		s.Shell, s.ShellKnown = facts.Shell, true
	}
	return s
}

// after is the state behind an op, in front of which another is in force then. Where all is settled,
// it does not count what files the op makes.
func (now *state) after(body ir.Body, then *eval.State, settled bool) *state {
	next := *now
	next.State = then
	switch b := body.(type) {
	case *ir.Shell:
		next.windows = false
	case *ir.Env:
		next.startup = next.startup || then.Lost() // it may be any variable
		for _, p := range b.Pairs {
			next.variable(p.Key, p.Value)
		}
	case *ir.Arg:
		for _, d := range b.Defaults {
			next.variable(d.Key, "?") // who builds may give another value
		}
	case *ir.Copy:
		if !settled {
			next.past = now.past.copied(now.Workdir, b)
		}
	case *ir.Add:
		if !settled {
			next.past = now.past.added(now.Workdir, b)
		}
	case *ir.Onbuild:
		next.trigger = true
	case *ir.Custom:
		next.startup = true // it can become anything
	}
	return &next
}

// variable notes one of ENV or ARG. Those that change how a shell starts are of bash(1),
// Bash Variables, and of dash(1), ENV.
func (s *state) variable(key, value string) {
	switch {
	case slices.Contains([]string{"BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "BASH_COMPAT", "POSIXLY_CORRECT"}, key), strings.HasPrefix(key, "BASH_FUNC_"):
		s.startup = true
	case key == "PATH":
		s.settings = s.settings || !usual(value)
	case key == "HOME" && value == "/root":
	case changesPrograms(key):
		s.settings = true
	}
}

// usual tells a PATH of directories that have programs of distributions.
func usual(value string) bool {
	for _, dir := range strings.Split(strings.Trim(value, `"'`), ":") {
		if !slices.Contains(programDirs, dir) && dir != "$PATH" && dir != "${PATH}" {
			return false
		}
	}
	return true
}

// errexit says whether a shell stops at the first command that fails.
type errexit uint8

const (
	off errexit = iota
	maybe
	on
)

// dialect is what a shell is known to do.
type dialect struct {
	shell   []string
	bash    bool
	errexit errexit
}

// dialect gives that of the shell of RUN, or why it is none that is understood.
func (s *state) dialect() (dialect, *reason) {
	d := dialect{shell: s.Shell, errexit: maybe}
	if s.foreign {
		return d, because("shell", "only on Linux is it known what is the same")
	}
	if s.Triggers {
		return d, because("opaque", "the base image has triggers, which come before the stage and are not read")
	}
	if s.windows {
		return d, because("shell", "the shell may be one of Windows, and SHELL does not say")
	}
	if s.startup {
		return d, because("shell", "a shell that starts reads what a variable names, as BASH_ENV, which an earlier RUN may change")
	}
	if !s.ShellKnown {
		return d, nil // sh, or what the base image says: checked where that counts
	}
	switch path.Base(s.Shell[0]) {
	case "sh", "dash", "ash":
	case "bash":
		d.bash = true
	default:
		return d, because("shell", "the shell %s is none of sh, dash, ash and bash", s.Shell[0])
	}
	set, ok := flags(s.Shell[1:])
	if !ok {
		return d, because("shell", "the flags of the shell %q are none that are understood", s.Shell)
	}
	d.errexit = off
	if set {
		d.errexit = on
	}
	return d, nil
}

// flags reads the flags of a shell up to -c. A flag that makes it read files, or not
// execute anything, is not understood.
func flags(args []string) (errexit, ok bool) {
	command := false
	for i := 0; i < len(args); i++ {
		flag := args[i]
		if len(flag) < 2 || flag[0] != '-' {
			return false, false
		}
		for _, c := range flag[1:] {
			switch c {
			case 'c':
				command = true
			case 'e':
				errexit = true
			case 'u', 'x', 'f':
			case 'o':
				if i++; i >= len(args) || !slices.Contains([]string{"pipefail", "errexit", "nounset", "xtrace"}, args[i]) {
					return false, false
				}
				errexit = errexit || args[i] == "errexit"
			default:
				return false, false
			}
		}
	}
	return errexit, command
}
