// Package entry is what strake and strake-light have in common besides commands: how a process
// of them takes its command line and signals, logs, and ends.
package entry

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/seed-e0495807/strake/backend/container/userns"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// Main runs the command of this process's command line, and ends the process with its exit code.
func Main(p *cli.Process) {
	ctx, leave := interruptible()
	p.Stdin, p.Stdout, p.Stderr, p.Signals = os.Stdin, os.Stdout, os.Stderr, leave
	os.Exit(within(ctx, grace, func() int { return p.Run(ctx, Arguments(os.Args)) }))
}

// DockerPlugin is a name of the program: a file docker-strake among the plugins of docker's client makes `docker strake` a
// command of it. The client asks each plugin what it is, and calls one with its own
// command line, in which the name of the plugin comes first.
const DockerPlugin = "docker-strake"

// Arguments are those of a call of the program, without the name that docker adds.
func Arguments(call []string) []string {
	args := call[1:]
	if strings.TrimSuffix(filepath.Base(call[0]), ".exe") != DockerPlugin {
		return args
	}
	at := 0
	if cli.Completes(args) {
		at = 1
	}
	if len(args) > at && args[at] == "strake" {
		return slices.Delete(slices.Clone(args), at, at+1)
	}
	return args
}

// interruptible gives a context that a signal ends; a second one ends the process at once.
// Leave is for a command that takes signals itself: they mean no end any more.
func interruptible() (ctx context.Context, leave func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals, stop := signal.NotifyContext(context.Background(), userns.Interrupts()...)
	detach := context.AfterFunc(signals, func() {
		cancel(context.Cause(signals))
		stop()
	})
	return ctx, func() {
		if detach() {
			stop()
		}
	}
}

// grace is how long a command that is interrupted may take to put things in order.
const grace = 900 * time.Millisecond

// within gives the exit code of a command. One that is still at it when the grace after
// the end of its context is over is left: it may be in a system call that nothing ends,
// such as one that opens a file of a server that is gone. Files are written under other
// names until they are whole, and locks and plugins go with the process, so that this
// leaves no more behind than a kill does.
func within(ctx context.Context, grace time.Duration, do func() int) int {
	done := make(chan int, 1)
	go func() { done <- do() }()
	select {
	case code := <-done:
		return code
	case <-ctx.Done():
	}
	select {
	case code := <-done:
		return code
	case <-time.After(grace):
		return cli.ExitInterrupt
	}
}

// LogTo sends what libraries log to a stream. They log as a daemon would, to standard error and
// at any time. What a user has to know of that is in the error of the command, so that without
// STRAKE_DEBUG nobody sees the rest.
func LogTo(w io.Writer) {
	log.SetOutput(w) // and so yamux, go-plugin and OpenTelemetry's errors, which use it
	logrus.SetOutput(w)
}

// DebugStream is where logs go: to standard error when the user asks for them.
func DebugStream(stderr io.Writer, env func(string) (string, bool)) io.Writer {
	if v, _ := env("STRAKE_DEBUG"); v != "" && v != "0" {
		return stderr
	}
	return io.Discard
}
