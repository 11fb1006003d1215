package container

import (
	"context"
	"io"
	"strconv"
	"strings"
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
	o := container.LogOptions{Tail: -1}
	var since, until, tail string
	commands := f.Bool("commands", false, "Show the commands that were typed, where --record kept them")
	f.BoolVarP(&o.Follow, "follow", "f", false, "Go on until the container ends")
	f.StringVar(&since, "since", "", "`TIME` Show only what was written from then on: 2026-01-02T15:04:05Z, or 42m ago")
	f.StringVarP(&tail, "tail", "n", "all", "`NUMBER` Show so many lines from the end")
	stamps := f.BoolP("timestamps", "t", false, "Show when each line was written")
	f.StringVar(&until, "until", "", "`TIME` Show only what was written before then")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return cli.Misuse("strake logs takes one container")
		}
		if tail != "all" {
			n, err := strconv.Atoi(tail)
			if err != nil {
				return cli.Misuse("invalid --tail %q: expected a number, or all", tail)
			}
			o.Tail = n
		}
		now := time.Now()
		for _, bound := range []struct {
			flag, text string
			to         *time.Time
		}{{"since", since, &o.Since}, {"until", until, &o.Until}} {
			t, err := instant(bound.text, now)
			if err != nil {
				return cli.Misuse("invalid --%s %q: expected a time like 2026-01-02T15:04:05Z, seconds since 1970, or a duration like 1h30m", bound.flag, bound.text)
			}
			*bound.to = t
		}
		_, c, err := Find(ctx, p, args[0])
		if err != nil {
			return err
		}
		if *commands {
			return printCommands(p, c, *stamps)
		}
		return c.Logs(ctx, o, printer(p, *stamps))
	})
	return cmd
}

// instant reads a time as docker does: one of RFC 3339 or a part of it, which is local where it
// names no zone; seconds since 1970; or how long ago it was. No text is no time.
func instant(text string, now time.Time) (t time.Time, err error) {
	if text == "" {
		return t, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(-d), nil
	}
	if seconds, fraction, _ := strings.Cut(text, "."); len(fraction) <= nanoDigits {
		s, serr := strconv.ParseInt(seconds, 10, 64)
		ns, nerr := strconv.ParseUint((fraction + strings.Repeat("0", nanoDigits))[:nanoDigits], 10, 64)
		if serr == nil && nerr == nil {
			return time.Unix(s, int64(ns)), nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15", "2006-01-02"} {
		for _, zone := range []string{"Z07:00", ""} {
			if t, err = time.ParseInLocation(layout+zone, text, time.Local); err == nil {
				return t, nil
			}
		}
	}
	return t, err
}

const nanoDigits = 9

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

// stampLayout is docker's: all stamps have the same width.
const stampLayout = "2006-01-02T15:04:05.000000000Z07:00"

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
			text = e.Time.UTC().Format(stampLayout) + " " + text
		}
		begun[to] = len(text) > 0 && text[len(text)-1] != '\n'
		_, err := io.WriteString(to, text)
		return err
	}
}
