package plugins

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-e0495807/strake/ir"
)

// Apply gives the module that a result makes of m, which is left as it is: m itself
// when nothing changes.
func (r *Result) Apply(m *ir.Module) (*ir.Module, error) {
	switch {
	case r == nil || r.Module == nil && len(r.Edits) == 0:
		return m, nil
	case r.Module != nil && len(r.Edits) > 0:
		return nil, fmt.Errorf("the result has a module and edits: one of them is enough")
	case r.Module != nil:
		return r.Module, nil
	}
	edits := slices.Clone(r.Edits)
	slices.SortStableFunc(edits, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Op, b.Op), cmp.Compare(a.Delete, b.Delete))
	})
	out := m.Copy()
	for len(edits) > 0 {
		stage := edits[0].Stage
		if stage < 0 || stage >= len(out.Stages) {
			return nil, fmt.Errorf("an edit is of stage %d, of %d", stage, len(out.Stages))
		}
		n := 0
		for n < len(edits) && edits[n].Stage == stage {
			n++
		}
		ops, err := splice(m.Stages[stage].Ops, edits[:n])
		if err != nil {
			return nil, fmt.Errorf("stage %d: %w", stage, err)
		}
		out.Stages[stage].Ops = ops
		edits = edits[n:]
	}
	return out, nil
}

// splice applies edits, sorted by place, to the ops of a stage.
func splice(ops []*ir.Op, edits []Edit) ([]*ir.Op, error) {
	var out []*ir.Op
	next := 0
	for _, e := range edits {
		switch {
		case e.Op < 0 || e.Delete < 0 || e.Op > len(ops) || e.Delete > len(ops)-e.Op:
			return nil, fmt.Errorf("an edit takes %d ops from op %d on, of %d", e.Delete, e.Op, len(ops))
		case e.Op < next:
			return nil, fmt.Errorf("two edits take op %d", e.Op)
		}
		out = append(append(out, ops[next:e.Op]...), e.Insert...)
		next = e.Op + e.Delete
	}
	return append(out, ops[next:]...), nil
}
