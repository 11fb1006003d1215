package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

func helpCommand() *command {
	return &command{
		name:  "help",
		usage: "[COMMAND]",
		short: "Show how a command is used",
		setup: func(p *process, _ *pflag.FlagSet) runner {
			return func(_ context.Context, args []string) error {
				if len(args) == 0 {
					return p.overview()
				}
				c, rest, err := find(args)
				if err != nil {
					return err
				}
				if len(rest) > 0 {
					return misuse("strake help takes the name of one command")
				}
				return p.help(c)
			}
		},
	}
}

// line is how a command is called.
func (c *command) line() string {
	return strings.TrimSpace("strake " + c.name + " " + c.usage)
}

// overview lists the commands.
func (p *process) overview() error {
	var b strings.Builder
	b.WriteString("Usage:  strake COMMAND\n\nA compiler for Dockerfiles\n\nCommands:\n")
	listCommands(&b, commands())
	b.WriteString("\nOptions:\n  -h, --help      Show this help\n  -v, --version   Show the version\n")
	b.WriteString("\nRun 'strake COMMAND --help' for more information on a command\n")
	_, err := p.stdout.Write([]byte(b.String()))
	return err
}

func listCommands(b *strings.Builder, list []*command) {
	list = slices.DeleteFunc(slices.Clone(list), func(c *command) bool { return c.hidden })
	width := 0
	for _, c := range list {
		width = max(width, len(c.name))
	}
	for _, c := range list {
		fmt.Fprintf(b, "  %-*s  %s\n", width, c.name, c.short)
	}
}

// help shows how a command is used.
func (p *process) help(c *command) error {
	flags := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	if c.setup != nil {
		c.setup(p, flags)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:  %s\n\n%s\n", c.line(), c.short)
	if c.long != "" {
		b.WriteString("\n" + c.long)
	}
	if c.subs != nil {
		b.WriteString("\nCommands:\n")
		listCommands(&b, c.subs)
	}
	if flags.HasAvailableFlags() {
		b.WriteString("\nOptions:\n" + flagLines(flags))
	}
	if c.examples != "" {
		b.WriteString("\nExamples:\n" + c.examples)
	}
	_, err := p.stdout.Write([]byte(b.String()))
	return err
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
		if f.Hidden {
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
