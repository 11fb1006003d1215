package validate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/backend/validate/verify"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/lang/diag"
)

const verifyLong = `A and B are two Dockerfiles over one build context, which is the working directory unless
it is named. With --plugins they are one Dockerfile: A is built without the plugins of
strake.yaml, B with them.

Each is built twice, by the same engine, from the same base images, without the cache and
for the same SOURCE_DATE_EPOCH. What differs between the two images of A differs by itself:
it is listed, and compared in kind, mode, owner and existence, but not in content. All else
has to be the same, as strake diff-image compares it. The answer is equal, equal up to what
is listed, or different, with the step that wrote each side. With --plugins a difference is
led back to the plugin that made it.

No image is kept. The exit code is 0 when they are equal, also up to what is listed; 1 when
they are different; 2 when that is not known, as when one does not build; 125 when the
command line is wrong; 130 when it was interrupted.
`

const verifyExamples = `  strake verify Dockerfile docker/Dockerfile.dev
  strake verify --plugins --config plugins.yaml .
  strake verify --dropped '/usr/share/doc/**' --run 'cat /version' Dockerfile docker/Dockerfile.dev .
`

func verifyCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "verify [OPTIONS] A B [PATH] | --plugins [PATH]",
		Short:   "Show whether two Dockerfiles build the same image",
		Long:    verifyLong,
		Example: verifyExamples,
	}
	f := cmd.Flags()
	c := &verifyRun{Process: p}
	c.BuildFlags.Declare(f, p.Env)
	c.EngineFlags.Declare(f)
	c.PluginFlags.Declare(f)
	c.GivenFlags.Declare(f)
	f.StringVarP(&c.file, "file", "f", "", "`FILE` Name of the Dockerfile of --plugins (default PATH/Dockerfile)")
	f.BoolVar(&c.plugins, "plugins", false, "Compare the build without plugins and with them")
	f.StringArrayVar(&c.dropped, "dropped", nil, "`PATTERN` B may lack these files, as of .dockerignore, like /usr/share/doc/**")
	f.StringArrayVar(&c.commands, "run", nil, "`COMMAND` Run a command in both images, and compare how it ends and what it prints")
	f.BoolVar(&c.smoke, "smoke", false, "Run the program of the image with --help, and its HEALTHCHECK, and compare how they end")
	f.StringVar(&c.progress, "progress", "quiet", "`MODE` How the builds are shown: auto, plain, tty, quiet")
	f.DurationVar(&c.timeout, "timeout", 2*time.Hour, "`TIME` Give up after so long; 0 is never")
	f.BoolVar(&c.json, "json", false, "Print the answer as JSON")
	f.IntVar(&c.limit, "limit", 40, "`LINES` Show so many of each kind of difference; 0 is all")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "Print nothing: the exit code is the answer")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// verifyRun is one call of the command.
type verifyRun struct {
	*cli.Process
	project.BuildFlags
	project.EngineFlags
	project.PluginFlags
	project.GivenFlags
	file, progress       string
	dropped, commands    []string
	plugins, json, quiet bool
	smoke                bool
	limit                int
	timeout              time.Duration
}

// sides are the Dockerfiles and the context of a command line.
func (c *verifyRun) sides(args []string) (a, b, path string, err error) {
	path = "."
	switch {
	case c.limit < 0:
		return "", "", "", cli.Misuse("invalid --limit %d: expected a number of lines, 0 for all", c.limit)
	case c.json && c.quiet:
		return "", "", "", cli.Misuse("--json and --quiet do not go together")
	case c.plugins && len(args) > 1:
		return "", "", "", cli.Misuse("strake verify --plugins takes a build context at most")
	case c.plugins:
		if len(args) == 1 {
			path = args[0]
		}
		return c.file, c.file, path, nil
	case c.file != "":
		return "", "", "", cli.Misuse("-f is for --plugins: name two Dockerfiles as arguments")
	case len(args) == 3:
		path = args[2]
	case len(args) != 2:
		return "", "", "", cli.Misuse("strake verify takes two Dockerfiles and a build context, or --plugins")
	}
	return args[0], args[1], path, nil
}

