package serve

//lint:file-ignore SA1019 as BuildKit serves sessions

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/moby/buildkit/session/filesync"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// asking is a receiver of files that has asked for many before the first one comes: it
// sends all its requests, and reads meanwhile.
type asking struct {
	filesync.UnimplementedFileSendServer
	requests, files int
}

func (a *asking) DiffCopy(stream filesync.FileSend_DiffCopyServer) error {
	sent := make(chan error, 1)
	go func() {
		for range a.requests {
			if err := stream.Send(&filesync.BytesMessage{Data: make([]byte, 16)}); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for range a.files {
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
	return <-sent
}

// transfer sends files to a server before it looks at any request, as a daemon does that
// has more of these than it can keep.
func transfer(ctx context.Context, conn net.Conn, a *asking) error {
	c, err := grpc.NewClient("passthrough:///session", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return conn, nil }))
	if err != nil {
		return err
	}
	defer c.Close()
	stream, err := filesync.NewFileSendClient(c).DiffCopy(ctx)
	if err != nil {
		return err
	}
	for range a.files {
		if err := stream.Send(&filesync.BytesMessage{Data: make([]byte, 32<<10)}); err != nil {
			return err
		}
	}
	for range a.requests {
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// TestFullWindows fills the windows of both directions of a stream. With the server of
// golang.org/x/net as it is, that is the end: if this part of the test fails one day, the
// package is not needed any more.
func TestFullWindows(t *testing.T) {
	a := &asking{requests: 20_000, files: 400}
	server := grpc.NewServer()
	filesync.RegisterFileSendServer(server, a)
	t.Cleanup(server.Stop)

	hangs := false
	for try := 0; !hangs && try < 5; try++ { // on a busy machine the one side may keep up with the other
		near, far := pipe(t)
		go (&http2.Server{}).ServeConn(near, &http2.ServeConnOpts{Handler: server})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		hangs = transfer(ctx, far, a) != nil
		cancel()
	}
	if !hangs {
		t.Error("BuildKit's way of serving does not hang")
	}

	near, far := pipe(t)
	s := New(func(context.Context, string, map[string][]string) (net.Conn, error) { return near, nil })
	s.Register(server)
	idle, err := s.Dial(t.Context(), "h2c", nil)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { // as BuildKit's session does with what it dialled
		(&http2.Server{}).ServeConn(idle, &http2.ServeConnOpts{Handler: server})
		close(served)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 3 {
		if err := transfer(ctx, far, a); err != nil {
			t.Fatal(err)
		}
		near, far = pipe(t)
		s.Register(server)
		next, err := s.Dial(t.Context(), "h2c", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer next.Close()
	}
	select {
	case <-served: // the daemon has hung up, and both connections end
	case <-time.After(time.Minute):
		t.Error("the idle connection has not ended with the real one")
	}
}

// TestUnattached leaves sessions that it is not attached to alone.
func TestUnattached(t *testing.T) {
	near, _ := pipe(t)
	s := New(func(context.Context, string, map[string][]string) (net.Conn, error) { return near, nil })
	if got, err := s.Dial(t.Context(), "h2c", nil); got != near || err != nil {
		t.Errorf("%v %v", got, err)
	}
	broken := errors.New("broken")
	s = New(func(context.Context, string, map[string][]string) (net.Conn, error) { return nil, broken })
	s.Register(grpc.NewServer())
	if _, err := s.Dial(t.Context(), "h2c", nil); err != broken {
		t.Errorf("%v", err)
	}
}

// pipe is a connection with buffers, as a pipe of net has none.
func pipe(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if far, err = net.Dial("tcp", l.Addr().String()); err == nil {
		near, err = l.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}
