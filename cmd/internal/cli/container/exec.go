package container

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

func execCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "exec [OPTIONS] CONTAINER COMMAND [ARG...]",
		Short:   "Run a command in a container that runs",
		Long:    "The exit codes are those of `strake run`.\n",
		Example: "  strake exec -it web sh\n  strake exec -u root web apt-get update\n",
	}
	f := cmd.Flags()
	var (
		o    = &runOptions{Process: p}
		e    container.ExecConfig
		away bool
	)
	f.BoolVarP(&away, "detach", "d", false, "Run in the background")
	f.StringArrayVarP(&o.env, "env", "e", nil, "`NAME[=VALUE]` Set a variable; without a value, that of the environment")
	f.StringArrayVar(&o.envFiles, "env-file", nil, "`FILE` Set the variables of a file, a NAME[=VALUE] a line")
	f.BoolVarP(&e.Stdin, "interactive", "i", false, "Give the command what is typed")
	f.BoolVar(&e.Record, "record", false, "Keep the commands that are typed, to make a Dockerfile of them")
	f.BoolVarP(&e.TTY, "tty", "t", false, "Give the command a terminal")
	f.StringVarP(&e.User, "user", "u", "", "`USER[:GROUP]` Run as this user, a name or a number")
	f.StringVarP(&e.Cwd, "workdir", "w", "", "`DIR` Run in this directory")
	f.SetInterspersed(false)
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) (err error) {
		if len(args) < 2 {
			return cli.Misuse("strake exec takes a container and a command")
		}
		growHeap()
		o.tty, o.interactive, o.detach = e.TTY, e.Stdin, away
		if err := o.checkTerminal(); err != nil {
			return err
		}
		if e.Env, err = o.environment(ctx); err != nil {
			return failing(err)
		}
		e.Args = args[1:]
		return failing(exec(ctx, p, args[0], e, away))
	})
	return cmd
}

func exec(ctx context.Context, p *cli.Process, name string, e container.ExecConfig, away bool) error {
	w, c, err := Find(ctx, p, name)
	if err != nil {
		return err
	}
	if here, err := w.AsRoot(ctx, c, p.Args); !here {
		return err
	}
	r, err := w.Runner()
	if err != nil {
		return err
	}
	s := container.Streams{Out: p.Stdout, Err: p.Stderr}
	if e.Stdin {
		s.In = p.Stdin
	}
	if e.Record && !away {
		w.note(recording)
	}
	code, err := r.Exec(ctx, c, e, s, away)
	if err == nil && code != 0 {
		return cli.Exit(code, nil)
	}
	return err
}
