//go:build linux

package engine

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"
)

const (
	poll      = 5 * time.Millisecond
	startTime = time.Minute // bounds how long the engine may take to be ready
)

// session is the use of the embedded engine by a client.
type session struct {
	place
	clients *flock.Flock // shared with the other clients
	pid     int          // of the engine that it is connected to
}

// embedded connects to the embedded engine, and starts it if need be.
func embedded(ctx context.Context, o *Options) (*Engine, error) {
	s, err := join(ctx, o)
	if err != nil {
		return nil, err
	}
	e, err := s.connect(ctx)
	if e == nil && err == nil {
		err = s.relieved(func() error {
			var err error
			e, err = s.start(ctx, o)
			return err
		})
	}
	if err != nil {
		s.clients.Close()
		return nil, err
	}
	return e, nil
}

// join makes this process a client. From now on the engine does not stop for want
// of clients; one that is about to is waited for.
func join(ctx context.Context, o *Options) (*session, error) {
	p, err := o.place()
	if err != nil {
		return nil, err
	}
	if err := p.make(); err != nil {
		return nil, err
	}
	s := &session{place: p, clients: flock.New(p.path(clientsFile))}
	if _, err := s.clients.TryRLockContext(ctx, poll); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, p.explain(err)
	}
	return s, nil
}

// release ends the session.
func (s *session) release() {
	now := time.Now()
	os.Chtimes(s.clients.Path(), now, now)
	s.clients.Close()
}

// connect connects to the engine. It gives nil when there is none, or one that ends
// or is not there yet.
func (s *session) connect(ctx context.Context) (*Engine, error) {
	s.update()
	if !listens("unix://" + s.socket()) {
		return nil, nil
	}
	s.pid = s.holder()
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.socket())
	}
	e, err := connect(ctx, "", patient, nil, client.WithContextDialer(dial))
	switch {
	case err == nil && s.pid == s.holder():
	case err == nil: // it was killed meanwhile
		e.Client.Close()
		return nil, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case grpcerrors.Code(err) == codes.DeadlineExceeded:
		return nil, fail("engine-hangs", "end it with `strake engine stop` and try again", "the build engine does not answer")
	default:
		return nil, nil
	}
	e.Kind, e.Addr, e.local = Embedded, "unix://"+s.socket(), s
	return e, nil
}

// start starts the engine, unless another client does.
func (s *session) start(ctx context.Context, o *Options) (*Engine, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTime, fail("engine-slow",
		"`strake engine logs` shows what it does; try again", "the build engine is not ready after %v", startTime))
	defer cancel()
	slow := time.AfterFunc(time.Second, func() { o.say("waiting for the build engine to start") })
	defer slow.Stop()
	turn := flock.New(s.path(startFile))
	if _, err := turn.TryLockContext(ctx, poll); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, s.explain(err)
	}
	defer turn.Close()

	var mine *starting
	for {
		if e, err := s.connect(ctx); e != nil || err != nil {
			return e, err
		}
		select {
		case <-mine.ended():
			return nil, mine.failure()
		default:
		}
		if mine == nil && s.holder() == 0 { // or one ends, or becomes ready
			var err error
			if mine, err = s.spawn(o); err != nil {
				if s.run != s.dir {
					os.Remove(s.run) // nobody else is about to use it, in this turn
				}
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-mine.ended():
		case <-time.After(poll):
		}
	}
}

// ended tells whether the engine of the session is gone, and why. When the
// connection is broken it must be, or will be in a moment.
func (s *session) ended(gone bool) (reason string, ended bool) {
	deadline := time.Now().Add(2 * time.Second)
	for pid := s.holder(); pid != 0 && pid == s.pid; pid = s.holder() {
		if !gone || time.Now().After(deadline) {
			return "", false
		}
		time.Sleep(poll)
	}
	return s.lastWords(), true
}

// Stop stops the embedded engine of a directory, in the middle of builds, too. It
// tells whether there was one. The process ends within seconds, with force if it
// has to.
func Stop(ctx context.Context, o Options) (bool, error) {
	p, err := o.place()
	if err != nil {
		return false, err
	}
	pid := p.holder()
	if pid == 0 {
		return false, nil
	}
	p.update()
	proc, err := os.FindProcess(pid)
	if err != nil || pid < 0 || p.holder() != pid { // another one by now
		return false, fail("engine-elsewhere", "stop it there", "the build engine runs in another container")
	}
	switch err := proc.Signal(syscall.SIGTERM); {
	case errors.Is(err, os.ErrProcessDone):
	case err != nil:
		return false, fail("engine-permission", "stop it as the user who started it", "cannot stop the build engine, process %d: %v", pid, err)
	}
	l := flock.New(p.path(lockFile))
	defer l.Close()
	for range 2 {
		// What the engine does after the end of buildkitd takes time, too, on a busy machine;
		// one that is killed leaves its cgroups to the next.
		wait, cancel := context.WithTimeout(ctx, 4*stopTime)
		_, err = l.TryLockContext(wait, poll)
		cancel()
		if err == nil || ctx.Err() != nil {
			break
		}
		proc.Kill() // and the kernel ends whatever it has started
	}
	for end := time.Now().Add(stopTime); len(p.rootless()) > 0 && time.Now().Before(end); {
		time.Sleep(poll) // rootlesskit is the last one
	}
	return true, err
}
