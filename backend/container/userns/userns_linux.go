// Package userns runs the program again as root of a user namespace, for who is not root.
package userns

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	subid "github.com/moby/sys/user"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Options are what Run needs of its caller.
type Options struct {
	Look   func(string) string // finds a program, "" for none
	Caught func()              // is called when signals are the command's; may be nil
}

// IsRoot tells whether this process is root, of the machine or of a user namespace.
func IsRoot() bool { return os.Geteuid() == 0 }

// owner is the variable that tells the process in a namespace which one runs it.
const owner = "STRAKE_OWNER"

// EndWithOwner has the kernel kill this process when that which has called Run for it is killed: else
// nobody would know of what it does. It fails when that one has ended before, and does nothing to
// a process that nothing runs so. The kernel forgets such a wish of a parent when a program becomes
// root, so that it is the child's; and one of a thread with the thread, so that a thread stays for it.
func EndWithOwner() error {
	pid, err := strconv.Atoi(os.Getenv(owner))
	if err != nil {
		return nil
	}
	os.Unsetenv(owner) // it is no business of what this process starts
	orphaned := func() error {
		if os.Getppid() == pid {
			return nil
		}
		return fail("owner-ended", "run the command again, without "+owner+" in the environment", "process %d, which has started this one, has ended", pid)
	}
	if err := orphaned(); err != nil {
		return err
	}
	wished := make(chan error)
	go func() {
		runtime.LockOSThread()
		wished <- unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
		select {}
	}()
	if err := <-wished; err != nil {
		return fmt.Errorf("to end with the process that has started this one: %w", err)
	}
	return orphaned()
}

// Run runs a command as root of a user namespace, with this process's streams: of that of
// a process, or of a new one when pid is 0. It gives the exit code.
func Run(ctx context.Context, pid int, argv []string, o Options) (int, error) {
	if pid != 0 {
		return join(pid, argv, o)
	}
	return fresh(ctx, argv, o)
}

// join runs a command in the namespace of a process. Only a process with one thread can
// enter one, which those of Go never are.
func join(pid int, argv []string, o Options) (int, error) {
	nsenter := o.Look("nsenter")
	if nsenter == "" {
		return 0, fail("no-nsenter", "as root: apt-get install util-linux", "without root, a container that runs is reached with nsenter, which is not installed")
	}
	cmd := exec.Command(nsenter, append([]string{"-U", "-t", strconv.Itoa(pid), "--preserve-credentials", "--"}, argv...)...)
	return o.run(cmd, func() error { return nil })
}

// wait has a new process do nothing until it is root: it becomes so with the next program.
const wait = `read -r _ <&3 || exit 125; exec 3<&-; exec "$@"`

// fresh runs a command in a new namespace.
func fresh(ctx context.Context, argv []string, o Options) (int, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer w.Close()
	cmd := exec.Command("/bin/sh", append([]string{"-c", wait, "strake"}, argv...)...)
	cmd.ExtraFiles = []*os.File{r}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS}
	return o.run(cmd, func() error {
		r.Close()
		for _, m := range []struct{ tool, file, flag string }{{"newuidmap", "/etc/subuid", ""}, {"newgidmap", "/etc/subgid", "-g"}} {
			ids, err := mapping(m.file, m.flag, o)
			if err != nil {
				return err
			}
			out, err := exec.CommandContext(ctx, o.Look(m.tool), append([]string{strconv.Itoa(cmd.Process.Pid)}, ids...)...).CombinedOutput()
			if err != nil {
				return fail("no-uidmap", "look at /etc/subuid and /etc/subgid, and that "+m.tool+" is setuid", "%s: %v: %s", m.tool, err, bytes.TrimSpace(out))
			}
		}
		_, err := w.WriteString("\n")
		return err
	})
}

// mapping are the arguments of newuidmap or newgidmap: this user is root, and the
// subordinate numbers follow.
func mapping(file, flag string, o Options) ([]string, error) {
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	own := me.Uid
	if flag != "" {
		own = me.Gid
	}
	ids, next := []string{"0", own, "1"}, 1
	ranges, err := subid.ParseSubIDFileFilter(file, func(s subid.SubID) bool { return s.Name == me.Username || s.Name == me.Uid })
	if err != nil || len(ranges) == 0 {
		ranges = asked(me.Username, flag, o)
	}
	for _, r := range ranges {
		ids = append(ids, strconv.Itoa(next), strconv.FormatInt(r.SubID, 10), strconv.FormatInt(r.Count, 10))
		next += int(r.Count)
	}
	return ids, nil
}

// asked are the ranges that a directory service has, a line each: 0: NAME FIRST COUNT.
func asked(name, flag string, o Options) []subid.SubID {
	tool := o.Look("getsubids")
	if tool == "" {
		return nil
	}
	out, err := exec.Command(tool, strings.Fields(flag+" "+name)...).Output()
	if err != nil {
		return nil
	}
	var list []subid.SubID
	for line := range strings.Lines(string(out)) {
		var s subid.SubID
		if _, err := fmt.Sscanf(line, "%d: %s %d %d", new(int), &s.Name, &s.SubID, &s.Count); err == nil {
			list = append(list, s)
		}
	}
	return list
}

// run runs a command to its end. Signals are passed on to it.
func (o Options) run(cmd *exec.Cmd, prepare func() error) (int, error) {
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), owner+"="+strconv.Itoa(os.Getpid()))
	runtime.LockOSThread() // its end would be that of the owner
	defer runtime.UnlockOSThread()
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM)
	defer signal.Stop(signals)
	if o.Caught != nil {
		o.Caught()
	}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EUSERS) {
			return 0, fail("no-user-namespaces", "as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, where there is such a setting; in a container: run it with --privileged",
				"this user may make no user namespace: %v", err)
		}
		return 0, err
	}
	if err := prepare(); err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return 0, err
	}
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				in, _ := standIn(s)
				cmd.Process.Signal(in)
			case <-ended:
				return
			}
		}
	}()
	err := cmd.Wait()
	close(ended)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case !errors.As(err, &exit):
		return 0, err
	}
	const signalled = 128 // as shells have it
	if s := exit.Sys().(syscall.WaitStatus); s.Signaled() {
		return signalled + int(meant(s.Signal()).(syscall.Signal)), nil
	}
	return exit.ExitCode(), nil
}

func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}
