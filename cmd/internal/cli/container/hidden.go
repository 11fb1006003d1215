package container

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// Commands that are not for people.
const (
	monitorName = "container-monitor"
	initName    = "container-init"
	sweepArg    = "sweep"
)

// monitorCommand is the process that watches a container in the background, with sweepArg the
// one that cleans what such a process has left, and with container.HoldArg one that holds a terminal.
func monitorCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{Use: monitorName + " [" + sweepArg + "] [ID]", Short: "Watch a container", Hidden: true}
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) == 0 || len(args) == 2 && args[0] != sweepArg || len(args) > 2 {
			return cli.Misuse("strake %s is not for people: use strake run -d", monitorName)
		}
		w, err := newWorld(p)
		if err != nil {
			return err
		}
		switch {
		case args[0] == sweepArg && len(args) == 1:
			return w.Set.Sweep()
		case args[0] == container.HoldArg:
			container.Hold()
			return nil
		}
		r, err := w.Runner()
		if err != nil {
			return err
		}
		if len(args) == 1 {
			growHeap()
			return r.Watch(ctx, args[0])
		}
		c, err := w.Set.Find(args[1])
		if err != nil {
			return err
		}
		return r.Clean(ctx, c)
	})
	return cmd
}

// initCommand is the first process of a container that was made with --init.
func initCommand(*cli.Process) *cobra.Command {
	cmd := &cobra.Command{Use: initName + " COMMAND [ARG...]", Short: "Be the first process of a container", Hidden: true}
	cmd.DisableFlagParsing = true
	cmd.RunE = cli.Running(func(_ context.Context, args []string) error {
		if len(args) == 0 {
			return cli.Misuse("strake %s is not for people: use strake run --init", initName)
		}
		code, err := container.Init(args)
		if err == nil && code != 0 {
			err = cli.Exit(code, nil)
		}
		return err
	})
	return cmd
}
