package build

import (
	"slices"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
)

// TestTimes has an engine come to vertices as it does: again, without the cache, or from it.
func TestTimes(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(ms int) *time.Time { x := start.Add(time.Duration(ms) * time.Millisecond); return &x }
	id := func(name string) digest.Digest { return digest.FromString(name) }
	l := newStepLog()
	for _, v := range []client.Vertex{
		{Digest: id("other"), Started: at(0), Completed: at(5)},
		{Digest: id("once"), Started: at(10)},
		{Digest: id("once"), Started: at(10), Completed: at(40)},
		{Digest: id("once"), Started: at(10), Completed: at(40)}, // engines repeat themselves
		{Digest: id("twice"), Started: at(50), Completed: at(60)},
		{Digest: id("twice"), Started: at(70), Completed: at(100)},
		{Digest: uncached(id("forced")), Started: at(20), Completed: at(21)},
		{Digest: id("kept"), Started: at(30), Completed: at(31), Cached: true},
		{Digest: id("open"), Started: at(30)},
	} {
		l.note(&client.SolveStatus{Vertexes: []*client.Vertex{&v}})
	}
	var list []*vertex
	for _, name := range []string{"once", "twice", "forced", "kept", "open", "never"} {
		list = append(list, &vertex{id: id(name)})
	}
	const ms = time.Millisecond
	want := []Time{{10 * ms, 30 * ms, true, false}, {50 * ms, 40 * ms, true, false}, {20 * ms, ms, true, false}, {30 * ms, ms, false, true}, {}, {}}
	if got := l.timesOf(list); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestUses has a step of each kind read others.
func TestUses(t *testing.T) {
	id := func(name string) digest.Digest { return digest.FromString(name) }
	index := map[digest.Digest]int{id("base"): 0, id("from"): 1}
	inputs := []*pb.Input{{Digest: string(id("base"))}, {Digest: string(id("from"))}, {Digest: string(id("unknown"))}}
	exec := &vertex{op: &pb.Op{Inputs: inputs, Op: &pb.Op_Exec{Exec: &pb.ExecOp{Mounts: []*pb.Mount{
		{Dest: "/", Input: 0}, {Dest: "/m", Input: 1}, {Dest: "/u", Input: 2},
		{Dest: "/c", Input: -1, MountType: pb.MountType_CACHE}, {Dest: "/s", Input: -1, MountType: pb.MountType_SECRET},
		{Dest: "/a", Input: -1, MountType: pb.MountType_SSH}, {Dest: "/t", Input: -1, MountType: pb.MountType_TMPFS},
	}}}}}
	copying := func(src string) *pb.FileAction {
		return &pb.FileAction{Input: 0, SecondaryInput: 1, Action: &pb.FileAction_Copy{Copy: &pb.FileActionCopy{Src: src}}}
	}
	next := copying("/b")
	next.Input = 3 // what the first action has made
	file := &vertex{op: &pb.Op{Inputs: inputs, Op: &pb.Op_File{File: &pb.FileOp{Actions: []*pb.FileAction{copying("/a"), next}}}}}
	merge := &vertex{op: &pb.Op{Inputs: inputs[:2], Op: &pb.Op_Merge{Merge: &pb.MergeOp{}}}}
	for name, c := range map[string]struct {
		v    *vertex
		want []Input
	}{
		"exec":  {exec, []Input{{0, Stands, ""}, {1, Mounts, "/m"}}},
		"file":  {file, []Input{{0, Stands, ""}, {1, Copies, "/a"}, {1, Copies, "/b"}}},
		"merge": {merge, []Input{{0, Stands, ""}, {1, Stands, ""}}},
	} {
		if got := c.v.uses(index); kind(c.v.op) != name || !slices.Equal(got, c.want) {
			t.Errorf("%s is %s: %v, want %v", name, kind(c.v.op), got, c.want)
		}
	}
	if got, want := exec.mounts(), []string{"cache /c", "secret /s", "ssh /a", "tmpfs /t"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
