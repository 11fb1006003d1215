// Package cli is what the commands of strake share: the process that they run in, flags
// that several have, help, errors and how things are shown. Each noun has a package below.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/lang/redact"
)

// Exit codes, as docker has them.
const (
	ExitOK        = 0
	ExitFailure   = 1
	ExitUsage     = 125
	ExitInterrupt = 130
)

// Process is what a command has of the process that it runs in, and what other commands
// there are.
type Process struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Env            func(string) (string, bool)
	Commands       []Maker                        // of the program, in the order of the overview
	Complete       func(*Process, *cobra.Command) // gives commands and flags their words
	OnlyErrors     bool                           // are reported, as the user wants nothing else
	Always         []string                       // codes of diagnostics that are reported all the same
	// Signals has the signals that would interrupt the command left to it; may be nil.
	Signals func()
	Args    []string // the command line

	reported  bool             // something was
	mentioned map[mention]bool // what Untold had
	exits     []func()
	failed    error // of the help, for which cobra has no errors
}

// AtExit has something done when the command is over.
func (p *Process) AtExit(do func()) { p.exits = append(p.exits, do) }

// ErrReported stands for errors that the user has been told of.
var ErrReported = errors.New("errors were reported")

// UsageError is a mistake in the command line. The hint is what was perhaps meant;
// the help is a sentence.
type UsageError struct{ Message, Hint, Help string }

func (e *UsageError) Error() string { return e.Message }

// Misuse is a mistake in the command line, for which there is no better hint.
func Misuse(format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...)}
}

// exit is an end with a code of its own. The error, if there is one, is reported.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// Code gives the code of an error that Exit made, and whether there is nothing to report.
func Code(err error) (code int, silent, ok bool) {
	var own *exit
	if !errors.As(err, &own) {
		return 0, false, false
	}
	return own.code, own.err == nil, true
}

// Exit ends a command with a code, for those whose codes are an answer. The error, which may
// be nil, is reported as any other.
func Exit(code int, err error) error { return &exit{code, err} }

// Run runs the command of a command line, and gives the exit code.
func (p *Process) Run(ctx context.Context, args []string) int {
	p.Args = args
	cmd, err := p.Call(ctx, args)
	for _, exit := range p.exits {
		exit()
	}
	var (
		usage     *UsageError
		elsewhere *Findings
		own       *exit
		code      = ExitFailure
	)
	if errors.As(err, &own) {
		code = own.code
	}
	switch {
	case err == nil:
		return ExitOK
	case ctx.Err() != nil:
		return ExitInterrupt
	case errors.As(err, &usage):
		p.complain(cmd, usage)
		return ExitUsage
	case own != nil && own.err == nil:
	case errors.As(err, &elsewhere):
		p.Report(elsewhere.Set, elsewhere.List)
	case !errors.Is(err, ErrReported):
		p.Report(nil, Diagnose(err))
	}
	return code
}

// complain reports a mistake in the call of a command, as docker does.
func (p *Process) complain(cmd *cobra.Command, e *UsageError) {
	Printf(p.Stderr, "%s\n", redact.URLs(e.Message))
	if e.Hint != "" {
		Printf(p.Stderr, "Did you mean `%s`?\n", redact.URLs(e.Hint))
	}
	if e.Help != "" {
		Printf(p.Stderr, "%s\n", e.Help)
	}
	if cmd.HasParent() {
		Printf(p.Stderr, "\nUsage:  %s\n", cmd.UseLine())
	}
	Printf(p.Stderr, "\nRun '%s --help' for more information\n", cmd.CommandPath())
}
