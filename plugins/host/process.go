package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin"

	"github.com/seed-e0495807/strake/plugins/internal/sandbox"
)

// How long to wait at most for what a program still has to say when it has failed: how it
// ended, when it seems to have, and the end of its log. On a busy machine its helper needs
// a while to tell of the end; a program that only seems to have ended is rare.
const (
	settle = 2 * time.Second
	flush  = 20 * time.Millisecond
)

// process is that of a program, and a runner of go-plugin.
type process struct {
	level          sandbox.Level
	box            *sandbox.Box // nil before it is prepared
	limits         sandbox.Limits
	shared         string   // the directory of its socket, as it sees it
	socket         *os.File // of a full sandbox
	stdout, stderr *pipe
	log            *tail
	done           chan struct{} // closed when it has ended
	end            string        // how it did, from then on

	mu      sync.Mutex
	pid     int   // while it can be killed
	stopped error // why it was ended
	killed  bool  // even before it started
	over    bool  // it has ended
}

func newProcess(o Options, level sandbox.Level) *process {
	p := &process{level: level, done: make(chan struct{})}
	p.log = &tail{limit: o.MaxLog, flooded: func() {
		p.fail(fmt.Errorf("it wrote more than %d MiB to its log", o.MaxLog>>20))
	}}
	return p
}

// Start starts it, on a thread that lasts as long: the kernel kills the process when
// that thread ends, and so when strake does.
func (p *process) Start(context.Context) error {
	outs, err := p.pipes()
	if err != nil {
		return err
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with this function
		err := p.run()
		for _, f := range append(p.box.ExtraFiles, outs...) {
			f.Close()
		}
		if err != nil {
			p.stdout.Close()
			p.stderr.Close()
			close(p.done)
			started <- &sandbox.Failure{Program: p.level == sandbox.None, Text: err.Error()}
			return
		}
		go func() { started <- p.box.Started() }()
		watched, end := context.WithCancel(context.Background())
		go func() {
			if err := p.box.Watch(watched, p.limits); err != nil {
				p.fail(err)
			}
		}()
		p.reap()
		end()
	}()
	return <-started
}

// pipes connects its output.
func (p *process) pipes() (writers []*os.File, err error) {
	for _, to := range []struct {
		reader **pipe
		writer *io.Writer
	}{{&p.stdout, &p.box.Stdout}, {&p.stderr, &p.box.Stderr}} {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		*to.reader, *to.writer = &pipe{File: r, end: make(chan struct{})}, w
		writers = append(writers, w)
	}
	return writers, nil
}

// run starts the command, unless it was killed before.
func (p *process) run() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		return errors.New("it was stopped")
	}
	if err := p.box.Start(); err != nil {
		return err
	}
	p.pid = p.box.Process.Pid
	return nil
}

// reap waits for the end.
func (p *process) reap() {
	p.box.Ended()
	p.mu.Lock()
	p.pid, p.over = 0, true // from here on somebody else may get the number
	p.mu.Unlock()
	p.box.Wait()
	if p.end = p.box.End(); p.end == "" {
		p.end = p.box.ProcessState.String()
	}
	close(p.done)
}

func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.killed = true
	if p.pid != 0 {
		p.box.Kill()
	}
}

// fail ends the process for a reason. The first one counts.
func (p *process) fail(why error) {
	p.mu.Lock()
	if p.stopped == nil {
		p.stopped = why
	}
	p.mu.Unlock()
	p.kill()
}

// cause is why there is no process any more; it is nil while there is one.
func (p *process) cause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped != nil {
		return p.stopped
	}
	select {
	case <-p.done:
		return fmt.Errorf("its process ended: %s", p.end)
	default:
		return nil
	}
}

// byItself tells whether the end of the process says more than the error of what strake
// ended it for.
func (p *process) byItself() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.killed || p.stopped != nil
}

// explain adds to an error how the process ended, within a time, and the end of its log.
func (p *process) explain(err error, within time.Duration) error {
	p.ended(within)
	if cause := p.cause(); cause != nil && p.byItself() {
		err = fmt.Errorf("%w (%w)", cause, err)
	}
	if text := p.log.String(); text != "" {
		err = fmt.Errorf("%w\nThe end of its log:\n%s", err, text)
	}
	return err
}

// ended waits for the end of the process, and of what it wrote.
func (p *process) ended(within time.Duration) {
	wait := time.NewTimer(within)
	defer wait.Stop()
	select {
	case <-p.done:
	case <-wait.C:
		return
	}
	if p.stderr != nil {
		select {
		case <-p.stderr.end:
		case <-wait.C:
		}
	}
}

// The rest is what go-plugin asks of a runner.

func (p *process) Stdout() io.ReadCloser { return p.stdout }

func (p *process) Stderr() io.ReadCloser { return p.stderr }

func (p *process) Name() string { return "plugin" }

func (p *process) Diagnose(context.Context) string { return "" }

// ID is "" when there is nothing to kill.
func (p *process) ID() string {
	if p.box == nil || p.box.Process == nil {
		return ""
	}
	return strconv.Itoa(p.box.Process.Pid)
}

// Wait waits for the end.
func (p *process) Wait(context.Context) error {
	<-p.done
	return nil
}

// Kill ends the process, and reading from it: what it has started, and what got out of
// its group without a sandbox, may keep its pipes open.
func (p *process) Kill(context.Context) error {
	select {
	case <-p.stdout.end: // it is about to end by itself: how it does is worth to know
		p.ended(settle)
	default:
	}
	p.release()
	return nil
}

// release ends the process, and gives back what strake has for it: go-plugin asks nobody to end
// what has ended by itself. It may be called again.
func (p *process) release() {
	if p.box == nil {
		return
	}
	p.kill()
	select { // nobody may read what it has written
	case <-p.done:
	case <-time.After(settle):
	}
	for _, f := range []*pipe{p.stdout, p.stderr} {
		if f != nil {
			f.Close()
		}
	}
	if p.socket != nil {
		p.socket.Close()
	}
	p.box.Close()
}

// PluginToHost makes sure that a program has strake connect to itself: a socket in its own
// directory. That of a full sandbox is not among the files of the host.
func (p *process) PluginToHost(network, address string) (string, string, error) {
	if network != "unix" {
		return "", "", fmt.Errorf("it listens on %s: it has to use a unix socket in $%s", network, plugin.EnvUnixSocketDir)
	}
	if filepath.Dir(filepath.Clean(address)) != p.shared {
		return "", "", fmt.Errorf("its socket is not in $%s", plugin.EnvUnixSocketDir)
	}
	if p.level != sandbox.Full {
		if info, err := os.Lstat(address); err != nil {
			return "", "", fmt.Errorf("its socket: %w", err)
		} else if info.Mode().Type() != os.ModeSocket {
			return "", "", errors.New("its socket is none")
		}
		return network, address, nil
	}
	var err error
	if p.socket, err = p.box.Socket(address); err != nil {
		return "", "", fmt.Errorf("its socket: %w", err)
	}
	return network, fmt.Sprintf("/proc/self/fd/%d", p.socket.Fd()), nil
}

func (p *process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// pipe tells when it was read to its end.
type pipe struct {
	*os.File
	once sync.Once
	end  chan struct{}
}

func (p *pipe) Read(b []byte) (int, error) {
	n, err := p.File.Read(b)
	if err != nil {
		p.once.Do(func() { close(p.end) })
	}
	return n, err
}
