package reorder

import (
	"fmt"
	"path"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
)

// mostPassed is how many steps one may pass, for which each is looked at.
const mostPassed = 64

// stretch is a part of a stage in which nothing is set that steps depend on.
type stretch struct {
	*job
	ground       *effects.Ground
	state        *eval.State
	stage, first int
	list         []move // what has been sorted
	moved        bool
	told         []func() // what is to be said of it
}

// move is a step, and in front of which it is put.
type move struct {
	op     *ir.Op
	step   effects.Step
	weight float64
	ground *effects.Ground // what it stands on
	over   *ir.Op          // the first of those that it has passed; nil has not moved
}

// sort moves each step as far up as something is there that changes more often, and everything
// between lets it pass.
func (s *stretch) sort(ops []*ir.Op, steps []effects.Step, weights []float64) {
	list := make([]move, len(ops))
	for i := range ops {
		list[i] = move{op: ops[i], step: steps[i], weight: weights[i]}
	}
	s.stand(list, 0)
	s.moved, s.told = false, nil
	for i := range list {
		if !isStep(list[i].op.Body) {
			continue
		}
		to, by, why := s.target(list[max(0, i-mostPassed):i], list[i])
		if to < 0 {
			if why != "" {
				op := list[i].op
				s.told = append(s.told, func() {
					s.say("apart", op, "stays behind `%s`, which changes more often: %s", explain.Short(by), why)
				})
			}
			continue
		}
		to += max(0, i-mostPassed)
		m := list[i]
		m.over = list[to].op
		s.told = append(s.told, func() {
			s.say("moved", m.op, "moves in front of `%s`, which changes more often", explain.Short(m.over))
		})
		list = slices.Insert(slices.Delete(list, i, i+1), to, m)
		s.stand(list[:i+1], to)
		s.moved = true
	}
	s.list = list
}

// done has what was sorted take the place of what was there, behind an op that was between, if any.
func (s *stretch) done(front []*ir.Op) {
	for _, tell := range s.told {
		tell()
	}
	if s.moved {
		s.result.Edits = append(s.result.Edits, plugins.Edit{Stage: s.stage, Op: s.first, Delete: len(front) + len(s.list),
			Insert: append(front, s.made(s.list)...)})
	}
}

// stand notes, for each step from a place on, what it stands on.
func (s *stretch) stand(list []move, from int) {
	g := s.ground
	if from > 0 {
		g = list[from-1].ground.With(list[from-1].op.Body, list[from-1].step)
	}
	for i := from; i < len(list); i++ {
		list[i].ground = g
		g = g.With(list[i].op.Body, list[i].step)
	}
}

// target is the place that a step moves to, -1 when it stays; then what it cannot pass, should that
// change more often, and why.
func (s *stretch) target(above []move, m move) (to int, by *ir.Op, why string) {
	to = -1
	for i := len(above) - 1; i >= 0; i-- {
		a := above[i]
		if !isStep(a.op.Body) {
			continue // it sets the config of the image only
		}
		heavy := a.weight > m.weight
		if why := s.apart(a, m); why != "" {
			if heavy && to < 0 {
				return -1, a.op, why
			}
			return to, nil, ""
		}
		if heavy {
			to = i
		}
	}
	return to, nil, ""
}

// isStep tells what makes a layer. Other instructions of a stretch are about the config.
func isStep(body ir.Body) bool {
	switch body.(type) {
	case *ir.Run, *ir.Copy, *ir.Add:
		return true
	}
	return false
}

// apart tells why two steps may not change places, of which the first stands in front.
func (s *stretch) apart(a, b move) string {
	if why := a.ground.Apart(a.op.Body, b.op.Body, a.step, b.step); why != "" {
		return why
	}
	for _, m := range []move{a, b} {
		if why := s.fixed(m); why != "" {
			return why
		}
	}
	if caches(a.op.Body) && caches(b.op.Body) {
		return "both have a cache, which the one leaves to the other"
	}
	return ""
}

// fixed tells why a step may not move, nor another move over it.
func (s *stretch) fixed(m move) string {
	if r, ok := m.op.Body.(*ir.Run); ok {
		if r.Security == "insecure" || len(r.Devices) > 0 {
			return "it has rights that have it do anything"
		}
		for _, mount := range r.Mounts {
			if kind, _ := mount.Option("type"); !slices.Contains([]string{"cache", "secret", "ssh"}, kind) {
				return "it has a mount of files that the image has not"
			}
		}
	}
	removes := m.step.Effects.Removes
	if s.ground.Aside && effects.Aside(s.state.Workdir) {
		removes.List = slices.DeleteFunc(slices.Clone(removes.List), m.step.OfPackages)
	}
	for dir := s.state.Workdir; ; dir = path.Dir(dir) {
		if dir == "" || removes.Covers(dir) {
			return "the working directory may be gone behind it"
		}
		if dir == "/" || dir == "." {
			return ""
		}
	}
}

// caches tells a step with a mount of type cache.
func caches(body ir.Body) bool {
	r, ok := body.(*ir.Run)
	return ok && slices.ContainsFunc(r.Mounts, func(m ir.Mount) bool { kind, _ := m.Option("type"); return kind == "cache" })
}

// made are the ops in their new order.
func (s *stretch) made(list []move) (out []*ir.Op) {
	for _, m := range list {
		op := m.op
		if m.over != nil {
			op = s.Op(m.op.Body, fmt.Sprintf("moved in front of `%s`, which changes more often", explain.Short(m.over)), m.op.Origin)
			op.Code = m.op.Code
		}
		out = append(out, op)
	}
	return out
}
