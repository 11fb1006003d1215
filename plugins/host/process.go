package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/seed-e0495807/strake/plugins/internal/sandbox"
)

// How long to wait for what a program still has to say when it has failed: how it ended,
// when it seems to have, and the end of its log.
const (
	settle = 200 * time.Millisecond
	flush  = 20 * time.Millisecond
)

// process is that of a program, and a runner of go-plugin.
type process struct {
	level          sandbox.Level
	cmd            *exec.Cmd
	status         *os.File // of the sandbox
	shared         string   // the directory of its socket
	stdout, stderr *pipe
	log            *tail
	done           chan struct{} // closed when it has ended

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
		for _, f := range append(p.cmd.ExtraFiles, outs...) {
			f.Close()
		}
		if err != nil {
			p.stdout.Close()
			p.stderr.Close()
			close(p.done)
			started <- &sandbox.Failure{Program: p.level == sandbox.NoSandbox, Text: err.Error()}
			return
		}
		go func() { started <- sandbox.Started(p.status) }()
		p.reap()
	}()
	return <-started
}

// pipes connects its output.
func (p *process) pipes() (writers []*os.File, err error) {
	for _, to := range []struct {
		reader **pipe
		writer *io.Writer
	}{{&p.stdout, &p.cmd.Stdout}, {&p.stderr, &p.cmd.Stderr}} {
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
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.pid = p.cmd.Process.Pid
	return nil
}

// reap waits for the end.
func (p *process) reap() {
	sandbox.Ended(p.pid)
	p.mu.Lock()
	p.pid, p.over = 0, true // from here on somebody else may get the number
	p.mu.Unlock()
	p.cmd.Wait()
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
		sandbox.Kill(p.pid)
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
		return fmt.Errorf("its process ended: %v", p.cmd.ProcessState)
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
	if p.ended(within) && p.byItself() {
		err = fmt.Errorf("%w (%w)", p.cause(), err)
	}
	if text := p.log.String(); text != "" {
		err = fmt.Errorf("%w\nThe end of its log:\n%s", err, text)
	}
	return err
}

// ended waits for the end of the process, and of what it wrote.
func (p *process) ended(within time.Duration) bool {
	wait := time.NewTimer(within)
	defer wait.Stop()
	select {
	case <-p.done:
	case <-wait.C:
		return false
	}
	if p.stderr != nil {
		select {
		case <-p.stderr.end:
		case <-wait.C:
		}
	}
	return true
}

// The rest is what go-plugin asks of a runner.

func (p *process) Stdout() io.ReadCloser { return p.stdout }

func (p *process) Stderr() io.ReadCloser { return p.stderr }

func (p *process) Name() string { return "plugin" }

func (p *process) Diagnose(context.Context) string { return "" }

// ID is "" when there is nothing to kill.
func (p *process) ID() string {
	if p.cmd == nil || p.cmd.Process == nil {
		return ""
	}
	return strconv.Itoa(p.cmd.Process.Pid)
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
	p.kill()
	p.ended(settle)
	p.stdout.Close()
	p.stderr.Close()
	return nil
}

func (p *process) PluginToHost(network, address string) (string, string, error) {
	return network, address, checkAddress(network, address, p.shared)
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
