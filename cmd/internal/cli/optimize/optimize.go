// Package optimize has the command strake optimize.
package optimize

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/validate/verify"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins/builtin"
)

const long = `Tries the optimising plugins on a project, one after the other, and keeps those that pay: that
make rebuilds faster, the image smaller or a build without a cache faster, and nothing worse.

The last commits of the build context are replayed on a copy: the Dockerfile is built without
a cache from the state in front of them, and then from each commit. Without git, edits are
made instead. What is kept is verified as strake verify does it: both Dockerfiles are built
twice, and a plugin that makes another image is thrown out. What it prints is the times and
sizes, what each plugin brought or why not, the answer of that comparison, and the diff.

With --report all of it is one HTML file, too, with the steps of each build and their graph.

The plugins that a strake.yaml has already are part of both: those that are tried stand behind
them, and none is tried twice.

Nothing is written without --write, --plugins or --report. A run that was interrupted goes on
where it was: measurements are kept. The exit code is 0, also when nothing pays; 2 when that is
not known, as when the Dockerfile does not build; 125 when the command line is wrong; 130 when
it was interrupted.
`

const examples = `  strake optimize .
  strake optimize --commits 10 --pr . >text.md
  strake optimize --report page.html .
  strake optimize --passes split-copy,merge-run --write .
`

// exitTrouble is the exit code when nothing is known, or what is could not be written.
const exitTrouble = 2

// Command is strake optimize.
func Command(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "optimize [OPTIONS] [PATH]",
		Short:   "Make rebuilds faster and images smaller, and show that they are the same",
		Long:    long,
		Example: examples,
	}
	f := cmd.Flags()
	c := &run{Process: p}
	c.BuildFlags.Declare(f, p.Env)
	c.EngineFlags.Declare(f)
	c.PluginFlags.Declare(f)
	c.GivenFlags.Declare(f)
	f.StringVarP(&c.file, "file", "f", "", "`FILE` Name of the Dockerfile (default PATH/Dockerfile)")
	f.IntVar(&c.commits, "commits", 5, "`NUMBER` Replay so many of the last commits")
	f.StringSliceVar(&c.passes, "passes", nil, "`LIST` Try these plugins only: drop-dead, split-copy, reorder, parallelise, copy-link, merge-run, cache-mounts, slim")
	f.StringSliceVar(&c.drop, "drop", nil, "`KINDS` Let slim and cache-mounts leave out these only: lists, caches, logs, backups, archives, docs, locales, toolchain")
	f.StringArrayVar(&c.commands, "run", nil, "`COMMAND` Run a command in both images, and compare how it ends and what it prints")
	f.BoolVar(&c.smoke, "smoke", false, "Run the program of the image with --help, and its HEALTHCHECK, and compare how they end")
	f.BoolVar(&c.write, "write", false, "Replace the Dockerfile by what pays")
	f.BoolVar(&c.plugins, "plugins", false, "Write a strake.yaml with the plugins that pay, or add them to the one there is, and leave the Dockerfile")
	f.BoolVar(&c.pr, "pr", false, "Print a text for a pull request, in Markdown")
	f.BoolVar(&c.json, "json", false, "Print the report as JSON")
	f.StringVar(&c.report, "report", "", "`FILE` Write a page of it as HTML, with the steps of each build, their graph and the waste")
	f.BoolVar(&c.fresh, "fresh", false, "Measure anew what was measured before")
	f.DurationVar(&c.timeout, "timeout", 2*time.Hour, "`TIME` Give up after so long; 0 is never")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "Show no progress")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// run is one call of the command.
type run struct {
	*cli.Process
	project.BuildFlags
	project.EngineFlags
	project.PluginFlags
	project.GivenFlags
	file, report                           string
	passes, drop, commands                 []string
	write, plugins, pr, json, fresh, quiet bool
	smoke                                  bool
	commits                                int
	timeout                                time.Duration
}

