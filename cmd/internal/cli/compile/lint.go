package compile

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/baseconfig"
	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/diag/formats"
	"github.com/seed-e0495807/strake/lang/diag/sarif"
	"github.com/seed-e0495807/strake/lang/source"
)

const lintLong = `Reports what is to be said of Dockerfiles: every error that a build would end with before
its first step runs, files that a COPY does not find, BuildKit's build checks, hadolint's
and ShellCheck's rules, our own, and what the plugins of strake.yaml find. Nothing is built,
and no engine is asked. Where a base image is not to be had, what depends on it is left out;
with --offline only the local store, the cache and --image-config are asked for it.

PATH is a Dockerfile, or a directory, in which all are looked for. Which rules look, and how
much it matters what they find, says strake.yaml, else .hadolint.yaml, and --rule before both.

The forms of --format:
  text        for people (default)
  tty         a line for each finding, as hadolint has it
  json        an object for each finding, one a line
  sarif       SARIF 2.1.0, for code scanning services
  github      annotations of GitHub Actions
  gitlab      a report of GitLab Code Quality
  checkstyle  XML of Checkstyle
  junit       XML of JUnit

The exit code is 1 when there is a finding as severe as --fail-on says, or worse, or when
something cannot be read or written; 125 when the command line is wrong; 130 when it was
interrupted; and 0 else.
`

// projectURL is where people find out about strake.
const projectURL = "https://github.com/seed-e0495807/strake"

// failLevels are the values of --fail-on: severities as diag has them in order, and that none counts.
func failLevels() []string { return []string{"error", "warning", "info", "hint", "never"} }

func lintFormats() []string {
	return []string{"text", "tty", "json", "sarif", "github", "gitlab", "checkstyle", "junit"}
}

func lintCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "lint [OPTIONS] [PATH | URL | -]...",
		Aliases: []string{"check"},
		Short:   "Report what is to be said of Dockerfiles, and fix it",
		Long:    lintLong,
		Example: `  strake lint .
  strake lint --fix --diff services
  strake lint --format sarif services >findings.sarif
  strake lint --baseline lint.json --write-baseline .
  strake lint --baseline lint.json --fail-on warning .
  strake lint --explain DL3008
`,
	}
	flags := cmd.Flags()
	c := &lintRun{compileRun: compileRun{Process: p}}
	c.declareInput(flags)
	flags.StringVar(&c.format, "format", "text", "`FORM` How findings are written: "+project.Either(lintFormats())+" (default text)")
	flags.StringVar(&c.failOn, "fail-on", "error", "`SEVERITY` Fail at this severity: error, warning, info, hint or never (default error)")
	c.declareRules(flags)
	flags.StringVar(&c.fix, "fix", "", "`WHICH` Fix what can be, safe or unsafe too (safe without a value)")
	flags.Lookup("fix").NoOptDefVal = "safe"
	flags.BoolVar(&c.diff, "diff", false, "Show what --fix would change, and write nothing")
	flags.StringVar(&c.baseline, "baseline", "", "`FILE` Leave out the findings that FILE has")
	flags.BoolVar(&c.writeBaseline, "write-baseline", false, "Write what is found to the file of --baseline")
	flags.StringVar(&c.stdinName, "stdin-filename", "", "`NAME` The name of what is read from standard input")
	flags.BoolVar(&c.explain, "explain", false, "Explain the rules that are named in place of PATH, or list all")
	c.flags = flags
	cmd.SetFlagErrorFunc(cli.ExplainAbsent(hadolintFlags()))
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// lintRun is one call of the command.
type lintRun struct {
	compileRun
	format, failOn, fix string
	diff                bool
	baseline            string
	writeBaseline       bool
	stdinName           string
	explain             bool
	flags               *pflag.FlagSet // as they are given

	files    []string // that were read
	examined []string // Dockerfiles that rules looked at
	plain    bool     // without colours
}

