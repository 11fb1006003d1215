package container

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/lang/diag"
)

// The files of a container that are for the runtime.
const (
	bundleDir  = "oci"
	runtimeDir = "runtime" // what the runtime knows of the container
	pidFile    = "pid"
	runtimeLog = "runtime.log"
)

// runtimeWait bounds what a runtime may take that waits for nobody.
const runtimeWait = 30 * time.Second

// runtimeCommand calls the runtime. What it complains of is in a log of its own, apart
// from what the container writes.
func (r *Runner) runtimeCommand(ctx context.Context, c *Container, log string, args ...string) *exec.Cmd {
	global := []string{"--root", c.path(runtimeDir), "--log", log, "--log-format", "json"}
	cmd := exec.CommandContext(ctx, r.Runtime, append(global, args...)...)
	cmd.Env = []string{"XDG_RUNTIME_DIR=" + c.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what a terminal sends is for this process
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// runtime calls the runtime for something that takes no time.
func (r *Runner) runtime(ctx context.Context, c *Container, args ...string) error {
	patience := runtimeWait
	if ctx.Err() != nil {
		patience = hangUp // who interrupted it waits
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	var out bytes.Buffer
	cmd := r.runtimeCommand(ctx, c, "/dev/stderr", args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return fail("runtime", "", "%s %s: %v", filepath.Base(r.Runtime), args[0], complaint(out.Bytes(), err))
	}
	return nil
}

// complaint is the last error in the log of a runtime, which also has lines of text.
func complaint(log []byte, err error) error {
	for line := range bytes.Lines(log) {
		var entry struct{ Level, Msg string }
		if json.Unmarshal(line, &entry) == nil && (entry.Level == "error" || entry.Level == "fatal") && entry.Msg != "" {
			err = errors.New(entry.Msg)
		}
	}
	return err
}

// start calls the runtime to start a process of a program, and gives its number.
func (r *Runner) start(ctx context.Context, c *Container, program, dir string, ch *channel, b *bundle, args ...string) (int, error) {
	log, pid := filepath.Join(dir, runtimeLog), filepath.Join(dir, pidFile)
	for _, name := range []string{log, pid} { // of a process before
		os.Remove(name)
	}
	cmd := r.runtimeCommand(ctx, c, log, append(args[:1:1], append([]string{"--detach", "--pid-file", pid}, args[1:]...)...)...)
	cmd.Dir = dir
	// When this process is killed, the runtime must not go on: nobody would know of the container.
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	runtime.LockOSThread() // the kernel looks at the thread
	defer runtime.UnlockOSThread()
	if err := ch.open(cmd); err != nil {
		return 0, err
	}
	if b != nil {
		cmd.ExtraFiles = []*os.File{b.read}
	}
	if err := cmd.Start(); err != nil {
		return 0, fail("no-runtime", "`strake engine install` installs one, and so does apt-get install runc", "cannot run %s: %v", r.Runtime, err)
	}
	if b != nil {
		if err := b.finish(); err != nil {
			cmd.Cancel()
			cmd.Wait()
			return 0, err
		}
	}
	if err := cmd.Wait(); err != nil {
		data, _ := os.ReadFile(log)
		return 0, notStarted(c, args[0], program, complaint(data, err))
	}
	data, err := os.ReadFile(pid)
	n, nerr := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || nerr != nil || n <= 0 {
		return 0, notStarted(c, args[0], program, fmt.Errorf("%s did not say which process it has started", filepath.Base(r.Runtime)))
	}
	return n, nil
}

// notStarted makes an error out of what the runtime complained of, with the code that docker
// has for it.
func notStarted(c *Container, verb, program string, err error) error {
	text := err.Error()
	for _, noise := range []string{"runc run failed: ", "exec failed: ", "unable to start container process: "} {
		text = strings.TrimPrefix(text, noise)
	}
	look := "look what the image has with `strake run --rm -it --entrypoint sh " + c.Image + "`"
	if verb == "exec" {
		look = "look what there is with `strake exec -it " + c.Name + " sh`"
	}
	e := &StartError{Code: CodeFailed, Diagnostic: diag.Diagnostic{Code: "container-start", Message: "cannot start the container: " + text}}
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(strings.ToLower(text), part) {
				return true
			}
		}
		return false
	}
	switch {
	case verb == "exec":
		e.Message = fmt.Sprintf("cannot start %s in container %s: %s", program, c.Name, text)
	case !has(strings.ToLower(program)):
		e.Message = fmt.Sprintf("cannot start %s in the container: %s", program, text)
	}
	switch {
	case strings.HasPrefix(program, "-") && has("executable file"):
		e.Code, e.Hint = CodeNotFound, "options go in front of the name; what is behind it is the command"
	case has("executable file"), has("exec:", "stat ", "open executable") && has("no such file or directory"):
		e.Code, e.Hint = CodeNotFound, look+", if it has a shell"
	case has("exec:", "exec ", "stat ", "open executable", "cannot run") && has("permission denied", "is a directory", "not permitted", "exec format error"):
		e.Code, e.Hint = CodeNotRunnable, "make the file executable in the image, or name another program"
	case strings.HasPrefix(text, "exit status"), strings.HasPrefix(text, "signal: "), has("did not say"): // it had no words for it
		e.Hint = "look whether the runtime works: `runc --version`, or `crun --version`"
	case has("chdir to cwd", "chdir `"): // of runc, of crun
		e.Hint = "name a directory of the container with -w"
	case has("cgroup"):
		e.Hint = "mount /sys/fs/cgroup to be written; in a container: run it with --privileged"
	case has("no space left on device", "disk quota exceeded"):
		e.Hint = fullHint
	}
	if d := (diag.Diagnostic{}); e.Code == CodeFailed && errors.As(explain(c.dir, c.room()), &d) && d.Code == diskFull {
		e.Diagnostic = d
	}
	return e
}

// runtimeRoom is more than what a runtime writes for a process.
const runtimeRoom = 128 << 10

// room tells why a runtime cannot write what it has to, for those that have no words for a disk that is
// full, or others.
func (c *Container) room() error {
	f, err := os.CreateTemp(c.dir, ".room-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	data := make([]byte, runtimeRoom)
	rand.Read(data) // zeros may take no room
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// adopt makes this process the parent of the processes that the runtime leaves.
func adopt() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl: %w", err)
	}
	return nil
}
