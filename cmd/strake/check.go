package main

import (
	"context"
	"errors"
	"slices"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/baseconfig"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/buildkit"
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

func checkCommand(p *process) *cobra.Command {
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
	c := &check{compile: compile{process: p}}
	c.declareInput(flags)
	flags.StringVar(&c.format, "format", "text", "`FORM` How findings are written: text, json, sarif or github (default text)")
	flags.StringVar(&c.failOn, "fail-on", "error", "`SEVERITY` Fail at this severity: error, warning, info, hint or never (default error)")
	cmd.RunE = running(c.run)
	return cmd
}

// check is one call of the command.
type check struct {
	compile
	format, failOn string
}

func (c *check) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	severities := []string{"error", "warning", "info", "hint", "never"}
	limit := slices.Index(severities, c.failOn)
	if limit < 0 {
		return misuse("invalid --fail-on %q: expected error, warning, info, hint or never", c.failOn)
	}
	if !slices.Contains([]string{"text", "json", "sarif", "github"}, c.format) {
		return misuse("invalid --format %q: expected text, json, sarif or github", c.format)
	}
	c.form = &form{name: "check", emit: emitFindings}
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
		return errReported
	}
	return nil
}

// gather compiles all arguments, and puts what they say into one list.
func (c *check) gather(ctx context.Context, args []string) (*source.Set, diag.List, error) {
	set, list := &source.Set{}, diag.List{}
	for _, next := range c.start(ctx, args) {
		r, err := receive(ctx, next)
		if err != nil {
			return nil, nil, err
		}
		r.diags.Sort()
		list = append(list, moved(r, set)...)
	}
	return set, list, nil
}

// moved gives the diagnostics of a result with spans in another set, which gets the
// files of the result.
func moved(r *result, to *source.Set) diag.List {
	var first source.FileID
	for id := source.FileID(0); r.set.File(id) != nil; id++ {
		f := to.Add(r.set.File(id).Name, r.set.File(id).Text)
		if id == 0 {
			first = f.ID
		}
	}
	move := func(s *source.Span) {
		if !s.IsZero() {
			s.File += first
		}
	}
	for i := range r.diags {
		d := &r.diags[i]
		move(&d.Span)
		for j := range d.Related {
			move(&d.Related[j].Span)
		}
		for j := range d.Fixes {
			for k := range d.Fixes[j].Edits {
				d.Fixes[j].Edits[k].Span.File += first
			}
		}
	}
	return r.diags
}

func (c *check) show(set *source.Set, list diag.List) error {
	list = list.Redacted()
	switch c.format {
	case "json":
		return diag.JSON(c.stdout, set, list)
	case "sarif":
		return sarif.Write(c.stdout, version(), projectURL, set, list)
	case "github":
		return diag.GitHub(c.stdout, set, list)
	}
	return diag.Text(c.stdout, set, list, diag.TextOptions{Color: c.color(c.stdout), Width: width(c.stdout)})
}

// emitNothing takes a source through the plugins.
func emitNothing(ctx context.Context, _ *compile, src *input.Source, r *result) error {
	_, err := module(ctx, src, r)
	return err
}

// emitFindings takes a source as far as a build goes without an engine, for each platform.
func emitFindings(ctx context.Context, c *compile, src *input.Source, r *result) error {
	file := r.set.Add(src.Name, src.Text)
	r.diags = append(r.diags, c.foreign(ctx, src, file)...)
	for i := range max(1, len(src.Client.TargetPlatforms)) {
		o := src.LLB(i)
		o.Images, o.Local, o.AllStages = likely{c.bases}, c.local, o.Target == ""
		o.Absent = func(path, verb, hint string) error { return src.Absent(ctx, path, verb, hint) }
		o.Ignore = src.Client.DockerIgnorePatterns
		var checked lint.Result
		o.Lint = func(facts []plan.Fact) error {
			checked = buildkit.Check(file, src.Client.LinterConfig, facts, src.Claims()...)
			return checked.Err()
		}
		found, err := llb.Check(ctx, file, o, nil)
		src.AddFiles(r.set)
		if err != nil {
			return err
		}
		found = append(found, lint.Diags(checked.Findings)...)
		for _, d := range found {
			if counts(d) && !slices.ContainsFunc(r.diags, func(have diag.Diagnostic) bool {
				return have.Span == d.Span && have.Code == d.Code && have.Message == d.Message
			}) {
				r.diags = append(r.diags, d)
			}
		}
	}
	return nil
}

// foreign tells of a frontend that is to read the file in place of this one: whether its
// image is there, and that no more is known.
func (c *compile) foreign(ctx context.Context, src *input.Source, file *source.File) (list diag.List) {
	ref, _, ok := gateway.Foreign(src.Text, c.request.Options)
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

// counts tells whether a finding has a place in the list: a build check reports an empty
// continuation in its own words, and of an image that nobody was to be asked for, and that
// nothing speaks against, there is nothing to say.
func counts(d diag.Diagnostic) bool {
	return d.Code != "empty-continuation" && (d.Code != "base-image" || d.Severity != diag.Hint)
}

// likely finds base images. That one cannot be asked for is no mistake in the Dockerfile,
// unless the plan knows of a stage that may be meant: it makes of a warning an error then.
type likely struct{ plan.ImageResolver }

func (l likely) ResolveImage(ctx context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	info, err := l.ImageResolver.ResolveImage(ctx, r)
	var failed *baseconfig.Error
	if !errors.As(err, &failed) {
		return info, err
	}
	d := diag.Diagnostic{Code: "base-image", Message: failed.Error(), Hint: failed.Hint()}
	switch failed.Kind {
	case baseconfig.Offline:
		d.Severity, d.Hint = diag.Hint, ""
	case baseconfig.Unreachable:
		d.Severity = diag.Warning
	}
	return info, diag.List{d}
}
