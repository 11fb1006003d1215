package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/lang/diag"
)

func logsCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use: "logs [OPTIONS]", Short: "Show what strake's own engine has written",
	}
	f := cmd.Flags()
	follow := f.BoolP("follow", "f", false, "Go on when more is written")
	tail := f.StringP("tail", "n", "all", "`NUMBER` Show only so many lines, the last ones")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return cli.Misuse("strake engine logs takes no arguments")
		}
		lines := -1
		if *tail != "all" {
			n, err := strconv.Atoi(*tail)
			if err != nil || n < 0 {
				return cli.Misuse("invalid --tail %q: expected a number of lines, or all", *tail)
			}
			lines = n
		}
		home, err := p.Home()
		if err != nil {
			return err
		}
		name := engine.LogFile(new(project.EngineFlags).EngineOptions(p, home).Dir)
		return logs(ctx, p, name, lines, *follow)
	})
	return cmd
}

// logs prints the last lines of a file, all when there are fewer than none.
func logs(ctx context.Context, p *cli.Process, name string, lines int, follow bool) error {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return diag.Diagnostic{Code: "no-log", Message: "strake's own engine has never been started", Hint: "`strake engine start` starts it"}
	}
	if err != nil {
		return err
	}
	if _, err := io.WriteString(p.Stdout, diag.Screen(string(lastLines(data, lines)))); err != nil {
		return err
	}
	for at := int64(len(data)); follow; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
		if at, err = more(p.Stdout, name, at); err != nil {
			return err
		}
	}
	return nil
}

// more prints what a file has from a place on. A log that is shorter has begun anew.
func more(out io.Writer, name string, at int64) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return at, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return at, err
	}
	if info.Size() < at {
		at = 0
	}
	data, err := io.ReadAll(io.NewSectionReader(f, at, info.Size()-at))
	if err != nil {
		return at, err
	}
	data = data[:bytes.LastIndexByte(data, '\n')+1] // the rest of a line comes with its end
	_, err = io.WriteString(out, diag.Screen(string(data)))
	return at + int64(len(data)), err
}

// lastLines gives the last n lines of a text, all when n is negative.
func lastLines(text []byte, n int) []byte {
	if n < 0 {
		return text
	}
	end := len(bytes.TrimSuffix(text, []byte("\n")))
	for ; n > 0 && end >= 0; n-- {
		end = bytes.LastIndexByte(text[:end], '\n')
	}
	if end < 0 {
		return text
	}
	return text[min(end+1, len(text)):]
}
