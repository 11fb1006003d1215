package cli

import (
	"fmt"
	"path"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference are the pages of the commands by their names in docs: the command reference, and
// a manual page for each.
func (p *Process) Reference() map[string]string {
	root := p.Root(nil)
	pages := map[string]string{
		"reference/cli.md": p.referencePage(root),
		"man/strake.1":     p.manualPage(root),
	}
	for _, m := range p.Commands {
		for _, cmd := range withSubs(Child(root, m.Name)) {
			pages[path.Join("man", pageOf(cmd)+".1")] = p.manualPage(cmd)
		}
	}
	return pages
}

// withSubs is a command with those of its group, none when it is hidden.
func withSubs(cmd *cobra.Command) []*cobra.Command {
	if cmd.Hidden {
		return nil
	}
	list := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		list = append(list, withSubs(sub)...)
	}
	return list
}

// pageOf is the name of a command's manual page.
func pageOf(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// referencePage is the page of all commands, in the order of the overview.
func (p *Process) referencePage(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("# The commands\n\n<!-- Written by make generate, out of the commands. -->\n\n")
	fmt.Fprintf(&b, "```text\n%s```\n", overview(p.Asked(nil)))
	for _, m := range p.Commands {
		for _, cmd := range withSubs(Child(root, m.Name)) {
			fmt.Fprintf(&b, "\n## %s\n\n```text\n%s```\n", cmd.CommandPath(), helpText(cmd))
		}
	}
	return b.String()
}

// manualPage is the manual page of a command, for man(1).
func (p *Process) manualPage(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".\\\" Written by make generate, out of the commands.\n.TH %s 1 \"\" strake \"Strake\"\n", strings.ToUpper(pageOf(cmd)))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(pageOf(cmd)), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(cmd.UseLine()))
	if cmd.Long != "" {
		b.WriteString(".SH DESCRIPTION\n" + asItIs(cmd.Long))
	}
	subs := cmd.Commands()
	if !cmd.HasParent() {
		subs = p.Asked(nil)
	}
	if len(subs) > 0 {
		var list strings.Builder
		listCommands(&list, subs)
		b.WriteString(".SH COMMANDS\n" + asItIs(list.String()))
	}
	head := ".SH OPTIONS\n"
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, text, ok := strings.Cut(strings.TrimPrefix(f.Usage, "`"), "` ")
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if !ok {
			value, text = "", f.Usage
		}
		fmt.Fprintf(&b, "%s.TP\n\\fB%s\\fR \\fI%s\\fR\n%s\n", head, roff(name), roff(value), roff(text))
		head = ""
	})
	if cmd.Example != "" {
		b.WriteString(".SH EXAMPLES\n" + asItIs(cmd.Example))
	}
	b.WriteString(".SH SEE ALSO\n" + roff(related(cmd)) + "\n")
	return b.String()
}

// related are the pages around that of a command.
func related(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return pageOf(cmd.Parent()) + "(1)"
	}
	return "buildctl(1), docker-build(1)"
}

// asItIs is a text whose lines stay what they are.
func asItIs(text string) string {
	return ".nf\n" + roff(strings.TrimRight(text, "\n")) + "\n.fi\n"
}

// roff is a text in which troff finds nothing to do.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
