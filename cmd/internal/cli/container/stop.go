package container

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

func stopCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stop [OPTIONS] CONTAINER...",
		Short: "Stop containers",
		Long:  "A container is sent the signal that its image names, or SIGTERM, and is killed when it does\nnot end.\n",
	}
	f := cmd.Flags()
	seconds := f.IntP("timeout", "t", -1, "`SECONDS` How long to wait before it is killed (default that of the container, or 10)")
	return forEach(p, cmd, func(ctx context.Context, c *container.Container) error {
		return c.Stop(ctx, time.Duration(*seconds)*time.Second)
	})
}

func killCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kill [OPTIONS] CONTAINER...",
		Short: "Send a signal to containers",
	}
	signal := cmd.Flags().StringP("signal", "s", "SIGKILL", "`SIGNAL` A name, or a number")
	return forEach(p, cmd, func(ctx context.Context, c *container.Container) error {
		return c.Signal(*signal)
	})
}

func rmCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rm [OPTIONS] CONTAINER...",
		Short: "Remove containers",
	}
	force := cmd.Flags().BoolP("force", "f", false, "Kill those that run; one that is not there is no error")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return cli.Misuse("strake rm takes at least one container")
		}
		w, err := Open(ctx, p)
		if err != nil {
			return err
		}
		return w.remove(ctx, cmd, args, *force)
	})
	return cmd
}

// atOnce is how many containers are waited for at a time, as docker does.
const atOnce = 50

// forEach makes a command one for containers that are named, whose names it prints.
func forEach(p *cli.Process, cmd *cobra.Command, do func(context.Context, *container.Container) error) *cobra.Command {
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return cli.Misuse("strake %s takes at least one container", cmd.Name())
		}
		w, err := Open(ctx, p)
		if err != nil {
			return err
		}
		return w.each(ctx, cmd, args, atOnce, w.Set.Find, func(c *container.Container) error { return do(ctx, c) })
	})
	return cmd
}
