package cachemounts

import (
	"context"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
)

// pass is a run over a module.
type pass struct {
	call   *plugins.Call
	config config
	file   func(name string) ([]byte, error) // reads the build context
	states *eval.Module
	stages []*stage
	jobs   [][]*job // by stage and op; nil where there is nothing to do
}

// stage is what is known of a stage.
type stage struct {
	*pass
	index   int
	distro  distro.Distro
	release string // for ids; "" when it is not known
	windows bool
	base    string        // the image, for a cache that is for that alone; "" when it cannot be named
	states  []*eval.State // in front of each op
	ops     []about
}

// read looks at all stages. Only those that the plugin is for get jobs.
func (p *pass) read(ctx context.Context, host plugins.Host) {
	m := p.call.Module
	p.states = p.call.States.Module(m, func(i int) *eval.State { return distro.Base(ctx, host, p.call.States, m, i) })
	p.jobs = make([][]*job, len(m.Stages))
	for i := range m.Stages {
		s := p.stage(ctx, host, i)
		p.stages = append(p.stages, s)
		p.jobs[i] = make([]*job, len(m.Stages[i].Ops))
		for k, op := range m.Stages[i].Ops {
			run, ok := op.Body.(*ir.Run)
			if !ok {
				continue
			}
			script, err := p.call.States.Script(run, s.states[k].Shell)
			if err != nil {
				continue // another shell: nothing is known of it
			}
			s.ops[k].script = script
			if p.call.Stages[i] && !s.windows && !p.triggers(i) {
				j := &job{stage: s, op: k, run: run, reader: &s.ops[k].reader, editor: script.Edit()}
				if j.find(); len(j.uses) > 0 {
					p.jobs[i][k] = j
				}
			}
		}
	}
}

// triggers tells whether a stage starts from one, or from an image, that has left instructions
// to it: what an ONBUILD does to the state is not read. Images that are made for that say so in
// their names.
func (p *pass) triggers(stage int) bool {
	if ref, _ := distro.BaseImage(p.call.Module, stage); p.stages[stage].states[0].Triggers || strings.Contains(strings.ToLower(ref), "onbuild") {
		return true
	}
	for i := p.states.Parent(stage); i >= 0; i = p.states.Parent(i) {
		if slices.ContainsFunc(p.call.Module.Stages[i].Ops, func(op *ir.Op) bool { _, ok := op.Body.(*ir.Onbuild); return ok }) {
			return true
		}
	}
	return false
}

// settle refuses what other parts of the module speak against, and makes the bodies.
func (p *pass) settle() {
	for _, j := range p.all() {
		for _, u := range j.uses {
			u.refused = u.refused || u.keeps != nil && p.needed(j, u) || u.led() && p.missed(j, u)
		}
	}
	for _, j := range p.all() {
		for _, u := range j.uses {
			j.apply(u)
		}
		j.finish()
	}
}

// all are the jobs, in order.
func (p *pass) all() (list []*job) {
	for _, stage := range p.jobs {
		for _, j := range stage {
			if j != nil {
				list = append(list, j)
			}
		}
	}
	return list
}

// stage finds out about a stage.
func (p *pass) stage(ctx context.Context, host plugins.Host, i int) *stage {
	m := p.call.Module
	s := &stage{pass: p, index: i, ops: make([]about, len(m.Stages[i].Ops))}
	s.distro, _ = distro.Detect(ctx, host, p.call.States, m, i)
	ref, known := distro.BaseImage(m, i)
	switch {
	case s.distro.Release != "":
		s.release = s.distro.ID + "-" + s.distro.Release
	case known:
		s.release = slug(ref)
	}
	s.windows = m.Escape != '\\' || strings.Contains(ref, "windows") || strings.Contains(ref, "nanoserver")
	s.base = p.baseOf(i, ref)
	s.states = p.states.Stage(i)
	for k, op := range m.Stages[i].Ops {
		s.ops[k] = about{op: op, reader: reader{state: s.states[k]}}
	}
	s.windows = s.windows || s.states[0].OS != "" && s.states[0].OS != "linux"
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

// baseOf is the image that a stage goes back to, when a mount can name it: it is written
// out, and is of the platform of the target, as all that mounts name is.
func (p *pass) baseOf(stage int, ref string) string {
	m := p.call.Module
	for at := stage; ; at = p.states.Parent(at) {
		switch s := m.Stages[at]; {
		case s.Platform != "" && s.Platform != "$TARGETPLATFORM" && s.Platform != "${TARGETPLATFORM}":
			return ""
		case p.states.Parent(at) >= 0:
			continue
		case s.Base != ref || p.stageOf(ref) >= 0 || strings.ContainsAny(ref, `,"`):
			return ""
		}
		return ref
	}
}

// descends tells whether a stage is another, or goes back to it.
func (p *pass) descends(stage, from int) bool {
	for ; stage >= 0; stage = p.states.Parent(stage) {
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
