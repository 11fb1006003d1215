package dropdead

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
)

// unneeded drops stages that what is asked for does not go back to: BuildKit makes no vertices of
// them.
func (j *job) unneeded() {
	m := j.Module
	j.needed = slices.Repeat([]bool{true}, len(m.Stages))
	copy(j.needed, j.Needed)
	for i := range m.Stages {
		if j.kept(i) || !j.Stages[i] || !sound(m, i) {
			for k, needed := range plugins.Needed(m, i) {
				j.needed[k] = j.needed[k] || needed
			}
		}
	}
	for i, s := range m.Stages {
		if j.needed[i] {
			continue
		}
		if code, why := j.holds(); code != "" {
			j.leave(code, s.Origin, s.Code, "%s", why)
			continue
		}
		j.stages[i] = true
		j.say("dropped", s.Origin, s.Code, "the stage that is built goes back to none like it")
	}
}

// sound tells a stage of which BuildKit does not say that it is wrong: it reads every FROM, and
// looks for stages that need themselves.
func sound(m *ir.Module, stage int) bool {
	s := m.Stages[stage]
	if _, err := reference.ParseNormalizedNamed(s.Base); err != nil || !slices.Contains([]string{"", "$BUILDPLATFORM", "$TARGETPLATFORM", "linux/amd64", "linux/arm64"}, s.Platform) {
		return false
	}
	later := func(name string) bool {
		return slices.ContainsFunc(m.Stages[stage:], func(s *ir.Stage) bool { return s.Name != "" && strings.EqualFold(s.Name, name) })
	}
	return !slices.ContainsFunc(s.Ops, func(op *ir.Op) bool {
		switch b := op.Body.(type) {
		case *ir.Copy:
			return later(b.From)
		case *ir.Run:
			return slices.ContainsFunc(b.Mounts, func(m ir.Mount) bool { from, _ := m.Option("from"); return later(from) || strings.Contains(from, "$") })
		case *ir.Onbuild: // of a stage that starts from this one
			return true
		}
		return false
	})
}

// holds is why no stage goes: a number that names one would name another, and triggers of a base
// image, which are instructions of the stage, may copy from any.
func (j *job) holds() (code, why string) {
	for i, s := range j.Module.Stages {
		for _, op := range s.Ops {
			if c, ok := op.Body.(*ir.Copy); ok {
				if _, err := strconv.Atoi(c.From); err == nil || strings.Contains(c.From, "$") {
					return "numbers", "COPY --from names a stage by its number, or may"
				}
			}
		}
		if !j.needed[i] || eval.Parent(j.Module, i) >= 0 || s.Base == "scratch" {
			continue
		}
		if config, err := j.host.BaseConfig(j.ctx, i); err != nil {
			why := "whether base images have triggers that copy from it is not known"
			if errors.Is(err, plugins.ErrDenied) {
				why += ": grant images"
			}
			return "triggers", why
		} else if state, err := eval.FromConfig(config, nil); err != nil || state.Triggers {
			return "triggers", "the base image has triggers, which may copy from it"
		}
	}
	return "", ""
}

// configOnly drops, from a stage that is no image and that no other starts from, what only sets
// the config of an image, and behind all that runs or makes files also variables, user and shell.
func (j *job) configOnly(stage int) {
	if stage == j.Target || j.Needed == nil || !j.needed[stage] || j.kept(stage) || j.startsOthers(stage) {
		return // without Needed, any may be built
	}
	ops := j.Module.Stages[stage].Ops
	tail := true
	for i, op := range slices.Backward(ops) {
		gone := false
		switch op.Body.(type) {
		case *ir.Cmd, *ir.Entrypoint, *ir.Expose, *ir.Label, *ir.Volume, *ir.StopSignal, *ir.Maintainer, *ir.Healthcheck, *ir.Onbuild:
			gone = j.fine(stage, i)
		case *ir.Env, *ir.User, *ir.Shell:
			gone = tail && j.fine(stage, i)
		case *ir.Arg: // see arguments
			continue
		}
		if gone {
			j.drop(stage, i, "the stage is no image, and none starts from it: only its files count")
		}
		tail = tail && gone
	}
}

// kept tells a stage that is built by itself, too.
func (j *job) kept(stage int) bool {
	name := j.Module.Stages[stage].Name
	return slices.ContainsFunc(j.config.Keep, func(k string) bool { return name != "" && strings.EqualFold(k, name) })
}

// startsOthers tells whether a stage may start from this one.
func (j *job) startsOthers(stage int) bool {
	for i := stage + 1; i < len(j.Module.Stages); i++ {
		if eval.Parent(j.Module, i) == stage || !plain(j.Module.Stages[i].Base) {
			return true
		}
	}
	return false
}

// arguments drops those that nothing reads: in front of the first stage, and at the end of one.
// BUILDKIT_… and their like are read by who builds.
func (j *job) arguments() {
	m := j.Module
	for i := range m.Stages {
		if j.Stages[i] && !j.stages[i] && !j.startsOthers(i) {
			j.trailing(i)
		}
	}
	j.args = make([]bool, len(m.Args))
	if slices.Contains(j.Stages, false) {
		return
	}
	for i, op := range m.Args {
		arg := op.Body.(*ir.Arg)
		if !slices.ContainsFunc(arg.Defaults, func(d ir.Default) bool { return !j.unread(d, i) }) {
			j.args[i] = true
			j.say("dropped", op.Origin, op.Text(), "nothing reads the argument")
		}
	}
}

// trailing drops arguments of a stage behind which nothing of it runs, or speaks of them.
func (j *job) trailing(stage int) {
	var behind []*ir.Op
	for i, op := range slices.Backward(j.Module.Stages[stage].Ops) {
		arg, ok := op.Body.(*ir.Arg)
		unread := ok && j.fine(stage, i) && !slices.ContainsFunc(arg.Defaults, func(d ir.Default) bool {
			return special(d.Key) || slices.ContainsFunc(behind, func(op *ir.Op) bool { return j.reads(op, []string{d.Key}) })
		})
		if unread {
			j.drop(stage, i, "nothing behind it reads the argument")
		} else if !j.ops[stage][i] {
			behind = append(behind, op)
		}
	}
}

// special tells arguments that mean something by themselves.
func special(name string) bool {
	return !plain(name) || strings.HasPrefix(name, "BUILDKIT_") || name == "SOURCE_DATE_EPOCH"
}

// unread tells an argument that no FROM, no later argument and no stage speaks of.
func (j *job) unread(d ir.Default, at int) bool {
	m := j.Module
	if special(d.Key) || d.Set && !plain(d.Value) && d.Value != "" {
		return false
	}
	for i, op := range m.Args {
		if i != at && (mentions(j.full(op), d.Key) || j.reads(op, []string{d.Key})) {
			return false
		}
	}
	for i, s := range m.Stages {
		if j.stages[i] {
			continue
		}
		if mentions(s.Base+" "+s.Platform, d.Key) {
			return false
		}
		for k, op := range s.Ops {
			_, run := op.Body.(*ir.Run)
			if !j.ops[i][k] && (mentions(j.full(op), d.Key) || !run && j.reads(op, []string{d.Key})) {
				return false
			}
		}
	}
	return true
}
