package container

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/seed-e0495807/strake/lang/diag"
)

// The files of a monitor that is a process of its own, besides its standard streams.
const (
	holdFD  = 3 // the lock of the container
	readyFD = 4 // where it says that the container runs
)

// started is what a monitor says when its container runs, or why it does not.
type started struct {
	Code  int              `json:"code,omitempty"`
	Error *diag.Diagnostic `json:"error,omitempty"`
}

// Detach starts a container that this process has made, with a monitor that outlives it.
func (r *Runner) Detach(ctx context.Context, c *Container) error {
	err := r.detach(ctx, c)
	if err != nil && c.hold != nil { // nobody else has noted it
		err = errors.Join(err, r.Set.Remove(context.WithoutCancel(ctx), c))
	}
	return err
}

func (r *Runner) detach(ctx context.Context, c *Container) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	cmd := exec.Command(r.Monitor[0], append(r.Monitor[1:len(r.Monitor):len(r.Monitor)], c.ID)...)
	cmd.Dir, cmd.Env = "/", monitorEnv()
	cmd.ExtraFiles = []*os.File{c.hold, write}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	write.Close()
	if err != nil {
		return err
	}
	go cmd.Wait()
	stop := context.AfterFunc(ctx, func() { cmd.Process.Signal(syscall.SIGTERM) })
	defer stop()
	data, err := io.ReadAll(read)
	if err != nil {
		return err
	}
	c.Release()
	var s started
	if err := json.Unmarshal(data, &s); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fail("no-monitor", "look at what the machine lacks with `dmesg`, as memory", "the process that watches container %s was killed", c.Name)
	}
	if s.Error != nil {
		return &StartError{s.Code, *s.Error}
	}
	return c.Refresh()
}

// monitorEnv is what a monitor needs. It outlives the command that starts it, and must not
// keep that one's secrets.
func monitorEnv() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "STRAKE_HOME", "XDG_DATA_HOME", "TMPDIR", "USER", "LOGNAME", "LANG", "TZ"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// hold has a process in the background hold a terminal: without one its processes are hung up.
func (r *Runner) hold(master *os.File) error {
	cmd := exec.Command(r.Monitor[0], append(r.Monitor[1:len(r.Monitor):len(r.Monitor)], HoldArg)...)
	cmd.Dir, cmd.Env = "/", monitorEnv()
	cmd.ExtraFiles = []*os.File{master}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait()
	return nil
}

// Hold is that process. It ends with the last one that has the terminal.
func Hold() {
	io.Copy(io.Discard, os.NewFile(holdFD, "terminal")) // it ends with an error
}

// Watch is the process that Detach starts: the monitor of a container.
func (r *Runner) Watch(ctx context.Context, id string) error {
	ready := os.NewFile(readyFD, "ready")
	defer ready.Close()
	syscall.CloseOnExec(holdFD)
	syscall.CloseOnExec(readyFD)
	c := load(filepath.Join(r.Set.dir, id))
	c.hold = os.NewFile(holdFD, monitorFile)
	if c.Err != nil {
		return c.Err
	}
	running := false
	var s Streams
	if c.Stdin { // it may wait for what nobody types
		var w *os.File
		var err error
		if s.In, w, err = os.Pipe(); err != nil {
			return err
		}
		defer w.Close()
	}
	_, err := r.Run(ctx, c, s, func() {
		running = true
		json.NewEncoder(ready).Encode(started{})
		ready.Close()
	})
	if err != nil && !running {
		d := diag.Diagnostic{Code: "container-start", Message: err.Error()}
		errors.As(err, &d)
		json.NewEncoder(ready).Encode(started{codeOf(err), &d})
		return nil
	}
	return err
}

func codeOf(err error) int {
	if start := new(StartError); errors.As(err, &start) {
		return start.Code
	}
	return CodeFailed
}
