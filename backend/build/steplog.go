package build

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

// tailLines is how much of a failed step's output an error shows.
const tailLines = 20

// maxLine bounds a line of it, in bytes.
const maxLine = 4096

// stepLog keeps the last lines that each step wrote, when it ran, and how it ended.
type stepLog struct {
	mu    sync.Mutex
	steps map[digest.Digest]*stepTail
	order []*stepTail
}

type stepTail struct {
	id      digest.Digest // of the vertex
	name    string
	err     string // why it failed, "" when it did not
	running bool
	lines   []string
	cut     bool           // there were more of them
	partial map[int][]byte // the line that each stream has begun
	times   []interval
	cached  bool
}

func newStepLog() *stepLog { return &stepLog{steps: map[digest.Digest]*stepTail{}} }

// tee notes what passes.
func (l *stepLog) tee(in <-chan *client.SolveStatus) chan *client.SolveStatus {
	out := make(chan *client.SolveStatus)
	go func() {
		defer close(out)
		for status := range in {
			l.note(status)
			out <- status
		}
	}()
	return out
}

func (l *stepLog) note(status *client.SolveStatus) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range status.Vertexes {
		s := l.step(v.Digest)
		s.name, s.err = v.Name, v.Error
		s.running = v.Started != nil && v.Completed == nil
		s.took(v)
	}
	for _, log := range status.Logs {
		l.step(log.Vertex).write(log.Stream, log.Data)
	}
}

func (l *stepLog) step(id digest.Digest) *stepTail {
	s := l.steps[id]
	if s == nil {
		s = &stepTail{id: id, partial: map[int][]byte{}}
		l.steps[id] = s
		l.order = append(l.order, s)
	}
	return s
}

func (s *stepTail) write(stream int, data []byte) {
	partial := append(s.partial[stream], data...)
	for {
		line, rest, ok := bytes.Cut(partial, []byte("\n"))
		if !ok {
			break
		}
		s.add(line)
		partial = rest
	}
	if len(partial) > maxLine {
		s.add(partial)
		partial = nil
	}
	s.partial[stream] = partial
}

func (s *stepTail) add(line []byte) {
	// A carriage return starts the line anew, as progress bars do.
	line = bytes.TrimRight(line, "\r")
	line = line[bytes.LastIndexByte(line, '\r')+1:]
	s.lines = append(s.lines, string(line[:min(len(line), maxLine)]))
	if n := len(s.lines); n > 2*tailLines {
		s.lines, s.cut = append(s.lines[:0], s.lines[n-tailLines:]...), true
	}
}

// tail gives the last lines, without empty ones at the end.
func (s *stepTail) tail() []string {
	lines := slices.Clip(s.lines)
	for _, stream := range slices.Sorted(maps.Keys(s.partial)) {
		if partial := s.partial[stream]; len(partial) > 0 {
			lines = append(lines, string(partial))
		}
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines[max(0, len(lines)-tailLines):]
}

// failed are the steps that failed by themselves, in the order in which they were first
// told of: those that were canceled as another failed are none. They are copies, which
// nobody writes to.
func (l *stepLog) failed() []*stepTail {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*stepTail
	for _, s := range l.order {
		if s.err != "" && !strings.HasSuffix(s.err, context.Canceled.Error()) {
			c := *s
			c.lines, c.partial = slices.Clone(s.lines), maps.Clone(s.partial)
			out = append(out, &c)
		}
	}
	return out
}

// settle waits until the log tells what became of every step that has started: errors
// come by another way, and are faster.
func (l *stepLog) settle(ctx context.Context, most time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for !l.settled() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (l *stepLog) settled() bool {
	failed := len(l.failed()) > 0
	l.mu.Lock()
	defer l.mu.Unlock()
	return failed && !slices.ContainsFunc(l.order, func(s *stepTail) bool { return s.running })
}
