package container

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/backend/container/userns"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Run runs a container that this process has made, or was given, and is its monitor until
// its end. It gives the exit code; an error is why it did not run. Ready is called when
// it runs, unless it is nil.
//
// From then on, signals that would end this process are the container's.
func (r *Runner) Run(ctx context.Context, c *Container, s Streams, ready func()) (int, error) {
	defer c.Release()
	code, err := r.run(ctx, c, s, ready)
	if left := new(leftError); errors.As(err, &left) {
		return code, explain(c.dir, err) // it is Dead, for the next command to Clean
	}
	state := State{Status: Exited, Started: c.Started, Finished: time.Now(), ExitCode: code}
	if err != nil {
		err = explain(c.dir, err)
		state.Error = err.Error()
		if start := new(StartError); errors.As(err, &start) {
			state.ExitCode = start.Code
		} else {
			state.ExitCode = CodeFailed
		}
	}
	if c.Remove {
		rerr := r.Set.Remove(context.WithoutCancel(ctx), c)
		if rerr == nil {
			return state.ExitCode, err
		}
		err = errors.Join(err, rerr)
	}
	return state.ExitCode, errors.Join(err, c.SetState(state))
}

// leftError is why the runtime could not take away what is left of a container.
type leftError struct{ error }

func (e *leftError) Unwrap() error { return e.error }

func (r *Runner) run(ctx context.Context, c *Container, s Streams, ready func()) (code int, err error) {
	log, err := c.newLogger()
	if err != nil {
		return 0, err
	}
	defer log.close()
	if err := adopt(); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(c.path(bundleDir), 0o700); err != nil {
		return 0, err
	}
	ch := &channel{Streams: s, log: log, stdin: c.Stdin}
	if ch.recorder, err = c.newRecorder(c.Record, c.Args, c.Cwd, c.User); err != nil {
		return 0, err
	}
	defer func() { r.recorded(ch, code, err) }()
	if c.TTY {
		if ch.terminal, err = newTerminal(c.path(bundleDir), s.In); err != nil {
			return 0, err
		}
	}
	defer func() {
		if ch.network != nil {
			ch.network.stop()
		}
	}()
	signals, stop := r.catch()
	r.caught()
	defer stop()
	defer func() {
		if derr := ch.drain(); err == nil {
			err = derr
		}
	}()
	discard := r.discard
	defer func() {
		if derr := discard(ctx, c); derr != nil {
			err = errors.Join(err, &leftError{derr})
		}
	}()
	var pid int
	ctx, err = starting(ctx, signals, func(ctx context.Context) error {
		return rootfs.Apart(func() error {
			pid, err = r.launch(ctx, c, ch)
			return err
		})
	})
	if err != nil {
		return 0, err
	}
	c.SetState(State{Status: Running, Process: process(pid), Monitor: self(), Started: time.Now()})
	if ready != nil {
		ready()
	}
	if code, err = wait(ctx, pid, ch.terminal, signals); err == nil {
		discard = r.discardEnded
	}
	return code, err
}

// launch starts a container, and mounts its root file system meanwhile.
func (r *Runner) launch(ctx context.Context, c *Container, ch *channel) (int, error) {
	layers, err := r.OpenLayers()
	if err != nil {
		return 0, err
	}
	if c.Network == Private {
		if ch.network, err = r.private(ctx, c); err != nil {
			return 0, err
		}
	}
	b, err := newBundle(c.path(bundleDir), func() ([]byte, error) {
		mounted, err := layers.Mount(ctx, c.dir, c.DiffIDs, rootfs.Options{Points: c.points(), Volatile: c.Remove})
		if err != nil {
			return nil, err
		}
		if mounted.Way == rootfs.Copy {
			r.note("the layers are copied for each container: the kernel has no overlay file system for this user and directory")
		}
		return r.newSpec(c, mounted.Path, ch.size())
	})
	if err != nil {
		return 0, err
	}
	defer b.close()
	return r.begin(ctx, c, c.Args[0], b.dir, ch, b, "run", c.ID)
}

