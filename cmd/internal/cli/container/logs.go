package container

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

func logsCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "logs [OPTIONS] CONTAINER",
		Short:   "Show what a container has written",
		Example: "  strake logs -f --tail 10 web\n",
	}
	f := cmd.Flags()
	commands := f.Bool("commands", false, "Show the commands that were typed, where --record kept them")
	follow := f.BoolP("follow", "f", false, "Go on until the container ends")
	tail := f.StringP("tail", "n", "all", "`NUMBER` Show so many lines from the end")
	stamps := f.BoolP("timestamps", "t", false, "Show when each line was written")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return cli.Misuse("strake logs takes one container")
		}
		lines := -1
		if *tail != "all" {
			n, err := strconv.Atoi(*tail)
			if err != nil {
				return cli.Misuse("invalid --tail %q: expected a number, or all", *tail)
			}
			lines = n
		}
		w, err := Open(ctx, p)
		if err != nil {
			return err
		}
		c, err := w.Set.Find(args[0])
		if err != nil {
			return err
		}
		if *commands {
			return printCommands(p, c, *stamps)
		}
		return c.Logs(ctx, lines, *follow, printer(p, *stamps))
	})
	return cmd
}

// printCommands prints what was typed, a command a line, as a script that could be run again.
func printCommands(p *cli.Process, c *container.Container, stamps bool) error {
	list, err := c.Commands()
	if err != nil {
		return err
	}
	for _, typed := range list {
		line := typed.Line
		if stamps {
			line = typed.Time.Format(time.RFC3339) + " " + line
		}
		if err := cli.Printf(p.Stdout, "%s\n", line); err != nil {
			return err
		}
	}
	return nil
}

// printer prints entries to the streams that they were written to, as they are: it is what
// a run of the container would have shown.
func printer(p *cli.Process, stamps bool) func(container.Entry) error {
	begun := map[io.Writer]bool{}
	return func(e container.Entry) error {
		to := p.Stdout
		if e.Stream == "stderr" {
			to = p.Stderr
		}
		text := e.Text
		if stamps && !begun[to] {
			text = e.Time.UTC().Format(time.RFC3339Nano) + " " + text
		}
		begun[to] = len(text) > 0 && text[len(text)-1] != '\n'
		_, err := io.WriteString(to, text)
		return err
	}
}
