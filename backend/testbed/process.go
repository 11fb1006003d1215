package testbed

import (
	"bytes"
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program in the background. It dies with the test process, however
// that ends.
type process struct {
	cmd  *exec.Cmd
	log  output
	done chan struct{} // closed when it has ended
	err  error         // of Wait, when done
}

// output is what a program has written so far.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// isolate puts a program into mount and process namespaces of its own: with the
// program the kernel ends whatever it has started and mounted. The shell commands
// of prepare are run there first.
func isolate(cmd *exec.Cmd, prepare ...string) {
	// Runc looks itself and others up in /proc, which has to show the new numbers.
	script := strings.Join(append([]string{"mount -t proc proc /proc"}, append(prepare, `exec "$@"`)...), " && ")
	cmd.Args = append([]string{"sh", "-c", script, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	// Unshareflags, unlike Cloneflags, makes the mounts private.
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Unshareflags: syscall.CLONE_NEWNS}
}

// start starts a program that is stopped when the test ends. Its output is logged
// if the test fails.
func start(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = &p.log
	}
	cmd.Stderr = &p.log
	cmd.WaitDelay = 5 * time.Second
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started := make(chan error)
	go func() {
		// The signal comes when the thread ends that has started the program.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
		close(p.done)
	}()
	switch err := <-started; {
	case errors.Is(err, syscall.EPERM):
		t.Skipf("this machine does not let root make namespaces: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", cmd, &p.log)
		}
	})
	return p
}

// stop ends the program, with force if it takes long.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
	}
}

// ready waits until check has no error, for at most two minutes.
func (p *process) ready(t testing.TB, check func() error) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not ready: %v", p.cmd, err)
		}
		select {
		case <-p.done:
			t.Fatalf("%s ended: %v", p.cmd, p.err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