// begin has the runtime start a process whose streams are those of a channel. The bundle is that of a new
// container, else nil.
func (r *Runner) begin(ctx context.Context, c *Container, program, dir string, ch *channel, b *bundle, args ...string) (int, error) {
	if ch.terminal != nil {
		args = append([]string{args[0], "--console-socket", consoleSocket}, args[1:]...)
	}
	pid, err := r.start(ctx, c, program, dir, ch, b, args...)
	if err != nil {
		return 0, err
	}
	if ch.terminal != nil {
		if err := ch.terminal.accept(); err != nil {
			return 0, err
		}
	}
	ch.started(pid)
	return pid, nil
}

// catch takes the signals that a process can take, so that none ends this one, until stop.
func (r *Runner) catch() (signals chan os.Signal, stop func()) {
	signals = make(chan os.Signal, 64)
	stop = userns.Notify(r.Owned, signals, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGWINCH,
		unix.SIGPIPE) // which then is an error of who writes
	return signals, stop
}

// starting calls fn, which starts a process. A signal that means the end of this process
// interrupts it: the runtime may hang. The context is that of the new process.
func starting(ctx context.Context, signals <-chan os.Signal, fn func(context.Context) error) (context.Context, error) {
	ctx, interrupt := context.WithCancelCause(ctx)
	started, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case s := <-signals:
				switch s {
				case unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM:
					interrupt(&StartError{codeSignal + int(s.(unix.Signal)), diag.Diagnostic{Code: "interrupted", Message: "interrupted"}})
				}
			case <-started:
				return
			}
		}
	}()
	err := fn(ctx)
	close(started)
	<-watched
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return ctx, err
}

// hangUp is how long a process has to end when its terminal is gone.
const hangUp = 3 * time.Second

// maxInterrupts is how many interrupts a process without a terminal may get before it is killed.
const maxInterrupts = 3

// wait waits for the end of a process of a container, and gives its exit code. Signals are
// passed on to it. One with a terminal gets them as keys, so that a signal means that the
// terminal goes away.
func wait(ctx context.Context, pid int, t *terminal, signals <-chan os.Signal) (int, error) {
	type end struct {
		status syscall.WaitStatus
		err    error
	}
	ended := make(chan end, 1)
	p := process(pid)
	go func() {
		status, err := reap(pid)
		ended <- end{status, err}
	}()
	done := ctx.Done()
	interrupts := 0
	var late <-chan time.Time
	for {
		select {
		case e := <-ended:
			return exitCode(e.status), e.err
		case s := <-signals:
			switch {
			case s == unix.SIGWINCH && t != nil:
				t.resize()
			case s == unix.SIGWINCH, s == unix.SIGPIPE:
			case t != nil && s != unix.SIGUSR1 && s != unix.SIGUSR2:
				p.signal(unix.SIGHUP)
				late = time.After(hangUp)
			default:
				if s == unix.SIGINT || s == unix.SIGTERM {
					interrupts++
				}
				if interrupts == maxInterrupts { // as docker: a first process may ignore them all
					s = unix.SIGKILL
				}
				p.signal(s.(unix.Signal))
			}
		case <-late:
			p.signal(unix.SIGKILL)
		case <-done:
			p.signal(unix.SIGKILL)
			done = nil
		}
	}
}

// reap waits for the end of a process that has become a child of this one, or is about to:
// crun ends before what is between it and the process.
func reap(pid int) (status syscall.WaitStatus, err error) {
	const pause, most = 2 * time.Millisecond, 10 * time.Second
	for end := time.Now().Add(most); ; {
		_, err := syscall.Wait4(pid, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ECHILD) && unix.Kill(pid, 0) == nil && time.Now().Before(end):
			time.Sleep(pause)
		default:
			return status, err
		}
	}
}

func exitCode(s syscall.WaitStatus) int {
	if s.Signaled() {
		return codeSignal + int(s.Signal())
	}
	return s.ExitStatus()
}
