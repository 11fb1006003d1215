package build

import (
	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/lang/diag"
)

// screen makes statuses safe to show on a terminal: names, errors and output are those of
// Dockerfiles, images, registries and whatever runs in a step.
type screen struct {
	rest map[logStream]*client.VertexLog // pieces of characters that have begun
}

type logStream struct {
	vertex digest.Digest
	stream int
}

// tee gives copies of what passes, as others keep what they saw.
func (s *screen) tee(in <-chan *client.SolveStatus) chan *client.SolveStatus {
	s.rest = map[logStream]*client.VertexLog{}
	out := make(chan *client.SolveStatus)
	go func() {
		defer close(out)
		for status := range in {
			out <- s.status(status)
		}
		if left := s.left(""); len(left) > 0 {
			out <- &client.SolveStatus{Logs: left}
		}
	}()
	return out
}

func (s *screen) status(in *client.SolveStatus) *client.SolveStatus {
	out := &client.SolveStatus{}
	for _, log := range in.Logs {
		out.Logs = append(out.Logs, s.log(*log))
	}
	for _, v := range in.Vertexes {
		c := *v
		c.Name, c.Error = diag.Printable(c.Name), diag.Screen(c.Error)
		if c.ProgressGroup != nil {
			c.ProgressGroup = c.ProgressGroup.CloneVT()
			c.ProgressGroup.Name = diag.Printable(c.ProgressGroup.Name)
		}
		out.Vertexes = append(out.Vertexes, &c)
		if c.Completed != nil {
			out.Logs = append(out.Logs, s.left(c.Digest)...)
		}
	}
	for _, v := range in.Statuses {
		c := *v
		c.ID, c.Name = diag.Printable(c.ID), diag.Printable(c.Name)
		out.Statuses = append(out.Statuses, &c)
	}
	out.Warnings = in.Warnings // which are told as diagnostics
	return out
}

func (s *screen) log(log client.VertexLog) *client.VertexLog {
	at := logStream{log.Vertex, log.Stream}
	text := string(log.Data)
	if begun := s.rest[at]; begun != nil {
		text = string(begun.Data) + text
		delete(s.rest, at)
	}
	safe, rest := diag.ScreenLog(text)
	if rest != "" {
		kept := log
		kept.Data = []byte(rest)
		s.rest[at] = &kept
	}
	log.Data = []byte(safe)
	return &log
}

// left gives what had begun and never ended, of one vertex or of all.
func (s *screen) left(vertex digest.Digest) []*client.VertexLog {
	var list []*client.VertexLog
	for at, log := range s.rest {
		if vertex == "" || at.vertex == vertex {
			log.Data = []byte(diag.Screen(string(log.Data)))
			list = append(list, log)
			delete(s.rest, at)
		}
	}
	return list
}