func (c *lintRun) run(ctx context.Context, args []string) error {
	if c.explain {
		return c.explainRules(args)
	}
	if err := c.habits(); err != nil {
		return err
	}
	switch {
	case !slices.Contains(failLevels(), c.failOn):
		return cli.Misuse("invalid --fail-on %q: expected error, warning, info, hint or never", c.failOn)
	case !slices.Contains(lintFormats(), c.format):
		return cli.Misuse("invalid --format %q: expected %s", c.format, project.Either(lintFormats()))
	case !slices.Contains([]string{"", "safe", "unsafe"}, c.fix):
		return cli.Misuse("invalid --fix=%s: expected safe or unsafe", c.fix)
	case c.diff && c.fix == "":
		return cli.Misuse("--diff shows what --fix would change: give that, too")
	case c.writeBaseline && c.baseline == "":
		return cli.Misuse("--write-baseline needs the file: --baseline FILE")
	}
	args, err := c.dockerfiles(ctx, args)
	if err != nil {
		return err
	}
	c.all = true
	if err := c.prepare(ctx, args); err != nil {
		return err
	}
	c.request.StdinName = c.stdinName
	if err := c.asHadolint(ctx, args); err != nil {
		return err
	}
	var unfixed error
	if c.fix != "" {
		if unfixed = c.fixAll(ctx, args); c.diff || ctx.Err() != nil {
			return unfixed
		}
	}
	set, list, err := c.gather(ctx, args)
	if err != nil {
		return err
	}
	if c.baseline != "" {
		if list, err = c.against(set, list); err != nil {
			return err
		}
	}
	if err := c.show(set, list); err != nil {
		return err
	}
	limit := slices.Index(failLevels(), c.failOn)
	if unfixed != nil {
		return unfixed
	}
	if c.failOn != "never" && slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return int(d.Severity) <= limit }) {
		return cli.ErrReported
	}
	return nil
}

// gather compiles all arguments, and puts what they say into one list.
func (c *lintRun) gather(ctx context.Context, args []string) (*source.Set, diag.List, error) {
	set, list := &source.Set{}, diag.List{}
	done := c.progress(len(args))
	defer done(-1)
	for r, err := range c.each(ctx, args, c.examine) {
		if err != nil {
			return nil, nil, err
		}
		r.diags.Sort()
		if r.elsewhere {
			r.diags = c.Untold(r.set, r.diags)
		}
		if f := r.set.File(0); f != nil {
			c.files = append(c.files, f.Name)
		}
		if r.examined != "" {
			c.examined = append(c.examined, r.examined)
		}
		list = append(list, r.diags.Moved(set.Join(r.set))...)
		done(len(c.files))
	}
	return set, list, nil
}

// progress shows on a terminal how many files were looked at, where there are many; -1 ends that.
func (c *lintRun) progress(all int) func(int) {
	if all < 50 || !cli.IsTerminal(c.Stderr) {
		return func(int) {}
	}
	return func(n int) {
		if n < 0 {
			cli.Printf(c.Stderr, "\r\x1b[K")
		} else if n%10 == 0 {
			cli.Printf(c.Stderr, "\r%d of %d files %s", n, all, strings.Repeat("=", 30*n/all))
		}
	}
}

func (c *lintRun) show(set *source.Set, list diag.List) error {
	list = list.Redacted()
	switch c.format {
	case "json":
		return diag.JSON(c.Stdout, set, list)
	case "sarif":
		return sarif.Write(c.Stdout, cli.Version(), projectURL, set, list)
	case "github":
		return diag.GitHub(c.Stdout, set, list)
	case "tty":
		return formats.TTY(c.Stdout, set, list)
	case "gitlab":
		return formats.GitLab(c.Stdout, set, list)
	case "checkstyle":
		return formats.Checkstyle(c.Stdout, set, list)
	case "junit":
		return formats.JUnit(c.Stdout, set, list, c.files)
	}
	return diag.Text(c.Stdout, set, list, diag.TextOptions{Color: !c.plain && c.Color(c.Stdout), Width: cli.Width(c.Stdout)})
}

// examine takes a source as far as a build goes without an engine, for each platform.
func (c *lintRun) examine(ctx context.Context, src *compile.Snapshot, r *result) error {
	r.diags = append(r.diags, src.Heeded(c.foreign(ctx, src.File()))...)
	found, err := src.Findings(ctx)
	r.diags = append(r.diags, found...)
	if err == nil {
		r.examined = src.File().Name
	}
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

// fixAll fixes the files of all arguments. Those that cannot be read are among what is found, unless
// there is only a diff.
func (c *lintRun) fixAll(ctx context.Context, args []string) error {
	f := fixRun{compileRun: &c.compileRun, unsafe: c.fix == "unsafe", diff: c.diff}
	if err := f.files(args); err != nil {
		return err
	}
	return f.all(ctx, args, func(err error) bool { return errors.Is(err, errUnread) && !c.diff })
}