// check tells of flags that say nothing together.
func (c *run) check(args []string) (path string, err error) {
	path = "."
	switch {
	case len(args) > 1:
		return "", cli.Misuse("strake optimize takes one build context")
	case c.commits < 1:
		return "", cli.Misuse("invalid --commits %d: expected 1 or more", c.commits)
	case c.write && c.plugins:
		return "", cli.Misuse("--write and --plugins do not go together: the one changes the Dockerfile, the other leaves it")
	case c.plugins && c.Off():
		return "", cli.Misuse("--plugins and --no-plugins do not go together: what pays would be behind plugins that it was not tried with")
	case c.pr && c.json:
		return "", cli.Misuse("--pr and --json do not go together")
	case len(c.Platforms) > 1:
		return "", cli.Misuse("strake optimize builds for one platform")
	case len(args) == 1:
		path = args[0]
	}
	for _, kind := range c.drop {
		if !slices.Contains(optimize.Kinds, kind) {
			return "", cli.Misuse("invalid --drop %q: expected one of %s", kind, strings.Join(optimize.Kinds, ", "))
		}
	}
	if _, err := optimize.Choose(optimize.Passes(nil, nil), c.passes); err != nil {
		return "", cli.Misuse("invalid --passes: %v", err)
	}
	return path, nil
}

func (c *run) run(ctx context.Context, args []string) error {
	path, err := c.check(args)
	if err != nil {
		return err
	}
	if c.timeout > 0 {
		over := diag.Diagnostic{Code: "timeout", Message: fmt.Sprintf("it is not known after %s what pays", c.timeout),
			Hint: "run it again, which goes on where it was, or give it more time with --timeout"}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.timeout, over)
		defer cancel()
	}
	o, err := c.options(ctx, path)
	if err != nil {
		return cli.Exit(exitTrouble, err)
	}
	place, err := c.place(ctx, o)
	if err == nil && c.report != "" {
		err = c.OutputFile(c.report)
	}
	if err != nil {
		return cli.Exit(exitTrouble, err)
	}
	var report *optimize.Report
	err = c.WithStore(ctx, func(images *store.Store) error {
		home, err := c.Home()
		if err != nil {
			return err
		}
		c.Silent = c.quiet
		found, err := engine.Find(ctx, c.EngineOptions(c.Process, home))
		if err != nil {
			return err
		}
		defer found.Close()
		o.Request.Engine, o.Request.Images, o.State = found, images, filepath.Join(home, "optimize")
		report, err = optimize.Run(ctx, o)
		return found.Explain(err)
	})
	c.progress("", 0, 0)
	if err := cli.Ended(ctx, err); err != nil {
		return c.trouble(ctx, err)
	}
	for _, write := range []func(*optimize.Report) error{c.print, c.page, place} {
		if err := write(report); err != nil {
			return cli.Exit(exitTrouble, err)
		}
	}
	return nil
}

// trouble reports which build failed, and why. An interrupt stays one.
func (c *run) trouble(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var (
		side    *verify.Failed
		stopped *optimize.Failed
		failure *build.Failure
	)
	switch {
	case errors.As(err, &side):
		cli.Printf(c.Stderr, "it is not known what pays: %s does not build a second time:\n", side.Name)
		err = side.Err
	case errors.As(err, &stopped):
		cli.Printf(c.Stderr, "it is not known what pays: %s does not build:\n", stopped.What)
		err = stopped.Err
	}
	if errors.As(err, &failure) {
		c.Report(failure.Set, failure.Diags)
		err = cli.ErrReported
	}
	return cli.Exit(exitTrouble, err)
}

// options reads the flags.
func (c *run) options(ctx context.Context, path string) (o optimize.Options, err error) {
	r := build.Request{Env: c.Env, Stdout: func() (io.Writer, error) { return nil, errors.New("no result goes there") }}
	r.Compile.Watch = project.Watch
	if err = c.Give(&r, c.Network); err != nil {
		return o, err
	}
	options, err := c.Options(c.Env)
	if err != nil {
		return o, err
	}
	if err := input.Check(options); err != nil {
		return o, cli.Misuse("%v", err)
	}
	named, err := c.Contexts()
	if err != nil {
		return o, err
	}
	r.Input, err = input.Find(ctx, input.Request{Path: path, File: c.file, Options: options, Contexts: named, Outside: c.Outside})
	if err != nil {
		return o, err
	}
	if err := c.PluginFlags.Plugins(ctx, c.Process, r.Input, &r.Compile); err != nil {
		return o, cli.Exit(exitTrouble, err)
	}
	return optimize.Options{
		Request: r, Contexts: named, Builtins: builtin.All(), Commits: c.commits, Commands: c.commands, Smoke: c.smoke,
		Whole: !c.plugins, Write: c.write, Fresh: c.fresh, Progress: c.progress,
		Passes: func(changes map[string]float64) ([]optimize.Pass, error) {
			return optimize.Choose(optimize.Passes(changes, c.drop), c.passes)
		},
	}, nil
}
