package plan

import (
	"cmp"
	"slices"

	"github.com/seed-e0495807/strake/ir"
)

// Outline is what can be given to a build: the arguments, secrets and ssh agents that
// its target uses, in the order in which the Dockerfile has them.
type Outline struct {
	Target  *ir.Stage
	Args    []OutlineArg
	Secrets []OutlineMount
	SSH     []OutlineMount

	Entitlements []OutlineMount // of RUNs that want more than a sandbox, like security.insecure
}

// OutlineArg is an argument with the value that it has in this build.
type OutlineArg struct {
	Name, Value string
	Origin      *ir.Origin
}

// OutlineMount is a secret, an ssh agent or an entitlement, where it is first asked for.
type OutlineMount struct {
	ID       string
	Required bool
	Origin   *ir.Origin
}

// outliner collects the outline. An argument, a secret or an agent counts once, where
// the target's own stages have it first.
type outliner struct {
	p      *planner
	out    *Outline
	global map[string]globalArg
	seen   map[*Stage]bool
	args   map[string]int // where in the outline
	mounts map[string]bool
}

type globalArg struct {
	origin *ir.Origin
	needs  []string // other arguments in its default
}

func (p *planner) outline() *Outline {
	o := &outliner{p: p, out: &Outline{Target: p.goal.def}, global: p.globalArgs(),
		seen: map[*Stage]bool{}, args: map[string]int{}, mounts: map[string]bool{}}
	o.stage(p.goal)
	slices.SortStableFunc(o.out.Args, func(a, b OutlineArg) int { return before(a.Origin, b.Origin) })
	byPlace := func(a, b OutlineMount) int { return before(a.Origin, b.Origin) }
	slices.SortStableFunc(o.out.Secrets, byPlace)
	slices.SortStableFunc(o.out.SSH, byPlace)
	slices.SortStableFunc(o.out.Entitlements, byPlace)
	return o.out
}

func before(a, b *ir.Origin) int {
	place := func(o *ir.Origin) uint32 {
		if spans := o.Spans(); len(spans) > 0 {
			return spans[0].Start
		}
		return 0
	}
	return cmp.Compare(place(a), place(b))
}

// globalArgs are the arguments in front of the first FROM.
func (p *planner) globalArgs() map[string]globalArg {
	out := map[string]globalArg{}
	for _, op := range p.mod.Args {
		arg, ok := bodyArg(op)
		if !ok {
			continue
		}
		for _, d := range arg.Defaults {
			g := globalArg{origin: op.Origin}
			if _, given := p.opt.BuildArgs[d.Key]; !given && d.Set {
				_, names, _ := p.words.look(d.Value, p.args) // it went well before
				g.needs = names.set
				if slices.Contains(g.needs, d.Key) { // it extends itself
					g.needs = append(g.needs, out[d.Key].needs...)
				}
			}
			out[d.Key] = g
		}
	}
	return out
}

func (o *outliner) stage(s *Stage) {
	if s == nil || o.seen[s] {
		return
	}
	o.seen[s] = true
	own := map[string]bool{}
	for _, op := range s.ops {
		if b, ok := op.Body.(*ir.Arg); ok {
			for _, d := range b.Defaults {
				own[d.Key] = true
				o.declared(s, op.Op, d)
			}
		}
	}
	for _, step := range s.Steps {
		if x, ok := step.Action.(*Exec); ok {
			o.exec(step.Op, x)
		}
	}
	for _, name := range s.fromArgs {
		if !own[name] {
			o.globalArg(name)
		}
	}
	o.stage(s.base)
	for _, op := range s.ops {
		for _, from := range op.sources {
			o.stage(from)
		}
	}
}

// declared notes an ARG of a stage. One without a value of its own is the global one.
func (o *outliner) declared(s *Stage, op *ir.Op, d ir.Default) {
	_, given := o.p.opt.BuildArgs[d.Key]
	if _, global := o.p.args.Get(d.Key); global && !given && !d.Set {
		o.globalArg(d.Key)
		return
	}
	value := ""
	if i, ok := s.argAt[d.Key]; ok {
		value = s.declared[i].value
	}
	if i, have := o.args[d.Key]; !have {
		o.args[d.Key] = len(o.out.Args)
		o.out.Args = append(o.out.Args, OutlineArg{d.Key, value, op.Origin})
	} else if s == o.p.goal { // the last declaration of a stage counts
		o.out.Args[i].Origin = op.Origin
	}
}

// globalArg notes an argument in front of the first FROM, and those it is made of.
func (o *outliner) globalArg(name string) {
	g, ok := o.global[name]
	if _, have := o.args[name]; !ok || have {
		return
	}
	o.args[name] = len(o.out.Args)
	value, _ := o.p.args.Get(name)
	o.out.Args = append(o.out.Args, OutlineArg{name, value, g.origin})
	for _, need := range g.needs {
		o.globalArg(need)
	}
}

// exec notes the secrets, agents and entitlements of a RUN.
func (o *outliner) exec(op *ir.Op, x *Exec) {
	allow := func(name string) {
		o.mount(&o.out.Entitlements, "allow "+name, OutlineMount{name, true, op.Origin})
	}
	if x.Insecure {
		allow("security.insecure")
	}
	if x.Network == "host" {
		allow("network.host")
	}
	for _, m := range x.Mounts {
		switch {
		case m.Secret != nil:
			o.mount(&o.out.Secrets, "secret "+m.Secret.ID, OutlineMount{m.Secret.ID, m.Secret.Required, op.Origin})
		case m.SSH != nil:
			o.mount(&o.out.SSH, "ssh "+m.SSH.ID, OutlineMount{m.SSH.ID, m.SSH.Required, op.Origin})
		}
	}
}

func (o *outliner) mount(list *[]OutlineMount, key string, m OutlineMount) {
	if !o.mounts[key] {
		o.mounts[key] = true
		*list = append(*list, m)
	}
}
