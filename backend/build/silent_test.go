package build

import (
	"testing"
	"time"

	"github.com/moby/buildkit/client"
)

// A build is called silent when no status has come, and neither after one nor at its end.
func TestSilent(t *testing.T) {
	told := func(limit time.Duration, before func(*stallWatch, chan struct{})) bool {
		w, done, called := &stallWatch{}, make(chan struct{}), false
		before(w, done)
		w.silent(limit, done, func() { called = true })
		return called
	}
	if !told(time.Millisecond, func(*stallWatch, chan struct{}) {}) {
		t.Error("it is not told of an engine that says nothing")
	}
	if !told(time.Millisecond, func(w *stallWatch, _ chan struct{}) {
		in := make(chan *client.SolveStatus, 1)
		out := w.tee(in)
		in <- &client.SolveStatus{Vertexes: []*client.Vertex{{Name: "a step that waits"}}}
		<-out
		close(in)
	}) {
		t.Error("it is not told of an engine that only names the steps")
	}
	if told(time.Hour, func(_ *stallWatch, done chan struct{}) { close(done) }) {
		t.Error("it is told of a build that is over")
	}
	if told(time.Millisecond, func(w *stallWatch, _ chan struct{}) {
		in := make(chan *client.SolveStatus, 1)
		out := w.tee(in)
		in <- &client.SolveStatus{Vertexes: []*client.Vertex{{Started: new(time.Time)}}}
		<-out
		close(in)
	}) {
		t.Error("it is told of an engine that has said something")
	}
}
