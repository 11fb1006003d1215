package reorder

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
)

// hoisted is the first of the ops in front of which the WORKDIR at end may stand as well as behind
// them, end when it may not. They are copies to absolute places, which make the directory as
// WORKDIR does: of root, with the mode 0755, and with no content but what they bring.
func hoisted(ops []*ir.Op, states []*eval.State, at, end int) int {
	if end >= len(ops) {
		return end
	}
	if _, ok := ops[end].Body.(*ir.Workdir); !ok || end+1 >= len(states) {
		return end
	}
	if s := states[end]; !s.UserKnown || s.User != "" && s.User != "root" && s.User != "0" {
		return end // whose the directory would be
	}
	dir := states[end+1].Workdir
	for end > at && path.IsAbs(dir) && passes(ops[end-1].Body, dir) {
		end--
	}
	return end
}

// passes tells whether a directory may be made in front of a copy.
func passes(body ir.Body, dir string) bool {
	var sources []string
	var dest string
	switch b := body.(type) {
	case *ir.Copy:
		if b.Chown != "" || b.Chmod != "" || b.Link || b.From != "" {
			return false
		}
		sources, dest = b.Sources, b.Dest
	case *ir.Add:
		if b.Chown != "" || b.Chmod != "" || b.Link {
			return false
		}
		sources, dest = b.Sources, b.Dest
	default:
		return false
	}
	if !path.IsAbs(dest) || strings.ContainsAny(dest, "$\\") {
		return false
	}
	to := path.Clean(dest)
	if to == dir {
		// A file would be in the way of the directory, and is in it when that is there.
		return strings.HasSuffix(dest, "/") || slices.Equal(sources, []string{"."})
	}
	return to != "/" && !strings.HasPrefix(dir, to+"/")
}

// over sorts copies and the steps behind a WORKDIR that may stand in front of them, as one stretch:
// from and end are the first and the last of the copies, behind is the end of the steps. It is false
// when nothing moves for that.
func (s *stretch) over(ops []*ir.Op, steps []effects.Step, from, end, behind int) bool {
	t := *s
	t.first = from
	for i := s.first; i < from; i++ {
		t.ground = t.ground.With(ops[i].Body, steps[i])
	}
	t.ground, t.state = t.ground.With(ops[end].Body, steps[end]), s.states.Stage(s.stage)[end+1]
	weights := s.weights.ops[s.stage]
	t.sort(slices.Concat(ops[from:end], ops[end+1:behind]), slices.Concat(steps[from:end], steps[end+1:behind]),
		slices.Concat(weights[from:end], weights[end+1:behind]))
	if !t.passed(end - from) {
		return false
	}
	if from > s.first {
		s.sort(ops[s.first:from], steps[s.first:from], weights[s.first:from])
		s.done(nil)
	}
	t.done([]*ir.Op{ops[end]})
	return true
}

// passed tells whether a step from behind the first n has moved in front of one of them.
func (s *stretch) passed(n int) bool {
	return slices.ContainsFunc(s.list[:n], func(m move) bool { _, run := m.op.Body.(*ir.Run); return run && m.over != nil })
}
