package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// HelpCommand is strake help.
func HelpCommand(p *Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show how a command is used",
	}
	cmd.RunE = Running(func(_ context.Context, args []string) error {
		found, err := LookUp(p.Root(nil), args)
		if err != nil {
			return err
		}
		return p.help(found)
	})
	return cmd
}

// help shows how a command is used.
func (p *Process) help(cmd *cobra.Command) error {
	text := overview(p.Asked(nil))
	if cmd.HasParent() {
		text = helpText(cmd)
	}
	_, err := p.Stdout.Write([]byte(text))
	return err
}

// overview is the help of the program.
func overview(list []*cobra.Command) string {
	var b strings.Builder
	b.WriteString("Usage:  strake COMMAND\n\nA compiler for Dockerfiles\n\nCommands:\n")
	listCommands(&b, list)
	b.WriteString("\nOptions:\n  -h, --help      Show this help\n  -v, --version   Show the version\n")
	b.WriteString("\nRun 'strake COMMAND --help' for more information on a command\n")
	return b.String()
}

func listCommands(b *strings.Builder, list []*cobra.Command) {
	list = slices.DeleteFunc(slices.Clone(list), func(c *cobra.Command) bool { return c.Hidden })
	width := 0
	for _, c := range list {
		width = max(width, len(NameOf(c)))
	}
	for _, c := range list {
		fmt.Fprintf(b, "  %-*s  %s\n", width, NameOf(c), c.Short)
	}
}

// NameOf is a command as it is typed behind the name of the program.
func NameOf(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// helpText is the help of a command.
func helpText(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:  %s\n\n%s\n", cmd.UseLine(), cmd.Short)
	if cmd.Long != "" {
		b.WriteString("\n" + cmd.Long)
	}
	if cmd.HasSubCommands() {
		b.WriteString("\nCommands:\n")
		listCommands(&b, cmd.Commands())
	}
	if lines := flagLines(cmd.Flags()); lines != "" {
		b.WriteString("\nOptions:\n" + lines)
	}
	if cmd.Example != "" {
		b.WriteString("\nExamples:\n" + cmd.Example)
	}
	return b.String()
}

// flagLines shows the flags by name. The usage of one that takes a value starts
// with what the value is called, in backquotes.
func flagLines(flags *pflag.FlagSet) string {
	type line struct{ name, text string }
	var (
		lines []line
		width int
	)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		l := line{"      --" + f.Name, f.Usage}
		if f.Shorthand != "" {
			l.name = "  -" + f.Shorthand + ", --" + f.Name
		}
		if value, text, ok := strings.Cut(strings.TrimPrefix(f.Usage, "`"), "` "); ok {
			l = line{l.name + " " + value, text}
		}
		width = max(width, len(l.name))
		lines = append(lines, l)
	})
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%-*s   %s\n", width, l.name, l.text)
	}
	return b.String()
}