func (c *verifyRun) run(ctx context.Context, args []string) error {
	fileA, fileB, path, err := c.sides(args)
	if err != nil {
		return err
	}
	request, err := c.request()
	if err != nil {
		return err
	}
	verdict, err := c.verify(ctx, request, fileA, fileB, path)
	if err == nil {
		err = c.print(verdict)
	}
	if err != nil {
		return trouble(c.explain(err))
	}
	if verdict.Answer == validate.NotEqual {
		return cli.Exit(exitDifferent, nil)
	}
	return nil
}

// request reads the flags that are for both builds.
func (c *verifyRun) request() (r build.Request, err error) {
	if len(c.Platforms) > 1 {
		return r, cli.Misuse("strake verify builds for one platform")
	}
	r = build.Request{Env: c.Env, Stdout: func() (io.Writer, error) { return nil, errors.New("no result goes there") }}
	err = c.Give(&r, c.Network)
	return r, err
}

// verify finds the inputs and the engine, and has them compared.
func (c *verifyRun) verify(ctx context.Context, request build.Request, fileA, fileB, path string) (v *validate.Verdict, err error) {
	if c.timeout > 0 {
		over := diag.Diagnostic{Code: "timeout", Message: fmt.Sprintf("it is not known after %s whether they are the same", c.timeout), Hint: "give it more time with --timeout"}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.timeout, over)
		defer cancel()
	}
	a, err := c.input(ctx, request, fileA, path, c.plugins)
	if err != nil {
		return nil, err
	}
	b, err := c.input(ctx, request, fileB, path, false)
	if err != nil {
		return nil, err
	}
	o := verify.Options{A: verify.Build{Name: fileA, Request: a}, Run: c.commands, Smoke: c.smoke, Limits: validate.Usual(), Say: c.say}
	other := verify.Build{Name: fileB, Request: b, Dropped: c.dropped}
	if c.plugins {
		o.A.Name, other.Name = "the build without plugins", "the build with plugins"
		if other.Row = b.Compile.Plugins; other.Row == nil {
			return nil, diag.Diagnostic{Code: "no-plugins", Message: "there are no plugins: " + b.Compile.Without, Hint: "name a strake.yaml with --config"}
		}
	}
	err = c.WithStore(ctx, func(images *store.Store) (err error) {
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
		for _, side := range []*build.Request{&o.A.Request, &other.Request} {
			side.Engine, side.Images = found, images
		}
		x, err := verify.New(ctx, o)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		v, err = x.Compare(ctx, other)
		return err
	})
	return v, cli.Ended(ctx, err)
}

// input finds one of the builds.
func (c *verifyRun) input(ctx context.Context, r build.Request, file, path string, without bool) (build.Request, error) {
	options, err := c.Options(c.Env)
	if err != nil {
		return r, err
	}
	if err := input.Check(options); err != nil {
		return r, cli.Misuse("%v", err)
	}
	named, err := c.Contexts()
	if err != nil {
		return r, err
	}
	if r.Input, err = input.Find(ctx, input.Request{Path: path, File: file, Options: options, Contexts: named, Outside: c.Outside}); err != nil {
		return r, err
	}
	if r.Progress, _, err = project.Progress(c.Stderr, c.progress, false); err != nil {
		return r, err
	}
	r.Compile.Watch = project.Watch
	if without {
		r.Compile.Without = "the build without plugins leaves it out"
		return r, nil
	}
	return r, c.Plugins(ctx, c.Process, r.Input, &r.Compile)
}

func (c *verifyRun) say(text string) {
	if !c.quiet {
		cli.Printf(c.Stderr, "%s\n", diag.Printable(text))
	}
}

// explain reports which build failed and why, with its place.
func (c *verifyRun) explain(err error) error {
	var (
		side    *verify.Failed
		failure *build.Failure
	)
	if !errors.As(err, &side) {
		return err
	}
	cli.Printf(c.Stderr, "%s does not build:\n", side.Name)
	if !errors.As(err, &failure) {
		return side.Err
	}
	c.Report(failure.Set, failure.Diags)
	return cli.ErrReported
}

func (c *verifyRun) print(v *validate.Verdict) error {
	switch {
	case c.quiet:
		return nil
	case c.json:
		return cli.PrintJSON(c.Stdout, v)
	}
	var text bytes.Buffer
	if err := v.Text(&text, c.limit); err != nil {
		return err
	}
	_, err := io.WriteString(c.Stdout, diag.Screen(text.String()))
	return err
}
