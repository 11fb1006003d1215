// Command strake compiles Dockerfiles. It only wires the packages of this module
// together: each subcommand has a file of its own, which says what flags it has
// and what to call.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/lang/redact"
)

// Exit codes, as docker has them.
const (
	exitOK        = 0
	exitFailure   = 1
	exitUsage     = 125
	exitInterrupt = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	logTo(debugStream(os.Stderr, os.LookupEnv))
	os.Exit(within(ctx, grace, func() int {
		return run(ctx, arguments(os.Args), os.Stdin, os.Stdout, os.Stderr, os.LookupEnv)
	}))
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
		return exitInterrupt
	}
}

// process is what a command has of the process that it runs in.
type process struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) (string, bool)
	reported       bool // something was
	onlyErrors     bool // are reported, as the user wants nothing else
	exits          []func()
	failed         error // of the help, for which cobra has no errors
}

// atExit has something done when the command is over.
func (p *process) atExit(do func()) { p.exits = append(p.exits, do) }

// errReported stands for errors that the user has been told of.
var errReported = errors.New("errors were reported")

// usageError is a mistake in the command line. The hint is what was perhaps meant;
// the help is a sentence.
type usageError struct{ message, hint, help string }

func (e *usageError) Error() string { return e.message }

func misuse(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

// run is the whole program: it gives the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) (string, bool)) int {
	p := &process{stdin: stdin, stdout: stdout, stderr: stderr, env: env}
	cmd, err := p.call(ctx, args)
	for _, exit := range p.exits {
		exit()
	}
	var (
		usage     *usageError
		elsewhere *findings
	)
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		return exitInterrupt
	case errors.As(err, &usage):
		p.complain(cmd, usage)
		return exitUsage
	case errors.As(err, &elsewhere):
		p.report(elsewhere.set, elsewhere.list)
	case !errors.Is(err, errReported):
		p.report(nil, diagnose(err))
	}
	return exitFailure
}

// complain tells of a mistake in the call of a command, as docker does.
func (p *process) complain(cmd *cobra.Command, e *usageError) {
	tell(p.stderr, "%s\n", redact.URLs(e.message))
	if e.hint != "" {
		tell(p.stderr, "Did you mean `%s`?\n", redact.URLs(e.hint))
	}
	if e.help != "" {
		tell(p.stderr, "%s\n", e.help)
	}
	if cmd.HasParent() {
		tell(p.stderr, "\nUsage:  %s\n", cmd.UseLine())
	}
	tell(p.stderr, "\nRun '%s --help' for more information\n", cmd.CommandPath())
}
