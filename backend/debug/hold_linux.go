package debug

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/container/rootfs"
)

// Hold is the first process of a container: it has the shell as a guest, and knows what the files
// were before that. It writes the line ready, and waits; asked by a line for what was changed, it
// ends all other processes, and writes a line with the exit code of the shell, and the archive of a
// layer. What no layer can have it tells by quoted paths on notes, a line each.
func Hold(ctx context.Context, in io.Reader, out, notes io.Writer) error {
	// What would end a first process is for others; and it has no children but those it is left.
	signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGPIPE, unix.SIGCHLD)
	files, err := rootfs.Look(ctx, "/")
	if err != nil {
		return err
	}
	pipe, err := codes()
	if err != nil {
		return err
	}
	defer pipe.Close()
	ended := make(chan int, 1)
	go watch(pipe, ended)
	if _, err := io.WriteString(out, ready); err != nil {
		return err
	}
	if _, err := bufio.NewReader(in).ReadString('\n'); errors.Is(err, io.EOF) {
		return nil // nobody wants to know
	} else if err != nil {
		return err
	}
	code := 0
	select {
	case code = <-ended:
	case <-time.After(killTime): // it was killed before it could tell
	}
	if err := alone(); err != nil {
		return err
	}
	to := bufio.NewWriterSize(out, 1<<16)
	fmt.Fprintln(to, code)
	omitted, err := files.Changes(ctx, to)
	if err == nil {
		err = to.Flush()
	}
	for _, name := range omitted {
		fmt.Fprintln(notes, strconv.Quote(name))
	}
	return err
}

// Exit codes of a program, as shells have them.
const (
	codeNotRunnable = 126
	codeNotFound    = 127
	codeSignal      = 128 // and its number
)

// usualMask is what processes of containers do not let others do to the files that they make.
const usualMask = 0o022

// Enter runs a program with the streams of this process, as the first one of a container would be
// run: a further process has what the engine has of its own. It is found in PATH. Hold is told the
// exit code; to the engine the end of one process with another code than 0 is that of all. What
// keeps the program from starting is written to notes.
func Enter(args []string, notes io.Writer) error {
	unix.Umask(usualMask)
	signal.Notify(make(chan os.Signal, 1)) // they are for the program, which has none of them ignored
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	code := exitCode(cmd.Run(), notes)
	f, err := os.OpenFile(codePipe, os.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, os.Getpid(), code)
	return err
}

// exitCode is what a shell gives for the end of a program; one that did not start is told.
func exitCode(err error, notes io.Writer) int {
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		if s := ended.Sys().(syscall.WaitStatus); s.Signaled() {
			return codeSignal + int(s.Signal())
		}
		return ended.ExitCode()
	}
	fmt.Fprintln(notes, err)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return codeNotFound
	}
	return codeNotRunnable
}

// codePipe is where Enter tells Hold the exit code of its program.
const codePipe = "/dev/.strake-exit"

// codes makes the pipe, which is open at both ends, so that nobody waits for it.
func codes() (*os.File, error) {
	if err := unix.Mkfifo(codePipe, 0); err != nil {
		return nil, &fs.PathError{Op: "mkfifo", Path: codePipe, Err: err}
	}
	if err := os.Chmod(codePipe, 0o622); err != nil { // the shell may be anybody's
		return nil, err
	}
	fd, err := unix.Open(codePipe, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: codePipe, Err: err}
	}
	return os.NewFile(uintptr(fd), codePipe), nil
}

// watch waits for the end of shells, and ends what they leave: it would keep their streams open.
func watch(pipe io.Reader, codes chan<- int) {
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		var pid, code int
		if n, _ := fmt.Sscan(lines.Text(), &pid, &code); n < 2 {
			continue // from somebody else
		}
		for end := time.Now().Add(killTime); runs(strconv.Itoa(pid)) && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		alone() // who is asked for changes tells why that fails
		select {
		case codes <- code:
		default:
		}
	}
}

// runs tells whether a process has not ended. One that has stays listed until who started it,
// outside of the container, has asked for its end.
func runs(pid string) bool {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	_, state, ok := strings.Cut(string(data), ") ")
	return err == nil && ok && !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
}

// killTime is how long killed processes may take to end.
const killTime = 5 * time.Second

// alone ends the other processes of the container. In a sandbox that shares the processes of the
// machine they are not ours to end.
func alone() error {
	if os.Getpid() != 1 {
		return nil
	}
	for end := time.Now().Add(killTime); ; {
		if err := unix.Kill(-1, unix.SIGKILL); errors.Is(err, unix.ESRCH) || time.Now().After(end) {
			return nil
		} else if err != nil {
			return err
		}
		if !others() {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// others tells whether there are processes but this one that still run.
func others() bool {
	list, err := os.ReadDir("/proc")
	for _, e := range list {
		if _, err := strconv.Atoi(e.Name()); err == nil && e.Name() != "1" && runs(e.Name()) {
			return true
		}
	}
	return err != nil
}
