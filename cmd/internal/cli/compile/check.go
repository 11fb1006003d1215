package compile

import (
	"context"
	"errors"
	"slices"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/baseconfig"
	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/diag/sarif"
	"github.com/seed-e0495807/strake/lang/source"
)

const checkLong = `Reports what the plugins of strake.yaml, the compiler and the build checks say of
Dockerfiles: every error that a build would end with before its first step runs, and
files that a COPY does not find. Nothing is built, and no engine is asked. Where a base
image is not to be had, what depends on it is left out; with --offline only the local
store, the cache and --image-config are asked for it.

The forms of --format:
  text    for people (default)
  json    an object for each finding, one a line
  sarif   SARIF 2.1.0, for code scanning services
  github  annotations of GitHub Actions

The exit code is 1 when there is a finding as severe as --fail-on says, or worse.
`

// projectURL is where people find out about strake.
const projectURL = "https://github.com/seed-e0495807/strake"

func checkCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [OPTIONS] [PATH | URL | -]...",
		Short: "Report what plugins say of Dockerfiles",
		Long:  checkLong,
		Example: `  strake check .
  strake check --format sarif services/* >findings.sarif
  strake check --fail-on warning .
`,
	}
	flags := cmd.Flags()
	c := &checkRun{compileRun: compileRun{Process: p}}
	c.declareInput(flags)
	flags.StringVar(&c.format, "format", "text", "`FORM` How findings are written: text, json, sarif or github (default text)")
	flags.StringVar(&c.failOn, "fail-on", "error", "`SEVERITY` Fail at this severity: error, warning, info, hint or never (default error)")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// checkRun is one call of the command.
type checkRun struct {
	compileRun
	format, failOn string
}

func (c *checkRun) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	severities := []string{"error", "warning", "info", "hint", "never"}
	limit := slices.Index(severities, c.failOn)
	if limit < 0 {
		return cli.Misuse("invalid --fail-on %q: expected error, warning, info, hint or never", c.failOn)
	}
	if !slices.Contains([]string{"text", "json", "sarif", "github"}, c.format) {
		return cli.Misuse("invalid --format %q: expected text, json, sarif or github", c.format)
	}
	c.all = true
	if err := c.prepare(ctx, args); err != nil {
		return err
	}
	set, list, err := c.gather(ctx, args)
	if err != nil {
		return err
	}
	if err := c.show(set, list); err != nil {
		return err
	}
	if c.failOn != "never" && slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return int(d.Severity) <= limit }) {
		return cli.ErrReported
	}
	return nil
}

// gather compiles all arguments, and puts what they say into one list.
func (c *checkRun) gather(ctx context.Context, args []string) (*source.Set, diag.List, error) {
	set, list := &source.Set{}, diag.List{}
	for r, err := range c.each(ctx, args, c.examine) {
		if err != nil {
			return nil, nil, err
		}
		r.diags.Sort()
		list = append(list, r.diags.Moved(set.Join(r.set))...)
	}
	return set, list, nil
}

func (c *checkRun) show(set *source.Set, list diag.List) error {
	list = list.Redacted()
	switch c.format {
	case "json":
		return diag.JSON(c.Stdout, set, list)
	case "sarif":
		return sarif.Write(c.Stdout, cli.Version(), projectURL, set, list)
	case "github":
		return diag.GitHub(c.Stdout, set, list)
	}
	return diag.Text(c.Stdout, set, list, diag.TextOptions{Color: c.Color(c.Stdout), Width: cli.Width(c.Stdout)})
}

// examine takes a source as far as a build goes without an engine, for each platform.
func (c *checkRun) examine(ctx context.Context, src *compile.Snapshot, r *result) error {
	r.diags = append(r.diags, c.foreign(ctx, src.File())...)
	found, err := src.Findings(ctx)
	r.diags = append(r.diags, found...)
	return err
}

// foreign tells of a frontend that is to read the file in place of this one: whether its
// image is there, and that no more is known.
func (c *compileRun) foreign(ctx context.Context, file *source.File) (list diag.List) {
	ref, _, ok := gateway.Foreign(file.Text, c.request.Options)
	if !ok {
		return nil
	}
	at := gateway.SyntaxSpan(file)
	named, err := reference.ParseNormalizedNamed(ref)
	if err == nil {
		builder := platforms.Normalize(platforms.DefaultSpec())
		_, err = llb.Images(c.images, nil).ResolveImage(ctx, plan.ImageRequest{Ref: reference.TagNameOnly(named).String(), Platform: builder})
	}
	var failed *baseconfig.Error
	if err != nil && !(errors.As(err, &failed) && failed.Kind == baseconfig.Offline) {
		list = gateway.NoFrontend(at, ref, err)
		if failed != nil && failed.Kind == baseconfig.Unreachable {
			list[0].Severity = diag.Warning
		}
	}
	list.Infof(at, "foreign-frontend", "the frontend %s reads this file in a build, and what it says takes an engine: this is how strake reads it", ref).
		Hint = "`strake build --check` asks that frontend"
	return list
}
