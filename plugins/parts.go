package plugins

import (
	"context"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// written are the ops of some modules that stand in a source.
type written struct {
	modules []*ir.Module
	ops     map[source.Span]*ir.Op // of those that were looked at, by their places
}

// note takes in the ops of a module, to be looked at when they are asked for.
func (w *written) note(m *ir.Module) { w.modules = append(w.modules, m) }

// at gives the op that stands at a place, nil when none does.
func (w *written) at(span source.Span) *ir.Op {
	if w.ops == nil {
		w.ops = map[source.Span]*ir.Op{}
	}
	for _, m := range w.modules {
		for _, s := range m.Stages {
			for _, op := range s.Ops {
				if !op.Origin.Span.IsZero() {
					w.ops[op.Origin.Span] = op
				}
			}
		}
	}
	w.modules = nil
	return w.ops[span]
}

// parts are the instructions that an op was made of, when it stands for several of its
// own kind; nil when it does not.
func (w *written) parts(op *ir.Op) (list []*ir.Op) {
	if !op.Origin.Span.IsZero() {
		return nil
	}
	spans := op.Origin.Spans()
	for _, span := range spans {
		part := w.at(span)
		if part == nil || part.Body.Keyword() != op.Body.Keyword() {
			return nil
		}
		list = append(list, part)
	}
	if len(list) < 2 {
		return nil
	}
	return list
}

// placed puts what a plugin finds on an op that was made of several at the parts that it
// is about, where their ignore comments stand: the plugin sees the parts, too, and those of
// which it says the same are they. What it says of none of them stays where it put it.
func (r *run) placed(ctx context.Context, s step, c *Call, list diag.List) diag.List {
	merged := r.merged(c.Module)
	on := func(d diag.Diagnostic) int {
		return slices.IndexFunc(merged, func(op *ir.Op) bool { return !d.Span.IsZero() && originHas(op.Origin, d.Span) })
	}
	if !slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return on(d) >= 0 }) {
		return list
	}
	again, apart := *c, r.apart(c.Module)
	again.Module = apart
	res, err := s.Plugin.Run(ctx, s.guard(r.host(apart), r.needed()), &again)
	if err != nil || res == nil {
		return list // what it said of the module counts
	}
	type key struct {
		op   int
		code string
	}
	parts := map[key]diag.List{}
	for _, d := range res.Diags {
		if i := on(d); i >= 0 {
			parts[key{i, d.Code}] = append(parts[key{i, d.Code}], d)
		}
	}
	var out diag.List
	told := map[key]bool{}
	for _, d := range list {
		k := key{on(d), d.Code}
		if k.op < 0 || len(parts[k]) == 0 {
			out = append(out, d)
		} else if !told[k] {
			told[k] = true
			out = append(out, parts[k]...)
		}
	}
	return out
}

// merged are the ops of a module that were made of several.
func (r *run) merged(m *ir.Module) (list []*ir.Op) {
	for _, s := range m.Stages {
		for _, op := range s.Ops {
			if r.written.parts(op) != nil {
				list = append(list, op)
			}
		}
	}
	return list
}

// apart is a module in which the parts stand for the ops that were made of several.
func (r *run) apart(m *ir.Module) *ir.Module {
	out := m.Copy()
	for i, s := range m.Stages {
		var ops []*ir.Op
		for _, op := range s.Ops {
			if parts := r.written.parts(op); parts != nil {
				ops = append(ops, parts...)
			} else {
				ops = append(ops, op)
			}
		}
		out.Stages[i].Ops = ops
	}
	return out
}
