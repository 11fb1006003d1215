package cachemounts

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// keeps says what may count on a cache being in the image. A cache mount may be empty at
// any RUN: it is for those only that can fill it again.
type keeps struct {
	programs []string // that read the cache
	also     []string // other programs that use it
	traces   []string // what paths in the cache have in common
	offline  []string // options that forbid to fill the cache
	offVars  []string // and variables, "NAME=value"
	last     []string // goals that put into the cache what cannot be downloaded
	loose    bool     // only offline speaks against a mount
}

// harmless tells a program that has no use for caches of languages. Besides tools of the system those
// are git, managers of other languages, and what starts a container's program.
func harmless(name string) bool {
	return effects.Tool(name) || slices.Contains(strings.Fields("git java rustup npm yarn pip pip3 tini zip ldd df"), name)
}

// needed tells whether something in the stages that start from the same image counts on
// what a manager leaves in it.
func (p *pass) needed(j *job, u *use) bool {
	top := j.index
	for p.states.Parent(top) >= 0 {
		top = p.states.Parent(top)
	}
	started := make([]bool, len(p.stages))
	inputs, seen := "", false // secrets that the first use has
	stored := false           // what cannot be downloaded is in the cache
	for i, s := range p.stages {
		if !p.descends(i, top) {
			continue
		}
		if parent := p.states.Parent(i); parent >= 0 {
			started[i] = started[parent]
		}
		for k, op := range p.call.Module.Stages[i].Ops {
			// What an earlier one has put there, like `mvn install`, a mount would hide.
			earlier := p.descends(j.index, i) && (i != j.index || k < j.op)
			run, ok := op.Body.(*ir.Run)
			if !ok {
				if earlier && !u.keeps.loose && len(copies(op)) > 0 && u.keeps.traced(s.ops[k].text()) {
					return true
				}
				if !u.keeps.loose && started[i] && runsProgram(op, u.keeps.programs) {
					return true
				}
				continue
			}
			other := p.sameUse(i, k, u.manager)
			if other == nil {
				if s.ops[k].any(u.uses) {
					return true // in a stage that is not ours
				}
				if (started[i] || earlier) && !u.keeps.loose && s.mayRead(k, op, u.keeps) {
					return true
				}
				continue
			}
			in := secrets(run)
			if !u.keeps.loose && other.refused && !other.mounted || seen && in != inputs || stored || s.offline(k, run, other) ||
				!u.keeps.loose && p.fillsFor(p.jobs[i][k], other) {
				return true
			}
			inputs, seen, started[i] = in, true, true
			stored = slices.ContainsFunc(other.commands, func(c *shell.Command) bool { return c.Has(u.keeps.last...) })
		}
	}
	return !u.keeps.loose && p.copied(top, u)
}

// runsProgram tells whether CMD and the like, or ONBUILD, run a program.
func runsProgram(op *ir.Op, programs []string) bool {
	switch op.Body.(type) {
	case *ir.Cmd, *ir.Entrypoint, *ir.Healthcheck, *ir.Onbuild:
	default:
		return false
	}
	words := strings.FieldsFunc(op.Text(), func(r rune) bool { return strings.ContainsRune(" \t\"',[]()&|;", r) })
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(programs, path.Base(w)) })
}

// traced tells whether a text speaks of the cache.
func (k *keeps) traced(text string) bool {
	return slices.ContainsFunc(k.traces, func(t string) bool { return strings.Contains(text, t) })
}

// mayRead tells whether a RUN without the manager may use its cache, or fill it, all the
// same.
func (s *stage) mayRead(op int, o *ir.Op, k *keeps) bool {
	script := s.ops[op].script
	if script == nil || k.traced(o.Text()) {
		return true
	}
	r := &s.ops[op].reader
	return slices.ContainsFunc(script.Commands, func(c *shell.Command) bool {
		switch {
		case c.Name == "java" && !c.Has("-jar", "-version", "--version"): // a class path may be in the cache
			return true
		case slices.Contains(k.also, c.Name) && !isQuestion(c):
			return true
		}
		return s.config.Unknown != "mount" && !harmless(c.Name) && r.kindOf(c) == unknown
	})
}

// mavenOffline are letters of mvn(1), together, with that of no network.
var mavenOffline = late.Regexp(`^-[BCNUVXeq]*o[BCNUVXeq]*$`)

// offline tells whether a use must not fill the cache.
func (s *stage) offline(op int, run *ir.Run, u *use) bool {
	if run.Network == "none" {
		return true
	}
	for _, v := range u.keeps.offVars {
		name, off, _ := strings.Cut(v, "=")
		if value, set, known := s.states[op].Var(name); set && (!known || value == off) {
			return true
		}
		if s.ops[op].script.Assigns(name) || slices.ContainsFunc(u.commands, func(c *shell.Command) bool { return c.Sets(name) }) {
			return true
		}
	}
	return slices.ContainsFunc(u.commands, func(c *shell.Command) bool {
		return slices.ContainsFunc(c.Args, func(w shell.Word) bool {
			return isOption(w, u.keeps.offline) || u.name == "maven" && mavenOffline().MatchString(w.Text)
		})
	})
}

// secrets are those that a RUN mounts: without them it may not get what another got.
func secrets(run *ir.Run) string {
	var list []string
	for _, m := range run.Mounts {
		if kind, _ := m.Option("type"); kind == "secret" || kind == "ssh" {
			id, _ := m.Option("id")
			list = append(list, kind+" "+id)
		}
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ",")
}

// copied tells whether something takes the cache, or a part, out of the stages that go
// back to one.
func (p *pass) copied(top int, u *use) bool {
	takes := func(from, source string) bool {
		i := p.stageOf(from)
		if i < 0 || !p.descends(i, top) {
			return false
		}
		if slices.ContainsFunc(u.keeps.traces, func(t string) bool { return strings.Contains(source, t) }) {
			return true
		}
		source = path.Join("/", source)
		return slices.ContainsFunc(u.targets, func(t target) bool { return within(t.at, source) || within(source, t.at) })
	}
	for _, s := range p.call.Module.Stages {
		for _, op := range s.Ops {
			switch b := op.Body.(type) {
			case *ir.Copy:
				if b.From != "" && slices.ContainsFunc(b.Sources, func(source string) bool { return takes(b.From, source) }) {
					return true
				}
			case *ir.Run:
				for _, m := range b.Mounts {
					from, _ := m.Option("from")
					if source, _ := m.Option("source"); from != "" && takes(from, source) {
						return true
					}
				}
			}
		}
	}
	return false
}

// stageOf finds a stage by name or number, -1 when it is none.
func (p *pass) stageOf(name string) int {
	for i := len(p.call.Module.Stages) - 1; i >= 0; i-- {
		if strings.EqualFold(p.call.Module.Stages[i].Name, name) {
			return i
		}
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(p.stages) {
		return i
	}
	return -1
}
