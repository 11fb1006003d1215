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
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/lang/diag"
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
		return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.LookupEnv)
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
}

// atExit has something done when the command is over.
func (p *process) atExit(do func()) { p.exits = append(p.exits, do) }

// command is a subcommand. Its setup declares the flags, and gives what runs
// with them.
type command struct {
	name     string // as it is typed: "build", "engine status"
	usage    string // behind the name
	short    string
	long     string // "" is short
	examples string
	setup    func(*process, *pflag.FlagSet) runner
	subs     []*command // of a group, which has no setup of its own
	hidden   bool       // not for people: no help lists it
}

type runner func(ctx context.Context, args []string) error

func commands() []*command {
	return []*command{
		buildCommand(),
		compileCommand(),
		checkCommand(),
		fixCommand(),
		expandCommand(),
		diffCommand(),
		frontendCommand(),
		pluginCommand(),
		contextCommand(),
		imagesCommand(),
		historyCommand(),
		inspectCommand(),
		tagCommand(),
		rmiCommand(),
		saveCommand(),
		loadCommand(),
		importCommand(),
		pushCommand(),
		pullCommand(),
		fsckCommand(),
		engineCommand(),
		helpCommand(),
		versionCommand(),
		sandboxedCommand(),
	}
}

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
	c, args, err := choose(args)
	if err == nil {
		err = p.call(ctx, c, args)
		for _, exit := range p.exits {
			exit()
		}
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
		p.complain(c, usage)
		return exitUsage
	case errors.As(err, &elsewhere):
		p.report(elsewhere.set, elsewhere.list)
	case !errors.Is(err, errReported):
		p.report(nil, diagnose(err))
	}
	return exitFailure
}

// choose finds the command of a command line. It is nil with an error.
func choose(args []string) (*command, []string, error) {
	if len(args) == 0 {
		return helpCommand(), nil, nil
	}
	name := args[0]
	switch name {
	case "-h", "--help":
		return helpCommand(), args[1:], nil
	case "-v", "--version":
		return versionCommand(), args[1:], nil
	}
	return find(args)
}

// find looks a command up by its words, and gives the words behind it. The name
// of a command in a group has two words. It is nil with an error, or is the group
// in which there is no such command.
func find(args []string) (*command, []string, error) {
	c, err := among(commands(), "strake ", args[0])
	switch {
	case err != nil:
		return nil, nil, helped(err, args)
	case c.subs == nil || len(args) == 1 || args[1] == "-h" || args[1] == "--help":
		return c, args[1:], nil
	}
	sub, err := among(c.subs, "strake "+c.name+" ", args[1])
	if err != nil {
		return c, nil, helped(err, args)
	}
	return sub, args[2:], nil
}

// helped adds what serves instead of a command that there is not.
func helped(err error, args []string) error {
	var e *usageError
	if errors.As(err, &e) {
		if e.help = instead(args); e.help != "" {
			e.hint = ""
		}
	}
	return err
}

// among looks a command up by the last word of its name.
func among(list []*command, prefix, name string) (*command, error) {
	var names []string
	for _, c := range list {
		last := c.name[strings.LastIndexByte(c.name, ' ')+1:]
		if last == name {
			return c, nil
		}
		if !c.hidden {
			names = append(names, last)
		}
	}
	if len(name) > 0 && name[0] == '-' {
		return nil, misuse("unknown flag: %s", name)
	}
	e := &usageError{message: "unknown command: " + prefix + name}
	if near := diag.SuggestWithin(name, names, max(1, len(name)/3)); near != "" {
		e.hint = prefix + near
	}
	return nil, e
}

// call parses the flags of a command and runs it.
func (p *process) call(ctx context.Context, c *command, args []string) error {
	if c.subs != nil {
		return p.help(c)
	}
	flags := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	flags.Usage = func() {}
	runner := c.setup(p, flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		return p.help(c)
	case err != nil:
		return flagError(flags, err)
	}
	return runner(ctx, flags.Args())
}

// flagError says which flag was perhaps meant.
func flagError(flags *pflag.FlagSet, err error) error {
	e := &usageError{message: err.Error()}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := diag.Suggest(unknown.GetSpecifiedName(), names); near != "" {
			e.hint = "--" + near
		}
	}
	return e
}

// complain tells of a mistake in the command line, as docker does. The command
// is nil when there is no such one.
func (p *process) complain(c *command, e *usageError) {
	tell(p.stderr, "%s\n", redact.URLs(e.message))
	if e.hint != "" {
		tell(p.stderr, "Did you mean `%s`?\n", redact.URLs(e.hint))
	}
	if e.help != "" {
		tell(p.stderr, "%s\n", e.help)
	}
	name := "strake"
	if c != nil {
		name += " " + c.name
		tell(p.stderr, "\nUsage:  %s\n", c.line())
	}
	tell(p.stderr, "\nRun '%s --help' for more information\n", name)
}
