package build

import (
	"context"
	"fmt"
	"slices"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/source"
)

// vertex is a vertex of what this build has compiled, with what it came from.
type vertex struct {
	id     digest.Digest
	op     *pb.Op
	name   string // that progress shows
	caps   map[string]bool
	spans  []source.Span // in the Dockerfile, one for each instruction
	users  []*vertex     // that have it as an input
	result *llb.Result
	def    *bk.Definition
	stage  *plan.Stage
	step   *plan.Step // nil for a base
}

// vertices are all of a build, in the order of its definitions.
type vertices struct {
	list []*vertex
	byID map[digest.Digest]*vertex
}

// vertices indexes what was compiled. It is asked for only when a build has failed.
func (j *job) vertices(ctx context.Context) *vertices {
	vs := &vertices{byID: map[digest.Digest]*vertex{}}
	for _, r := range j.compiled {
		def, err := r.State.Marshal(ctx)
		if err != nil {
			continue // it was marshalled before, for the daemon
		}
		vs.add(j, r, def)
	}
	return vs
}

func (vs *vertices) add(j *job, r *llb.Result, def *bk.Definition) {
	first := len(vs.list)
	for _, data := range def.Def {
		id := digest.FromBytes(data)
		meta := def.Metadata[id]
		v := &vertex{id: id, op: &pb.Op{}, name: meta.Description["llb.customname"], result: r, def: def, caps: map[string]bool{}}
		if v.op.UnmarshalVT(data) != nil || v.op.Op == nil {
			continue // the last one only names the result
		}
		for c := range meta.Caps {
			v.caps[string(c)] = true
		}
		for _, l := range def.Source.GetLocations()[id.String()].GetLocations() {
			f := j.file(def.Source.Infos[l.SourceIndex])
			if span := lineSpan(f, l.Ranges); !span.IsZero() {
				v.spans = append(v.spans, span)
			}
		}
		vs.list = append(vs.list, v)
		vs.byID[id] = v
		vs.byID[uncached(id)] = v
	}
	for _, v := range vs.list[first:] {
		for _, in := range v.op.Inputs {
			if from := vs.byID[digest.Digest(in.Digest)]; from != nil {
				from.users = append(from.users, v)
			}
		}
	}
	for _, v := range vs.list[first:] {
		v.borrowPlace()
	}
	vs.steps(r, vs.list[first:])
}

// uncached is what the solver calls a vertex whose result must not come from the cache.
func uncached(id digest.Digest) digest.Digest { return digest.FromString(id.String() + "-ignorecache") }

// borrowPlace gives a vertex without a place that of those that need it: BuildKit's
// frontend, whose source maps ours are equal to, leaves the sources of ADD without one.
func (v *vertex) borrowPlace() {
	if len(v.spans) > 0 {
		return
	}
	for _, u := range v.users {
		for _, s := range u.spans {
			if !slices.Contains(v.spans, s) {
				v.spans = append(v.spans, s)
			}
		}
	}
}

// steps finds the step of the plan that each vertex is from, by the name that both have.
func (vs *vertices) steps(r *llb.Result, list []*vertex) {
	type place struct {
		stage *plan.Stage
		step  *plan.Step
	}
	named := map[string][]place{}
	for _, s := range r.Plan.Stages {
		named[s.Base.Name] = append(named[s.Base.Name], place{s, nil})
		for i := range s.Steps {
			st := &s.Steps[i]
			named[st.Name] = append(named[st.Name], place{s, st})
			if t, ok := st.Action.(*plan.Transfer); ok && t.LinkName != "" {
				named[t.LinkName] = append(named[t.LinkName], place{s, st})
			}
		}
	}
	for _, v := range list {
		if found := named[v.name]; v.name != "" && len(found) == 1 {
			v.stage, v.step = found[0].stage, found[0].step
		}
	}
}

// find gives the vertex of this build that the daemon knows by a digest, an op and a
// name, of which any may be unknown. When another build has an equal step under way,
// both share what becomes of it, and the daemon tells of the other's: the digest is
// another one then, where it has names of sessions in it. A vertex of that op, or else
// of that name, is it when there is but one; otherwise it is nil.
func (vs *vertices) find(id digest.Digest, op *pb.Op, name string) *vertex {
	if v := vs.byID[id]; v != nil {
		return v
	}
	var byOp, byName, both []*vertex
	for _, v := range vs.list {
		same, named := op != nil && sameOp(v.op, op), name != "" && v.name == name
		if same {
			byOp = append(byOp, v)
		}
		if named {
			byName = append(byName, v)
		}
		if same && named {
			both = append(both, v)
		}
	}
	for _, list := range [][]*vertex{both, byOp, byName} {
		if len(list) == 1 {
			return list[0]
		}
	}
	return nil
}

// sameOp tells whether two ops do the same, whatever their inputs are called. What the
// daemon makes of their platforms does not count.
func sameOp(a, b *pb.Op) bool {
	if s, t := a.GetSource(), b.GetSource(); s != nil && t != nil {
		return s.Identifier == t.Identifier // its attributes name sessions
	}
	return proto.Equal(&pb.Op{Op: a.Op}, &pb.Op{Op: b.Op})
}

// input is the vertex, and its output, that an op has as its n-th input.
func (vs *vertices) input(v *vertex, n int64) (*pb.Input, *vertex) {
	if n < 0 || int(n) >= len(v.op.Inputs) {
		return nil, nil
	}
	in := v.op.Inputs[n]
	return in, vs.byID[digest.Digest(in.Digest)]
}

// upTo is the definition of a build that ends at an input of one of its vertices.
func (v *vertex) upTo(in *pb.Input) (*pb.Definition, error) {
	last, err := (&pb.Op{Inputs: []*pb.Input{in}}).MarshalVT()
	if err != nil {
		return nil, fmt.Errorf("making a definition: %w", err)
	}
	def := v.def.ToPB()
	ops := slices.Clip(def.Def[:len(def.Def)-1])
	return &pb.Definition{Def: append(ops, last), Metadata: def.Metadata, Source: def.Source}, nil
}
