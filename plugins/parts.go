package plugins

import (
	"context"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// written are the ops that stand in a source, by their places.
type written map[source.Span]*ir.Op

// note takes in the ops of a module.
func (w written) note(m *ir.Module) {
	for _, s := range m.Stages {
		for _, op := range s.Ops {
			if !op.Origin.Span.IsZero() {
				w[op.Origin.Span] = op
			}
		}
	}
}

// parts are the instructions that an op was made of, when it stands for several of its
// own kind; nil when it does not.
func (w written) parts(op *ir.Op) (list []*ir.Op) {
	if !op.Origin.Span.IsZero() {
		return nil
	}
	spans := op.Origin.Spans()
	for _, span := range spans {
		part := w[span]
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
	apart, merged := r.apart(c.Module)
	on := func(d diag.Diagnostic) int {
		return slices.IndexFunc(merged, func(op *ir.Op) bool { return !d.Span.IsZero() && originHas(op.Origin, d.Span) })
	}
	if !slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return on(d) >= 0 }) {
		return list
	}
	again := *c
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

// apart is a module in which the parts stand for the ops that were made of several, and
// those ops.
func (r *run) apart(m *ir.Module) (*ir.Module, []*ir.Op) {
	var merged []*ir.Op
	out := m.Copy()
	for i, s := range m.Stages {
		var ops []*ir.Op
		for _, op := range s.Ops {
			if parts := r.written.parts(op); parts != nil {
				merged, ops = append(merged, op), append(ops, parts...)
			} else {
				ops = append(ops, op)
			}
		}
		out.Stages[i].Ops = ops
	}
	return out, merged
}
