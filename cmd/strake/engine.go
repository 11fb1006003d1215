package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/engine"
)

const engineLong = `BuildKit does the work of a build. It is looked for at --addr or BUILDKIT_HOST, at
the standard socket of buildkitd, and in the Docker Engine that docker would use.
When there is none, strake starts an engine of its own in the background: a buildkitd
whose state is in $STRAKE_HOME/engine. It stops when nobody has used it for 10 minutes.
BUILDKIT_HOST=embedded always uses that one, BUILDKIT_HOST=docker that of Docker.

As root it needs only runc or crun; without root also rootlesskit and uidmap.

Variables: STRAKE_ENGINE_IDLE, the time until it stops; STRAKE_BUILDKITD_CONFIG, a
buildkitd.toml (default $STRAKE_HOME/buildkitd.toml, if it is there);
STRAKE_BUILDKITD and STRAKE_ROOTLESSKIT, other programs than those beside strake.
`

func engineCommand(p *process) *cobra.Command {
	return group(&cobra.Command{
		Use:   "engine COMMAND",
		Short: "Manage the BuildKit that builds",
		Long:  engineLong,
	},
		engineCacheCommand(p, "df", "Show what the build cache takes", declareUsage),
		engineInstallCommand(p),
		engineLogsCommand(p),
		engineCacheCommand(p, "prune", "Delete what builds have cached", declarePrune),
		engineRunCommand(),
		engineStartCommand(p),
		engineStatusCommand(p),
		engineStopCommand(p),
	)
}

// engineFlags say where BuildKit is. Their names are buildctl's.
type engineFlags struct {
	addr string
	tls  engine.TLS
}

func (e *engineFlags) declare(f *pflag.FlagSet) {
	f.StringVar(&e.addr, "addr", "", "`ADDRESS` Use the BuildKit there, such as tcp://host:1234 (default $BUILDKIT_HOST, else searched)")
	f.StringVar(&e.tls.CA, "tlscacert", "", "`FILE` CA of the BuildKit at tcp://")
	f.StringVar(&e.tls.Cert, "tlscert", "", "`FILE` Certificate to show to it")
	f.StringVar(&e.tls.Key, "tlskey", "", "`FILE` Key of that certificate")
	f.StringVar(&e.tls.ServerName, "tlsservername", "", "`NAME` Name in its certificate (default the host of the address)")
}

// engineOptions is where the engine of a command is looked for.
func (e *engineFlags) engineOptions(p *process, home string) engine.Options {
	o := engine.Options{Addr: e.addr, TLS: e.tls, Dir: filepath.Join(home, "engine"), Env: p.env}
	if o.Addr == "" {
		o.Addr, _ = p.env("BUILDKIT_HOST")
	}
	config := filepath.Join(home, "buildkitd.toml")
	if v, _ := p.env("STRAKE_BUILDKITD_CONFIG"); v != "" {
		o.Config = v
	} else if _, err := os.Stat(config); err == nil {
		o.Config = config
	}
	o.Say = func(text string) {
		if isTerminal(p.stderr) && !p.onlyErrors {
			tell(p.stderr, "%s\n", text)
		}
	}
	return o
}

// withEngine finds the engine for a command.
func (e *engineFlags) withEngine(ctx context.Context, p *process, do func(*engine.Engine) error) error {
	home, err := p.home()
	if err != nil {
		return err
	}
	found, err := engine.Find(ctx, e.engineOptions(p, home))
	if err != nil {
		return err
	}
	defer found.Close()
	return found.Explain(do(found))
}

// ownEngine is the command of an embedded engine, which takes no arguments.
func ownEngine(p *process, name, short, long string, do func(context.Context, engine.Options) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: name, Short: short, Long: long,
	}
	cmd.RunE = running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return misuse("strake engine %s takes no arguments", name)
		}
		home, err := p.home()
		if err != nil {
			return err
		}
		o := new(engineFlags).engineOptions(p, home)
		o.Addr = string(engine.Embedded)
		return do(ctx, o)
	})
	return cmd
}

func engineStartCommand(p *process) *cobra.Command {
	const long = "It prints the address, for others to use:\n  BUILDKIT_HOST=$(strake engine start) buildctl du\n"
	return ownEngine(p, "start", "Start strake's own engine", long, func(ctx context.Context, o engine.Options) error {
		e, err := engine.Find(ctx, o)
		if err != nil {
			return err
		}
		defer e.Close()
		err = tell(p.stdout, "%s\n", e.Addr)
		return err
	})
}

func engineStopCommand(p *process) *cobra.Command {
	const long = "Builds that run on it fail. What is cached stays.\n"
	return ownEngine(p, "stop", "Stop strake's own engine", long, func(ctx context.Context, o engine.Options) error {
		stopped, err := engine.Stop(ctx, o)
		if err == nil && !stopped {
			tell(p.stderr, "The build engine is not running.\n")
		}
		return err
	})
}

// engineRunCommand is the process of the engine, which package engine starts.
func engineRunCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "run JSON", Short: "Be the process of strake's own engine", Hidden: true,
	}
	cmd.RunE = running(func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return misuse("strake engine run is not for people: use strake engine start")
		}
		return engine.Supervise(ctx, args[0])
	})
	return cmd
}

func engineStatusCommand(p *process) *cobra.Command {
	cmd := &cobra.Command{
		Use: "status [OPTIONS]", Short: "Show which BuildKit a build would use",
		Long: "Nothing is started. The exit code is 1 when a build would find no engine.\n",
	}
	f := cmd.Flags()
	var where engineFlags
	where.declare(f)
	asJSON := f.Bool("json", false, "Print JSON")
	cmd.RunE = running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return misuse("strake engine status takes no arguments")
		}
		home, err := p.home()
		if err != nil {
			return err
		}
		s, err := engine.Inspect(ctx, where.engineOptions(p, home))
		if err != nil {
			return err
		}
		if *asJSON {
			err = printJSON(p.stdout, statusJSON(s))
		} else {
			err = printStatus(p.stdout, s)
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
