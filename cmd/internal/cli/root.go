package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Root is the command line of a process, with the command that the words name, or
// with all when they name none.
func (p *Process) Root(args []string) *cobra.Command {
	args = Words(args)
	root := Group(&cobra.Command{
		Use:              "strake COMMAND",
		Short:            "A compiler for Dockerfiles",
		SilenceErrors:    true,
		SilenceUsage:     true,
		TraverseChildren: true, // a flag in front of a command is not one of the command
	}, p.Asked(args)...)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	help := Child(root, "help")
	if help == nil {
		help = HelpCommand(p)
	}
	root.SetHelpCommand(help)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { p.failed = errors.Join(p.failed, p.help(cmd)) })
	root.SetFlagErrorFunc(flagError)
	root.Flags().BoolP("version", "v", false, "Show the version")
	root.SetArgs(args)
	if Completes(args) {
		p.Complete(p, root)
	}
	return root
}

// Maker makes a command. To make all of them, with their flags, takes 3 ms of a process
// that starts, and one is asked for.
type Maker struct {
	Name string
	Make func(*Process) *cobra.Command
}

// Asked makes the command that a command line begins with, or all.
func (p *Process) Asked(args []string) []*cobra.Command {
	var list []*cobra.Command
	for _, m := range p.Commands {
		if len(args) > 0 && m.Name == args[0] {
			return []*cobra.Command{m.Make(p)}
		}
	}
	for _, m := range p.Commands {
		list = append(list, m.Make(p))
	}
	return list
}

// Group makes a command the group of others. By itself it shows its help.
func Group(cmd *cobra.Command, list ...*cobra.Command) *cobra.Command {
	for _, sub := range list {
		sub.DisableFlagsInUseLine = true
	}
	cmd.AddCommand(list...)
	cmd.DisableFlagsInUseLine = true
	cmd.Flags().SetInterspersed(false) // what stands behind a word that is no command is not looked at
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return nil
		case cmd.ArgsLenAtDash() == 0:
			return Misuse("unknown flag: --")
		}
		return unknown(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

// Runner does the work of a command, whose flags have been read.
type Runner func(ctx context.Context, args []string) error

// Running makes a runner what a command does.
func Running(do Runner) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error { return do(cmd.Context(), args) }
}

// Call runs the command of a command line, and gives which one that is.
func (p *Process) Call(ctx context.Context, args []string) (*cobra.Command, error) {
	root := p.Root(args)
	cmd, err := root.ExecuteContextC(ctx)
	var misused *UsageError
	if cmd == root && err != nil && !errors.As(err, &misused) {
		err = flagError(cmd, err) // cobra gives errors of flags in front of a command as they are
	}
	return cmd, errors.Join(err, p.failed)
}

// Words are the words of a command line, which is never nil: cobra would take that of
// the process. Flags that stand for commands are those.
func Words(args []string) []string {
	if len(args) == 0 {
		return []string{}
	}
	switch args[0] {
	case "-h", "--help":
		return append([]string{"help"}, args[1:]...)
	case "-v", "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return args
}

// Child is the command of a group with this name, nil when there is none.
func Child(cmd *cobra.Command, name string) *cobra.Command {
	for _, sub := range cmd.Commands() {
		if sub.Name() == name {
			return sub
		}
	}
	return nil
}

// LookUp finds a command by its words.
func LookUp(root *cobra.Command, args []string) (*cobra.Command, error) {
	cmd := root
	for i, name := range args {
		sub := Child(cmd, name)
		switch {
		case sub != nil:
			cmd = sub
		case cmd.HasSubCommands():
			return cmd, unknown(cmd, args[i:])
		default:
			return cmd, Misuse("strake help takes the name of one command")
		}
	}
	return cmd, nil
}

// unknown says what serves instead of a command that a group does not have, or which one
// was perhaps meant.
func unknown(cmd *cobra.Command, args []string) error {
	prefix := cmd.CommandPath() + " "
	e := &UsageError{Message: "unknown command: " + prefix + args[0]}
	line := args
	if cmd.HasParent() {
		line = append([]string{cmd.Name()}, args...)
	}
	if e.Help = instead(cmd.Root(), line); e.Help != "" {
		return e
	}
	var names []string
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	if near := diag.SuggestWithin(args[0], names, max(1, len(args[0])/3)); near != "" {
		e.Hint = prefix + near
	}
	return e
}

// flagError says which flag was perhaps meant.
func flagError(cmd *cobra.Command, err error) error {
	e := &UsageError{Message: err.Error()}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := diag.Suggest(unknown.GetSpecifiedName(), names); near != "" {
			e.Hint = "--" + near
		}
	}
	return e
}

// Completes tells whether a command line asks for words instead of work.
func Completes(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}
