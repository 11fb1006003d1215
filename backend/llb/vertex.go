package llb

import (
	"context"
	"sync"

	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// vertex is a bk.Vertex whose op is known when it is made. The vertices that
// package llb of BuildKit makes find out what they are when they are marshalled,
// by walking the states behind them; a plan has nothing left to find out, and a
// stage of a hundred thousand steps would make that walk quadratic.
//
// It is its own only output.
type vertex struct {
	inputs    []bk.Output // in the order in which BuildKit visits them
	behind    []bk.Output // see flatten; nil for most
	fill      func(op *pb.Op, number numberer)
	platform  *ocispecs.Platform // nil takes the build's
	anywhere  bool               // the op says nothing of a platform
	meta      pb.OpMetadata
	locations []*bk.SourceLocation
	index     int64 // of the output

	mu   sync.Mutex
	made marshalled
}

// numberer gives the number of an input in an op, and adds it on first use. The
// number of scratch, which is nil, is -1.
type numberer func(bk.Output) int64

// marshalled is a vertex as bytes, under one set of constraints.
type marshalled struct {
	under  *bk.Constraints
	digest digest.Digest
	data   []byte
	meta   *pb.OpMetadata
	input  *pb.Input
}

// Validate finds nothing wrong: the plan has been checked.
func (v *vertex) Validate(context.Context, *bk.Constraints) error { return nil }

// Output is the vertex itself.
func (v *vertex) Output() bk.Output { return v }

// Inputs are the outputs that the vertex reads, or all that stand behind it.
func (v *vertex) Inputs() []bk.Output {
	if v.behind != nil {
		return v.behind
	}
	return v.inputs
}

// Vertex is the vertex itself.
func (v *vertex) Vertex(context.Context, *bk.Constraints) bk.Vertex { return v }

// ToInput refers to the vertex.
func (v *vertex) ToInput(ctx context.Context, c *bk.Constraints) (*pb.Input, error) {
	m, err := v.marshal(ctx, c)
	return m.input, err
}

// Marshal gives the vertex as bytes.
func (v *vertex) Marshal(ctx context.Context, c *bk.Constraints) (digest.Digest, []byte, *pb.OpMetadata, []*bk.SourceLocation, error) {
	m, err := v.marshal(ctx, c)
	return m.digest, m.data, m.meta, v.locations, err
}

func (v *vertex) marshal(ctx context.Context, c *bk.Constraints) (marshalled, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.made.under == c && c != nil {
		return v.made, nil
	}
	op := &pb.Op{Constraints: &pb.WorkerConstraints{Filter: c.WorkerConstraints}}
	var failed error
	in := inputs{op: op}
	v.fill(op, func(out bk.Output) int64 {
		if out == nil {
			return int64(pb.Empty)
		}
		input, err := out.ToInput(ctx, c)
		if err != nil {
			failed = err
			return int64(pb.Empty)
		}
		return in.add(input)
	})
	if failed != nil {
		return marshalled{}, failed
	}
	if !v.anywhere {
		op.Platform = v.opPlatform(c)
	}
	data, err := op.MarshalVT()
	if err != nil {
		return marshalled{}, err
	}
	v.made = marshalled{under: c, digest: digest.FromBytes(data), data: data, meta: v.metadata(c)}
	v.made.input = &pb.Input{Digest: string(v.made.digest), Index: v.index}
	return v.made, nil
}

// inputs are those of an op on the way.
type inputs struct {
	op   *pb.Op
	seen map[inputKey]int64 // made when there are many
}

type inputKey struct {
	digest string
	index  int64
}

// add gives the index of an input; the same input counts once.
func (l *inputs) add(in *pb.Input) int64 {
	if i, ok := l.find(in); ok {
		return i
	}
	i := int64(len(l.op.Inputs))
	l.op.Inputs = append(l.op.Inputs, in)
	switch {
	case l.seen != nil:
		l.seen[inputKey{in.Digest, in.Index}] = i
	case len(l.op.Inputs) == many:
		l.seen = make(map[inputKey]int64, 2*many)
		for i, in := range l.op.Inputs {
			l.seen[inputKey{in.Digest, in.Index}] = int64(i)
		}
	}
	return i
}

func (l *inputs) find(in *pb.Input) (int64, bool) {
	if l.seen != nil {
		i, ok := l.seen[inputKey{in.Digest, in.Index}]
		return i, ok
	}
	for i, other := range l.op.Inputs {
		if other.Digest == in.Digest && other.Index == in.Index {
			return int64(i), true
		}
	}
	return 0, false
}

func (v *vertex) opPlatform(c *bk.Constraints) *pb.Platform {
	p := v.platform
	if p == nil {
		p = c.Platform
	}
	if p == nil {
		host := platforms.Normalize(platforms.DefaultSpec())
		p = &host
	}
	return &pb.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion, OSFeatures: p.OSFeatures}
}

// metadata is what was said of the vertex, over what is said of the whole build.
func (v *vertex) metadata(c *bk.Constraints) *pb.OpMetadata {
	m := &c.Metadata
	if !m.IgnoreCache && m.Description == nil && m.ExportCache == nil && m.Caps == nil && m.ProgressGroup == nil && m.LinuxResources == nil {
		return &v.meta
	}
	_, merged := bk.MarshalConstraints(c, &bk.Constraints{Metadata: bk.NewOpMetadata(&v.meta)})
	return merged
}

// newVertex starts a vertex with what every step says of itself.
func (l *lowerer) newVertex(s *stage, st *step, caps ...apicaps.CapID) *vertex {
	l.vertices++
	v := &vertex{platform: s.RunPlatform}
	v.meta.Description = named(st.Name)
	v.meta.Caps = l.capabilities(caps...)
	v.locations = l.location(st.Op.Origin)
	return v
}

// named is the description of a vertex that progress shows by a name.
func named(name string) map[string]string { return map[string]string{"llb.customname": name} }

// capabilities makes the set of a list that holds the ids once, in the order in
// which the code asks for them. Vertices share the sets, which nobody changes.
func (l *lowerer) capabilities(list ...apicaps.CapID) map[string]bool {
	key := ""
	for _, id := range list {
		key += string(id) + " "
	}
	set, ok := l.caps[key]
	if !ok {
		set = make(map[string]bool, len(list))
		for _, id := range list {
			set[string(id)] = true
		}
		l.caps[key] = set
	}
	return set
}
