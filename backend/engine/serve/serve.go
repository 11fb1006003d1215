// Package serve answers a daemon during a build: it serves the session of a client over
// HTTP/2 itself.
//
// BuildKit's client does so with the server of golang.org/x/net/http2 as it is, and
// that one queues the window updates of a stream behind the data of the stream. Files are
// received on one stream that is used in both directions, requests going out and files
// coming in. When the windows of both are used up, after some 5,000 requests that the
// daemon has no time for, the update that lets more files come waits behind a request
// that cannot go out before more files have come: both sides wait for ever
// (moby/buildkit#2950). The server here has a queue in which updates overtake data.
package serve

//lint:file-ignore SA1019 net/http takes neither a connection that speaks HTTP/2 already nor
// another order of frames: BuildKit serves sessions by the same calls

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
)

// Dial opens the connection of a session, as session.Dialer in BuildKit.
type Dial func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error)

// Session serves the sessions of one client, one after the other. It is attached to a
// session, by which it learns of the server, and dials for it. A session that it is
// not attached to is served by BuildKit.
type Session struct {
	dial Dial

	mu     sync.Mutex
	server *grpc.Server // of the session that is about to be dialled
}

// New gives a Session whose connections come from dial.
func New(dial Dial) *Session { return &Session{dial: dial} }

// Register implements session.Attachable.
func (s *Session) Register(server *grpc.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server = server
}

// Dial connects, and serves the connection. What it gives is one on which nothing ever
// happens, for BuildKit to serve, and ends together with the real one.
func (s *Session) Dial(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
	s.mu.Lock()
	server := s.server
	s.server = nil
	s.mu.Unlock()
	conn, err := s.dial(ctx, proto, meta)
	if err != nil || server == nil {
		return conn, err
	}
	idle := idleConn(conn)
	go func() {
		defer idle.Conn.Close()
		h := &http2.Server{NewWriteScheduler: newScheduler}
		h.ServeConn(conn, &http2.ServeConnOpts{Handler: server})
	}()
	return idle, nil
}

// idle is the server's end of a connection whose client has greeted, and keeps silent.
type idle struct {
	net.Conn
	real net.Conn
}

func idleConn(real net.Conn) *idle {
	near, far := net.Pipe()
	go func() {
		if _, err := io.WriteString(far, http2.ClientPreface); err == nil {
			_ = http2.NewFramer(far, nil).WriteSettings()
		}
	}()
	go io.Copy(io.Discard, far)
	return &idle{near, real}
}

// Close ends the real connection, too.
func (c *idle) Close() error {
	c.Conn.Close()
	return c.real.Close()
}

// scheduler orders the frames that a server writes. Window updates go first, the others as
// the scheduler in it says.
type scheduler struct {
	http2.WriteScheduler
	updates []http2.FrameWriteRequest
}

func newScheduler() http2.WriteScheduler {
	return &scheduler{WriteScheduler: http2.NewRandomWriteScheduler()}
}

// Push implements http2.WriteScheduler.
func (s *scheduler) Push(wr http2.FrameWriteRequest) {
	if isUpdate(wr) {
		s.updates = append(s.updates, wr)
		return
	}
	s.WriteScheduler.Push(wr)
}

// Pop implements http2.WriteScheduler.
func (s *scheduler) Pop() (http2.FrameWriteRequest, bool) {
	if len(s.updates) > 0 {
		wr := s.updates[0]
		s.updates = s.updates[1:]
		return wr, true
	}
	return s.WriteScheduler.Pop()
}

// CloseStream implements http2.WriteScheduler: a stream that is closed needs no update, and
// may not have one.
func (s *scheduler) CloseStream(id uint32) {
	left := s.updates[:0]
	for _, wr := range s.updates {
		if wr.StreamID() != id {
			left = append(left, wr)
		}
	}
	s.updates = left
	s.WriteScheduler.CloseStream(id)
}

// isUpdate tells a window update of a stream. The type of the frame is private, and shows
// in the text only; frames with data are told by their size.
func isUpdate(wr http2.FrameWriteRequest) bool {
	return wr.DataSize() == 0 && wr.StreamID() != 0 && strings.Contains(wr.String(), "writeWindowUpdate")
}
