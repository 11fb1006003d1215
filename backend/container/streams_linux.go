package container

import (
	"io"
	"os"
	"os/exec"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// channel joins the streams of a process in a container to those of the user.
type channel struct {
	Streams
	log      *logger // may be nil
	terminal *terminal
	recorder *recorder  // nil for none
	network  *forwarder // of a container with a network of its own
	stdin    bool       // the process may read
	alone    bool       // the process has no streams, or a terminal that another process holds

	stderr  *os.File
	writers []*os.File // ends of pipes that are the process's
	pipes   []*pipe    // the other ends, of what it writes
	input   *os.File   // the end of a pipe that it reads, kept open
	copying sync.WaitGroup
	mu      sync.Mutex
	failed  error // of who reads what the process writes
}

// size is that of the user's terminal, for a process that has one.
func (ch *channel) size() *specs.Box {
	if ch.terminal == nil {
		return nil
	}
	return ch.terminal.size()
}

// open makes pipes, unless the process has a terminal. A process never has a file of the
// user's itself: what can write to a terminal can type there, too.
func (ch *channel) open(cmd *exec.Cmd) error {
	if ch.terminal != nil || ch.alone {
		return nil
	}
	if ch.stdin {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		cmd.Stdin, ch.input = r, w
		ch.writers = append(ch.writers, r)
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout = stdout
	ch.writers = append(ch.writers, stdout)
	ch.copyPipe("stdout", out, ch.Out)
	errs, stderr, err := os.Pipe()
	if err != nil {
		out.Close()
		return err
	}
	cmd.Stderr, ch.stderr = stderr, errs
	ch.writers = append(ch.writers, stderr)
	return nil
}

func (ch *channel) copyPipe(stream string, from *os.File, to io.Writer) {
	p := &pipe{File: from}
	ch.pipes = append(ch.pipes, p)
	ch.copy(stream, p, to)
}

// ended goes on when the process has ended. Others that it has left behind may write on.
func (ch *channel) ended() {
	for _, p := range ch.pipes {
		p.end()
	}
}

func (ch *channel) copy(stream string, from io.ReadCloser, to io.Writer) {
	ch.copying.Go(func() {
		ch.fails(ch.log.tee(stream, from, to))
		from.Close()
	})
}

func (ch *channel) fails(err error) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.failed == nil {
		ch.failed = err
	}
}

// started goes on when the process runs. Until then the runtime itself may have written to
// the same stream as the process, what its log has, too.
func (ch *channel) started(pid int) {
	ch.closeWriters()
	switch {
	case ch.alone:
		return
	case ch.terminal != nil:
		master := ch.terminal.master
		keys, out := ch.recorder.terminal(ch.terminal, ch.Out)
		ch.copy("stdout", master, out)
		if ch.stdin && ch.In != nil {
			go io.Copy(keys, ch.In)
		}
		return
	case ch.input != nil && ch.In != nil:
		go func() {
			io.Copy(ch.input, ch.recorder.input(ch.In, pid))
			ch.input.Close()
		}()
	}
	ch.copyPipe("stderr", ch.stderr, ch.Err)
	ch.stderr = nil
}

func (ch *channel) closeWriters() {
	for _, f := range ch.writers {
		f.Close()
	}
	ch.writers = nil
}

// drain waits until all is copied that the process wrote, and restores the terminal. An
// error is of who reads that.
func (ch *channel) drain() error {
	ch.closeWriters()
	ch.copying.Wait()
	if ch.stderr != nil {
		ch.stderr.Close()
	}
	if ch.terminal != nil {
		ch.terminal.close()
	}
	if ch.failed == nil {
		return nil
	}
	return fail("output-lost", "look what has become of where the output goes: a disk may be full", "cannot write all that the container wrote: %v", ch.failed)
}
