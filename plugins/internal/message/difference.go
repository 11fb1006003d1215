package message

import (
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
)

// difference gives edits that make one module of another that it was copied from. It
// reports false when they differ in more than ops, or have nothing in common. An op is
// the same when its pointer is: plugins replace ops, and do not change them.
func difference(old, next *ir.Module) ([]plugins.Edit, bool) {
	if old.Escape != next.Escape || old.Syntax != next.Syntax || old.Check != next.Check || len(old.Stages) != len(next.Stages) ||
		!slices.Equal(old.Files, next.Files) || !slices.Equal(old.Args, next.Args) {
		return nil, false
	}
	var out []plugins.Edit
	for i, s := range old.Stages {
		t := next.Stages[i]
		if s == t {
			continue
		}
		if s == nil || t == nil || s.Name != t.Name || s.Base != t.Base || s.Platform != t.Platform || s.Code != t.Code ||
			s.Origin != t.Origin || !slices.Equal(s.Comments, t.Comments) {
			return nil, false
		}
		out = stageEdits(out, i, s.Ops, t.Ops)
	}
	return out, true
}

// stageEdits appends what makes next of old. It looks for each op of next in old,
// behind the one before.
func stageEdits(out []plugins.Edit, stage int, old, next []*ir.Op) []plugins.Edit {
	places := make(map[*ir.Op]int, len(old))
	for i, op := range old {
		places[op] = i
	}
	at, pending := 0, []*ir.Op(nil)
	flush := func(to int) {
		if to > at || len(pending) > 0 {
			out = append(out, plugins.Edit{Stage: stage, Op: at, Delete: to - at, Insert: pending})
		}
		pending = nil
	}
	for _, op := range next {
		i, kept := places[op]
		if !kept || i < at {
			pending = append(pending, op)
			continue
		}
		flush(i)
		at = i + 1
	}
	flush(len(old))
	return out
}
