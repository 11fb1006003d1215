package cachemounts

import (
	"context"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/distro"
	"github.com/seed-e0495807/strake/plugins/shell"
)

// varPrefix makes names of variables that no script reads.
const varPrefix = "STRAKE_"

// ownDir is where caches are mounted that cannot be where the tool has them.
const ownDir = "/run/strake-"

// pass is a run over a module.
type pass struct {
	call   *plugins.Call
	host   plugins.Host
	config config
	file   func(name string) ([]byte, error) // reads the build context
	stages []*stage
	jobs   [][]*job // by stage and op; nil where there is nothing to do
}

// stage is what is known of a stage.
type stage struct {
	*pass
	index        int
	distro       distro.Distro
	baseKnown    bool   // the base image has a name, so that its caches can be told apart
	release      string // for ids
	platformVar  string // the variable that has the platform, or
	platformText string // the platform itself
	states       []*shell.State
	scripts      []*shell.Script // of RUNs that can be read
}

// read looks at all stages. Only those that the plugin is for get jobs.
func (p *pass) read(ctx context.Context) {
	m := p.call.Module
	p.jobs = make([][]*job, len(m.Stages))
	for i := range m.Stages {
		s := p.stage(ctx, i)
		p.stages = append(p.stages, s)
		p.jobs[i] = make([]*job, len(m.Stages[i].Ops))
		for k, op := range m.Stages[i].Ops {
			run, ok := op.Body.(*ir.Run)
			if !ok {
				continue
			}
			script, err := shell.Parse(run, s.states[k].Shell)
			if err != nil {
				continue // another shell: nothing is known of it
			}
			s.scripts[k] = script
			if p.call.Stages[i] {
				j := &job{stage: s, op: k, run: run, script: script, state: s.states[k], editor: script.Edit()}
				if j.find(); len(j.uses) > 0 {
					p.jobs[i][k] = j
				}
			}
		}
	}
}

// settle refuses what other parts of the module speak against, and makes the bodies.
func (p *pass) settle() {
	for _, list := range p.jobs {
		for _, j := range list {
			if j == nil {
				continue
			}
			for _, u := range j.uses {
				if u.keeps != nil && p.needed(j, u) {
					u.refused = true
				}
			}
		}
	}
	for _, list := range p.jobs {
		for _, j := range list {
			if j == nil {
				continue
			}
			for _, u := range j.uses {
				j.apply(u)
			}
			j.finish()
		}
	}
}

// stage finds out about a stage.
func (p *pass) stage(ctx context.Context, i int) *stage {
	m := p.call.Module
	s := &stage{pass: p, index: i, scripts: make([]*shell.Script, len(m.Stages[i].Ops))}
	s.distro, _ = distro.Detect(ctx, p.host, m, i)
	ref, known := distro.BaseImage(m, i)
	s.release = s.distro.ID
	switch {
	case s.distro.Release != "":
		s.release, s.baseKnown = s.distro.ID+"-"+s.distro.Release, true
	case known:
		s.release, s.baseKnown = slug(ref), true
	case s.release == "":
		s.release = string(s.distro.Family)
	}
	s.setPlatform(m)
	s.states = shell.States(m, i, distro.Base(ctx, p.host, m, i))
	return s
}

// slug makes of a reference what can stand in an id.
func slug(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, ref)
}

// setPlatform finds what says which platform the RUNs of a stage are of: that of the
// target, or of the FROM of the stage that it goes back to.
func (s *stage) setPlatform(m *ir.Module) {
	at := s.index
	for m.Stages[at].Platform == "" && shell.Parent(m, at) >= 0 {
		at = shell.Parent(m, at)
	}
	switch platform := m.Stages[at].Platform; platform {
	case "", "$TARGETPLATFORM", "${TARGETPLATFORM}":
		s.platformVar = varPrefix + "TARGETPLATFORM"
	case "$BUILDPLATFORM", "${BUILDPLATFORM}":
		s.platformVar = varPrefix + "BUILDPLATFORM"
	default:
		if s.platformText = platform; strings.ContainsAny(platform, "$\\\"'`,") {
			s.baseKnown, s.platformText = false, "any"
		}
	}
}

// descends tells whether a stage is another, or goes back to it.
func (p *pass) descends(stage, from int) bool {
	for ; stage >= 0; stage = shell.Parent(p.call.Module, stage) {
		if stage == from {
			return true
		}
	}
	return false
}

// sameUse finds a manager in the RUN of an op, as a job has it.
func (p *pass) sameUse(stage, op int, m *manager) *use {
	j := p.jobs[stage][op]
	if j == nil {
		return nil
	}
	i := slices.IndexFunc(j.uses, func(u *use) bool { return u.manager == m })
	if i < 0 {
		return nil
	}
	return j.uses[i]
}
