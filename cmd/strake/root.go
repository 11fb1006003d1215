package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/lang/diag"
)

// newRoot is the command line of a process, with the command that the words name, or
// with all when they name none.
func newRoot(p *process, args []string) *cobra.Command {
	root := group(&cobra.Command{
		Use:              "strake COMMAND",
		Short:            "A compiler for Dockerfiles",
		SilenceErrors:    true,
		SilenceUsage:     true,
		TraverseChildren: true, // a flag in front of a command is not one of the command
	}, asked(p, args)...)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	help := child(root, "help")
	if help == nil {
		help = helpCommand(p)
	}
	root.SetHelpCommand(help)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { p.failed = errors.Join(p.failed, p.help(cmd)) })
	root.SetFlagErrorFunc(flagError)
	root.Flags().BoolP("version", "v", false, "Show the version")
	root.SetArgs(args)
	if completes(args) {
		completer{p}.complete(root)
	}
	return root
}

// maker makes a command. To make all of them, with their flags, takes 3 ms of a process
// that starts, and one is asked for.
type maker struct {
	name string
	make func(*process) *cobra.Command
}

// makers are in the order in which the overview lists the commands.
func makers() []maker {
	return []maker{
		{"build", buildCommand},
		{"compile", compileCommand},
		{"check", checkCommand},
		{"fix", fixCommand},
		{"expand", expandCommand},
		{"diff", diffCommand},
		{"frontend", frontendCommand},
		{"plugin", pluginCommand},
		{"context", contextCommand},
		{"images", imagesCommand},
		{"history", historyCommand},
		{"inspect", inspectCommand},
		{"tag", tagCommand},
		{"rmi", rmiCommand},
		{"save", saveCommand},
		{"load", loadCommand},
		{"import", importCommand},
		{"push", pushCommand},
		{"pull", pullCommand},
		{"fsck", fsckCommand},
		{"engine", engineCommand},
		{"completion", completionCommand},
		{"help", helpCommand},
		{"version", versionCommand},
		{dockerMetadata, dockerMetadataCommand},
	}
}

// asked makes the command that a command line begins with, or all.
func asked(p *process, args []string) []*cobra.Command {
	var list []*cobra.Command
	for _, m := range makers() {
		if len(args) > 0 && m.name == args[0] {
			return []*cobra.Command{m.make(p)}
		}
	}
	for _, m := range makers() {
		list = append(list, m.make(p))
	}
	return list
}

// group makes a command the group of others. By itself it shows its help.
func group(cmd *cobra.Command, list ...*cobra.Command) *cobra.Command {
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
			return misuse("unknown flag: --")
		}
		return unknown(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

// runner does the work of a command, whose flags have been read.
type runner func(ctx context.Context, args []string) error

// running makes a runner what a command does.
func running(do runner) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error { return do(cmd.Context(), args) }
}

// call runs the command of a command line, and gives which one that is.
func (p *process) call(ctx context.Context, args []string) (*cobra.Command, error) {
	root := newRoot(p, words(args))
	cmd, err := root.ExecuteContextC(ctx)
	var misused *usageError
	if cmd == root && err != nil && !errors.As(err, &misused) {
		err = flagError(cmd, err) // cobra gives errors of flags in front of a command as they are
	}
	return cmd, errors.Join(err, p.failed)
}

// words are the words of a command line, which is never nil: cobra would take that of
// the process. Flags that stand for commands are those.
func words(args []string) []string {
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

// child is the command of a group with this name, nil when there is none.
func child(cmd *cobra.Command, name string) *cobra.Command {
	for _, sub := range cmd.Commands() {
		if sub.Name() == name {
			return sub
		}
	}
	return nil
}

// lookUp finds a command by its words.
func lookUp(root *cobra.Command, args []string) (*cobra.Command, error) {
	cmd := root
	for i, name := range args {
		sub := child(cmd, name)
		switch {
		case sub != nil:
			cmd = sub
		case cmd.HasSubCommands():
			return cmd, unknown(cmd, args[i:])
		default:
			return cmd, misuse("strake help takes the name of one command")
		}
	}
	return cmd, nil
}

// unknown says what serves instead of a command that a group does not have, or which one
// was perhaps meant.
func unknown(cmd *cobra.Command, args []string) error {
	prefix := cmd.CommandPath() + " "
	e := &usageError{message: "unknown command: " + prefix + args[0]}
	line := args
	if cmd.HasParent() {
		line = append([]string{cmd.Name()}, args...)
	}
	if e.help = instead(cmd.Root(), line); e.help != "" {
		return e
	}
	var names []string
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	if near := diag.SuggestWithin(args[0], names, max(1, len(args[0])/3)); near != "" {
		e.hint = prefix + near
	}
	return e
}

// flagError says which flag was perhaps meant.
func flagError(cmd *cobra.Command, err error) error {
	e := &usageError{message: err.Error()}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := diag.Suggest(unknown.GetSpecifiedName(), names); near != "" {
			e.hint = "--" + near
		}
	}
	return e
}
