//go:build linux

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	"golang.org/x/sys/unix"
)

// stopTime is how long buildkitd may take to end. It waits for the steps that run.
const stopTime = 3 * time.Second

// supervisor runs buildkitd until it is idle.
type supervisor struct {
	launch
	place
	lock    *os.File
	clients *flock.Flock
	used    time.Time // when there last was a client
}

// Supervise is the process of the embedded engine, in the namespaces that were made
// for it. The argument is from the command that starts it. It ends with buildkitd,
// with the context, or when the engine is idle.
func Supervise(ctx context.Context, arg string) error {
	s := &supervisor{used: time.Now()}
	if err := json.Unmarshal([]byte(arg), &s.launch); err != nil {
		return err
	}
	s.place = s.launch.place()
	err := s.start(ctx)
	if err != nil {
		note(failNote+"%v", err)
	}
	return err
}

func (s *supervisor) start(ctx context.Context) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	if err := s.isolate(); err != nil {
		return err
	}
	s.sweepCgroups() // of an engine that was killed
	defer s.clean()
	s.Since = time.Now()
	state, err := json.Marshal(s.launch)
	if err == nil {
		err = s.write(stateFile, state)
	}
	if err != nil {
		return err
	}
	s.keepReserve()
	if err := s.sweepSnapshots(ctx); err != nil {
		note("what is left of snapshots stays: %v", err)
	}
	note(startNote+"%s", s.Buildkitd)
	daemon, err := s.buildkitd()
	if err != nil {
		return err
	}
	return s.watch(ctx, daemon)
}

// acquire takes the two locks of lockFile. What is left of an engine that was killed
// may hold the second one for a moment.
func (s *supervisor) acquire(ctx context.Context) error {
	var err error
	if s.lock, err = os.OpenFile(s.path(lockFile), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(s.lock.Fd(), unix.F_SETLK, &lock); err != nil {
		return fmt.Errorf("lock %s: %w, another instance running?", s.lock.Name(), err)
	}
	for {
		err := unix.Flock(int(s.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil || !errors.Is(err, unix.EWOULDBLOCK) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(poll):
		}
	}
}

// process is the daemon.
type process struct {
	*os.Process
	ended chan string // how it ended
}

// buildkitd starts the daemon. It reaps every process that ends: those whose parents are
// gone become children of the first process of a namespace, and BuildKit does not
// wait for them.
func (s *supervisor) buildkitd() (*process, error) {
	p := &process{ended: make(chan string, 1)}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // buildkitd is killed when the thread ends that has started it
		var err error
		p.Process, err = os.StartProcess(s.Buildkitd, append([]string{"buildkitd"}, s.arguments()...), &os.ProcAttr{
			Dir:   "/",
			Env:   append(os.Environ(), "XDG_RUNTIME_DIR="+s.runtimeDir()),
			Files: []*os.File{os.Stdin, os.Stderr, os.Stderr, s.lock},
			Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
		})
		started <- err
		for err == nil {
			var (
				pid    int
				status syscall.WaitStatus
			)
			pid, err = syscall.Wait4(-1, &status, 0, nil)
			if pid == p.Pid {
				p.ended <- describe(status)
				return
			}
			if errors.Is(err, syscall.EINTR) {
				err = nil
			}
		}
	}()
	return p, <-started
}

const killed = "signal: killed"

// describe says how a process has ended.
func describe(s syscall.WaitStatus) string {
	if s.Signaled() {
		return "signal: " + s.Signal().String()
	}
	return fmt.Sprintf("exit code %d", s.ExitStatus())
}

// watch waits for the end of buildkitd, or brings it about.
func (s *supervisor) watch(ctx context.Context, daemon *process) error {
	s.clients = flock.New(s.path(clientsFile))
	tick := time.NewTicker(min(max(s.Idle/4, 10*time.Millisecond), 5*time.Second))
	defer tick.Stop()
	for {
		select {
		case how := <-daemon.ended:
			note(endNote+"%s", how)
			return nil
		case <-ctx.Done():
			note(stopNote)
			daemon.stop()
			return nil
		case <-tick.C:
			if s.orphaned() {
				daemon.Kill() // at its end it would remove the socket that is there now
				<-daemon.ended
				return nil
			}
			s.rotateLog()
			s.keepReserve()
			if s.idle(ctx) {
				note("stopped: no client for %v", s.Idle)
				daemon.stop()
				return nil
			}
		}
	}
}

func (p *process) stop() {
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopTime):
		p.Kill()
		<-p.ended
	}
}

// orphaned tells whether somebody has deleted the directory of the engine. No client
// finds it any more, nor could stop it.
func (s *supervisor) orphaned() bool {
	mine, err := s.lock.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(s.path(lockFile))
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(mine, now)
}

// idle tells whether the engine has had no client for long enough. If so, clients
// wait from now on until this process is gone.
func (s *supervisor) idle(ctx context.Context) bool {
	alone, err := s.clients.TryLock()
	if err != nil || !alone {
		s.used = time.Now()
		return false
	}
	if info, err := os.Stat(s.clients.Path()); err == nil && info.ModTime().After(s.used) {
		s.used = info.ModTime() // somebody came and went between two looks
	}
	if time.Since(s.used) < s.Idle {
		s.clients.Unlock()
		return false
	}
	if s.busy(ctx) {
		s.used = time.Now()
		s.clients.Unlock()
		return false
	}
	return true
}

// busy tells whether a build runs for somebody who knows the socket but not the
// locks, such as buildctl.
func (s *supervisor) busy(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	c, err := client.New(ctx, "", client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.socket())
	}))
	if err != nil {
		return false
	}
	defer c.Close()
	active, err := c.ControlClient().ListenBuildHistory(ctx, &controlapi.BuildHistoryRequest{ActiveOnly: true, EarlyExit: true})
	if err != nil {
		return false
	}
	_, err = active.Recv() // the end of the list is an error
	return err == nil
}

// clean leaves nothing behind but the cache and the log.
func (s *supervisor) clean() {
	if os.Getpid() == 1 {
		// Steps may still run. Their cgroups can be removed when they are gone.
		syscall.Kill(-1, syscall.SIGKILL)
		for {
			if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil && !errors.Is(err, syscall.EINTR) {
				break
			}
		}
	}
	s.sweepCgroups()
	if s.orphaned() {
		return // what is there now is of another engine
	}
	os.Remove(s.path(stateFile))
	os.Remove(s.socket())
	os.Remove(filepath.Join(s.Run, "otel.sock"))
	if s.Rootless {
		syscall.Unmount(s.runtimeDir(), syscall.MNT_DETACH)
		os.Remove(s.runtimeDir())
	}
	if s.run != s.dir {
		os.Remove(s.run)
	}
}
