package build

import (
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
)

// What a step, a name or an error has for a terminal does not reach it, wherever the
// pieces of a log are cut; colours and text do.
func TestAttackProgress(t *testing.T) {
	const evil = "\x1b]0;owned\x07\x1b[2J\u009b1A"
	now := time.Now()
	v := &client.Vertex{Digest: digest.FromString("v"), Name: "RUN " + evil, Error: "failed\n" + evil, ProgressGroup: &pb.ProgressGroup{Name: evil}}
	done := *v
	done.Completed = &now
	in := make(chan *client.SolveStatus, 100)
	in <- &client.SolveStatus{Vertexes: []*client.Vertex{v}, Statuses: []*client.VertexStatus{{ID: evil, Name: evil}}}
	const text = "\x1b[31mrot\x1b[0m grün " + evil + "\r\n"
	for i := range len(text) {
		in <- &client.SolveStatus{Logs: []*client.VertexLog{{Vertex: v.Digest, Stream: 1, Data: []byte{text[i]}}}}
	}
	in <- &client.SolveStatus{Logs: []*client.VertexLog{{Vertex: v.Digest, Stream: 1, Data: []byte("end\x1b[3")}}}
	in <- &client.SolveStatus{Vertexes: []*client.Vertex{&done}}
	in <- &client.SolveStatus{Logs: []*client.VertexLog{{Vertex: "other", Stream: 2, Data: []byte("\xc3")}}}
	close(in)
	var logs, names strings.Builder
	for status := range new(screen).tee(in) {
		for _, log := range status.Logs {
			logs.Write(log.Data)
		}
		for _, v := range status.Vertexes {
			names.WriteString(v.Name + v.Error + v.ProgressGroup.Name)
		}
		for _, s := range status.Statuses {
			names.WriteString(s.ID + s.Name)
		}
	}
	if want := "\x1b[31mrot\x1b[0m grün \\x1b]0;owned\\x07\\x1b[2J\\u009b1A\r\nend\\x1b[3\\xc3"; logs.String() != want {
		t.Errorf("got  %q\nwant %q", logs.String(), want)
	}
	if strings.ContainsAny(names.String(), "\x1b\x07\u009b") || !strings.Contains(names.String(), "owned") {
		t.Errorf("%q", names.String())
	}
	if !strings.Contains(v.Name, "\x1b") {
		t.Error("the status of others was changed")
	}
}
