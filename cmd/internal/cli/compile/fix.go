package compile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

func fixCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fix [OPTIONS] [PATH | -]...",
		Short: "Fix Dockerfiles as rules and plugins suggest",
		Long: `Applies the fixes that the compiler, rules and the plugins of strake.yaml suggest and call
safe: those that keep what the author meant. What is left is what strake lint reports, and
strake lint --fix does both at once. Standard input is fixed to standard output.
`,
		Example: `  strake fix --diff .
  strake fix services/*
  strake fix --stdin-filename Dockerfile - <Dockerfile
`,
	}
	flags := cmd.Flags()
	f := &fixRun{compileRun: &compileRun{Process: p}}
	f.declareInput(flags)
	f.declareRules(flags)
	flags.BoolVar(&f.unsafe, "unsafe", false, "Apply fixes, too, that may change what is built")
	flags.BoolVar(&f.diff, "diff", false, "Show what would change, and write nothing")
	flags.StringVar(&f.stdinName, "stdin-filename", "", "`NAME` The name of what is read from standard input")
	cmd.RunE = cli.Running(f.run)
	return cmd
}

// fixRun is one call of the command.
type fixRun struct {
	*compileRun
	unsafe, diff bool
	stdinName    string
}

func (f *fixRun) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	switch stdin := slices.Contains(args, "-"); {
	case stdin && len(args) > 1:
		return cli.Misuse("standard input is fixed by itself: - stands alone")
	case stdin:
		return f.stdin(ctx)
	case f.stdinName != "":
		return cli.Misuse("--stdin-filename is for standard input: strake fix --stdin-filename %s -", f.stdinName)
	}
	if err := f.files(args); err != nil {
		return err
	}
	if err := f.prepare(ctx, args); err != nil {
		return err
	}
	return f.all(ctx, args, func(error) bool { return false })
}

// stdin fixes standard input, to standard output.
func (f *fixRun) stdin(ctx context.Context) error {
	if err := f.prepare(ctx, []string{"-"}); err != nil {
		return err
	}
	f.request.StdinName = f.stdinName
	src, err := f.open(ctx, "-")
	if err != nil {
		return err
	}
	file := src.File()
	fixed, err := src.Fixed(ctx, f.unsafe)
	if err != nil {
		return err
	}
	if f.diff {
		return f.PrintDiff(file.Name, "fixed", file.Text, fixed.Text)
	}
	cli.Printf(f.Stderr, "%s: %d fixed%s\n", diag.Printable(file.Name), fixed.Count, left("-", fixed.Left, f.unsafe))
	_, err = io.WriteString(f.Stdout, f.Shown(fixed.Text))
	return err
}

// all fixes one file after the other, and tells which are as they were: those that cannot be read or
// written, but for errors to pass over, and those that an interruption left.
func (f *fixRun) all(ctx context.Context, args []string, pass func(error) bool) error {
	var failed error
	for i, arg := range args {
		err := f.fixOne(ctx, arg)
		if ctx.Err() != nil {
			rest := args[i:]
			if err == nil {
				rest = rest[1:]
			}
			if len(rest) > 0 && !f.diff {
				cli.Printf(f.Stderr, "interrupted: as they were are %s\n", diag.Printable(some(rest)))
			}
			return cmp.Or(err, context.Cause(ctx))
		}
		var elsewhere *cli.Findings
		var misuse *cli.UsageError
		switch {
		case err == nil || pass(err):
			continue
		case errors.As(err, &misuse):
			return err
		case errors.As(err, &elsewhere):
			f.Report(elsewhere.Set, f.Untold(elsewhere.Set, elsewhere.List))
		default:
			f.Report(nil, about(arg, cli.Diagnose(err)))
		}
		failed = cli.ErrReported
	}
	return failed
}

// about are findings that name the file that they are of.
func about(name string, list diag.List) diag.List {
	list = slices.Clone(list)
	for i := range list {
		if !strings.Contains(list[i].Message, name) {
			list[i].Message = name + ": " + list[i].Message
		}
	}
	return list
}

// some are the first of many names, and how many more there are.
func some(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// files holds that the arguments are files of this machine.
func (f *fixRun) files(args []string) error {
	if slices.Contains(args, "-") || f.file == "-" || slices.ContainsFunc(args, input.IsRemote) {
		return &cli.UsageError{Message: "a fix is written to files: name those of this machine", Help: "What standard input is fixed to is printed by `strake fix -`."}
	}
	return nil
}

// errUnread is the kind of errors of what could not be read.
var errUnread = errors.New("it is not read")

type unread struct{ error }

func (e unread) Unwrap() error        { return e.error }
func (e unread) Is(target error) bool { return target == errUnread }

// fixOne fixes the Dockerfile of one argument.
func (f *fixRun) fixOne(ctx context.Context, arg string) error {
	if err := cli.Rewritable(cmp.Or(f.file, arg), "name the file itself; `strake fix -` fixes standard input, to standard output"); err != nil {
		return err
	}
	src, err := f.open(ctx, arg)
	if errors.Is(err, errExcluded) {
		return nil
	}
	if err != nil {
		return unread{err}
	}
	file := src.File()
	at, err := f.Target(file.Name)
	if err != nil {
		return err
	}
	fixed, err := src.Fixed(ctx, f.unsafe)
	if err != nil {
		return err
	}
	done := fmt.Sprintf("%d fixed", fixed.Count)
	switch {
	case fixed.Text == file.Text:
		done = "nothing to fix"
	case f.diff:
		if err := f.PrintDiff(file.Name, "fixed", file.Text, fixed.Text); err != nil {
			return err
		}
		done = fmt.Sprintf("%d to fix", fixed.Count)
	default:
		if err := at.Replace(file.Text, fixed.Text); err != nil {
			return err
		}
	}
	cli.Printf(f.Stderr, "%s: %s%s\n", diag.Printable(at.String()), done, left(file.Name, fixed.Left, f.unsafe))
	return nil
}

// left says what is still to fix, and how.
func left(name string, found diag.List, unsafe bool) string {
	risky, other := 0, 0
	for _, d := range found {
		if len(d.Fixes) > 0 && !unsafe {
			risky++
		} else {
			other++
		}
	}
	text := ""
	if risky > 0 {
		text += "; " + cli.Plural(risky, "fix is", "fixes are") + " left that may change what is built: `strake fix --unsafe --diff " + diag.Printable(shell.Quote(name)) + "` shows what would change"
	}
	if other > 0 {
		text += "; " + cli.Plural(other, "finding is", "findings are") + " left to you: `strake lint` shows them"
	}
	return text
}
