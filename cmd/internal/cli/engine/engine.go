// Package engine has the commands about the BuildKit that builds: strake engine.
package engine

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
)

const groupLong = `BuildKit does the work of a build. It is looked for at --addr or BUILDKIT_HOST, at
the standard socket of buildkitd, and in the Docker Engine that docker would use.
When there is none, strake starts an engine of its own in the background: a buildkitd
whose state is in $STRAKE_HOME/engine. It stops when nobody has used it for 10 minutes.
BUILDKIT_HOST=embedded always uses that one, BUILDKIT_HOST=docker that of Docker.

As root it needs only runc or crun; without root also rootlesskit and uidmap.

Variables: STRAKE_ENGINE_IDLE, the time until it stops; STRAKE_BUILDKITD_CONFIG, a
buildkitd.toml (default $STRAKE_HOME/buildkitd.toml, if it is there);
STRAKE_BUILDKITD and STRAKE_ROOTLESSKIT, other programs than those beside strake.
`

// Command is strake engine.
func Command(p *cli.Process) *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "engine COMMAND",
		Short: "Manage the BuildKit that builds",
		Long:  groupLong,
	},
		cacheCommand(p, "df", "Show what the build cache takes", declareUsage),
		installCommand(p),
		logsCommand(p),
		cacheCommand(p, "prune", "Delete what builds have cached", declarePrune),
		runCommand(),
		startCommand(p),
		statusCommand(p),
		stopCommand(p),
	)
}

// ownEngine is the command of an embedded engine, which takes no arguments.
func ownEngine(p *cli.Process, name, short, long string, do func(context.Context, engine.Options) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: name, Short: short, Long: long,
	}
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return cli.Misuse("strake engine %s takes no arguments", name)
		}
		home, err := p.Home()
		if err != nil {
			return err
		}
		o := new(project.EngineFlags).EngineOptions(p, home)
		o.Addr = string(engine.Embedded)
		return do(ctx, o)
	})
	return cmd
}

func startCommand(p *cli.Process) *cobra.Command {
	const long = "It prints the address, for others to use:\n  BUILDKIT_HOST=$(strake engine start) buildctl du\n"
	return ownEngine(p, "start", "Start strake's own engine", long, func(ctx context.Context, o engine.Options) error {
		e, err := engine.Find(ctx, o)
		if err != nil {
			return err
		}
		defer e.Close()
		err = cli.Printf(p.Stdout, "%s\n", e.Addr)
		return err
	})
}

func stopCommand(p *cli.Process) *cobra.Command {
	const long = "Builds that run on it fail. What is cached stays.\n"
	return ownEngine(p, "stop", "Stop strake's own engine", long, func(ctx context.Context, o engine.Options) error {
		stopped, err := engine.Stop(ctx, o)
		if err == nil && !stopped {
			cli.Printf(p.Stderr, "The build engine is not running.\n")
		}
		return err
	})
}

// runCommand is the process of the engine, which package engine starts.
func runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "run JSON", Short: "Be the process of strake's own engine", Hidden: true,
	}
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return cli.Misuse("strake engine run is not for people: use strake engine start")
		}
		return engine.Supervise(ctx, args[0])
	})
	return cmd
}

func statusCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use: "status [OPTIONS]", Short: "Show which BuildKit a build would use",
		Long: "Nothing is started. The exit code is 1 when a build would find no engine.\n",
	}
	f := cmd.Flags()
	var where project.EngineFlags
	where.Declare(f)
	asJSON := f.Bool("json", false, "Print JSON")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return cli.Misuse("strake engine status takes no arguments")
		}
		home, err := p.Home()
		if err != nil {
			return err
		}
		s, err := engine.Inspect(ctx, where.EngineOptions(p, home))
		if err != nil {
			return err
		}
		if *asJSON {
			err = cli.PrintJSON(p.Stdout, statusJSON(s))
		} else {
			err = printStatus(p.Stdout, s)
		}
		if err != nil {
			return err
		}
		return s.Problem
	})
	return cmd
}

// engineJSON is a status with its problem as text.
type engineJSON struct {
	*engine.Status
	Problem string `json:"problem,omitempty"`
}

func statusJSON(s *engine.Status) engineJSON {
	out := engineJSON{Status: s}
	if s.Problem != nil {
		out.Problem = s.Problem.Error()
	}
	return out
}

// printStatus prints what is known of an engine, a line each.
func printStatus(w io.Writer, s *engine.Status) error {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-14s%s\n", name+":", value)
		}
	}
	state := "running"
	switch {
	case s.Problem != nil:
		state = "not running, and it cannot start"
	case !s.Running:
		state = "not running, the next build starts it"
	}
	if s.Rootless {
		state += ", without root"
	}
	line("Engine", string(s.Kind))
	line("State", state)
	line("Address", s.Address)
	line("Version", s.Version)
	if s.PID > 0 {
		line("Process", fmt.Sprint(s.PID))
	}
	if s.Since != nil {
		line("Since", fmt.Sprintf("%s (%s ago)", s.Since.Local().Format(time.DateTime), units.HumanDuration(time.Since(*s.Since))))
	}
	line("Idle timeout", s.Idle)
	line("Snapshotter", s.Snapshotter)
	line("Platforms", strings.Join(s.Platforms, ", "))
	line("Buildkitd", s.Buildkitd)
	line("Directory", s.Directory)
	for _, note := range s.Notes {
		line("Note", note)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
