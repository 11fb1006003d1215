// Command strake compiles Dockerfiles. It only wires the packages of this module
// together: the commands are in packages of cmd/internal/cli, and commands lists them.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

func main() {
	ctx, leave := interruptible()
	logTo(debugStream(os.Stderr, os.LookupEnv))
	os.Exit(within(ctx, grace, func() int {
		p := newProcess(os.LookupEnv)
		p.Stdin, p.Stdout, p.Stderr, p.Signals = os.Stdin, os.Stdout, os.Stderr, leave
		return p.Run(ctx, arguments(os.Args))
	}))
}

// interruptible gives a context that a signal ends; a second one ends the process at once.
// Leave is for a command that takes signals itself: they mean no end any more.
func interruptible() (ctx context.Context, leave func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
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

// run is the whole program: it gives the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) (string, bool)) int {
	p := newProcess(env)
	p.Stdin, p.Stdout, p.Stderr = stdin, stdout, stderr
	return p.Run(ctx, args)
}
