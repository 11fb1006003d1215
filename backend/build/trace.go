package build

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/ir/plan"
)

// Trace is what a build did: its graph, and when each vertex of it ran.
type Trace struct {
	Graph []Vertex `json:"graph"` // in the order of the Dockerfile, each behind those that it reads
	Times []Time   `json:"times"` // of each vertex
}

// Vertex is a vertex of BuildKit's, and so a step: instructions that only set the config have none.
type Vertex struct {
	Stage  string   `json:"stage,omitempty"` // "" is the only one, or none
	Text   string   `json:"text"`            // that progress shows
	Line   int      `json:"line,omitempty"`  // of the Dockerfile, from 1; 0 is unknown
	Kind   string   `json:"kind"`            // source, exec, file, merge, diff
	Inputs []Input  `json:"inputs,omitempty"`
	Mounts []string `json:"mounts,omitempty"` // of an exec that read no vertex: "cache /root/.npm"
}

// Input is how a vertex reads another.
type Input struct {
	Vertex int `json:"vertex"` // its index
	Use    Use `json:"use"`
	// Path is what is copied, or where it is mounted.
	Path string `json:"path,omitempty"`
}

// Use is what an input is for.
type Use string

// The uses.
const (
	Stands Use = "base"  // the vertex changes it
	Copies Use = "copy"  // files of it
	Mounts Use = "mount" // a RUN sees it
)

// Time is when a vertex ran, by the engine's clock. The zero value is that of one it never came to.
type Time struct {
	Start  time.Duration `json:"start"` // since the first thing that the engine did
	Took   time.Duration `json:"took"`
	Ran    bool          `json:"ran,omitempty"`
	Cached bool          `json:"cached,omitempty"`
}

// interval is from when to when an engine was at a vertex: it may come to it several times.
type interval struct{ start, end time.Time }

// took notes what a status says of a vertex.
func (s *stepTail) took(v *client.Vertex) {
	s.cached = s.cached || v.Cached
	if v.Started == nil || v.Completed == nil {
		return
	}
	at := slices.IndexFunc(s.times, func(i interval) bool { return i.start.Equal(*v.Started) })
	if at < 0 {
		at = len(s.times)
		s.times = append(s.times, interval{start: *v.Started})
	}
	s.times[at].end = *v.Completed
}

// trace gives the graph of the build, and the times of its vertices.
func (j *job) trace(ctx context.Context) *Trace {
	vs := j.vertices(ctx)
	slices.SortStableFunc(vs.list, func(a, b *vertex) int { return cmp.Compare(a.line(j), b.line(j)) })
	t, index := &Trace{}, map[digest.Digest]int{}
	var list []*vertex
	var add func(v *vertex)
	add = func(v *vertex) {
		if _, done := index[v.id]; done {
			return
		}
		for _, in := range v.op.Inputs {
			if from := vs.byID[digest.Digest(in.Digest)]; from != nil {
				add(from)
			}
		}
		index[v.id] = len(list)
		list = append(list, v)
	}
	for _, v := range vs.list {
		add(v)
	}
	for _, v := range list {
		out := Vertex{Line: v.line(j), Kind: kind(v.op), Inputs: v.uses(index), Mounts: v.mounts()}
		out.Stage, out.Text = plan.SplitName(v.name)
		t.Graph = append(t.Graph, out)
	}
	t.Times = j.log.timesOf(list)
	return t
}

// line of the Dockerfile that a vertex is from, the first when it is of several, and 0 when that is
// not known.
func (v *vertex) line(j *job) (first int) {
	for _, s := range v.spans {
		if s.File != 0 {
			continue
		}
		if n := j.set.File(0).Line(s.Start); first == 0 || n < first {
			first = n
		}
	}
	return first
}

func kind(op *pb.Op) string {
	switch op.Op.(type) {
	case *pb.Op_Source:
		return "source"
	case *pb.Op_Exec:
		return "exec"
	case *pb.Op_File:
		return "file"
	case *pb.Op_Merge:
		return "merge"
	case *pb.Op_Diff:
		return "diff"
	}
	return "other"
}

// uses are the inputs of a vertex, each use once.
func (v *vertex) uses(index map[digest.Digest]int) (list []Input) {
	add := func(input int64, use Use, path string) {
		if input < 0 || int(input) >= len(v.op.Inputs) {
			return // scratch, or what an action before has made
		}
		at, known := index[digest.Digest(v.op.Inputs[input].Digest)]
		if in := (Input{at, use, path}); known && !slices.Contains(list, in) {
			list = append(list, in)
		}
	}
	switch op := v.op.Op.(type) {
	case *pb.Op_Exec:
		for _, m := range op.Exec.Mounts {
			if m.Dest == pb.RootMount {
				add(m.Input, Stands, "")
			} else {
				add(m.Input, Mounts, m.Dest)
			}
		}
	case *pb.Op_File:
		for _, a := range op.File.Actions {
			add(a.Input, Stands, "")
			if c := a.GetCopy(); c != nil {
				add(a.SecondaryInput, Copies, c.Src)
			}
		}
	default:
		for i := range v.op.Inputs {
			add(int64(i), Stands, "")
		}
	}
	return list
}

// mounts are those of an exec that are no vertices.
func (v *vertex) mounts() (list []string) {
	for _, m := range v.op.GetExec().GetMounts() {
		switch m.MountType {
		case pb.MountType_CACHE:
			list = append(list, "cache "+m.Dest)
		case pb.MountType_SECRET:
			list = append(list, "secret "+m.Dest)
		case pb.MountType_SSH:
			list = append(list, "ssh "+m.Dest)
		case pb.MountType_TMPFS:
			list = append(list, "tmpfs "+m.Dest)
		}
	}
	return list
}

// timesOf are the times of vertices.
func (l *stepLog) timesOf(list []*vertex) []Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	var first time.Time
	for _, s := range l.order {
		for _, i := range s.times {
			if first.IsZero() || i.start.Before(first) {
				first = i.start
			}
		}
	}
	out := make([]Time, len(list))
	for n, v := range list {
		t := &out[n]
		for _, id := range []digest.Digest{v.id, uncached(v.id)} {
			s := l.steps[id]
			if s == nil {
				continue
			}
			for k, i := range s.times {
				if start := i.start.Sub(first); k == 0 && !t.Ran || start < t.Start {
					t.Start = start
				}
				t.Took += i.end.Sub(i.start)
				t.Ran = true
			}
			t.Cached = t.Cached || s.cached
		}
		t.Ran = t.Ran && !t.Cached
	}
	return out
}
