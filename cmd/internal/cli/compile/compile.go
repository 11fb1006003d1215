package compile

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/baseconfig"
	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/backend/output"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/lang/source"
)

// compileLong has the list of outputs in it.
func compileLong() string {
	return `PATH is a directory with a Dockerfile, or a Dockerfile, whose directory is then
the build context. URL is a git repository (https://host/repo.git#ref:dir), or a
Dockerfile or an archive to download. With - the Dockerfile is read from standard
input. Without an argument, PATH is the current directory. Several arguments are
compiled at once; an error in one does not stop the others.

The forms of --emit:
` + outputLines() + `
A base image is looked for in the local store first, then in its registry; the graph
names it by its reference and digest. The exit code is 0, also when there are warnings;
1 when something does not compile, or a plugin finds an error, which no graph is written
for; 125 when the command line is wrong; 130 when it was interrupted.
`
}

const compileExamples = `  strake compile .
  strake compile --emit=llb . | buildctl build --local context=.
  strake compile --emit=dot . | dot -Tsvg -o build.svg
  strake compile --emit=llb --platform linux/amd64,linux/arm64 -o out .
  strake compile -f build/Dockerfile.dev --build-arg VERSION=1.2 .
  strake compile --offline --image-config alpine:3.20=alpine.json .
  strake compile services/*
`

func compileCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "compile [OPTIONS] [PATH | URL | -]...",
		Short:   "Compile Dockerfiles to BuildKit LLB",
		Long:    compileLong(),
		Example: compileExamples,
	}
	c := &compileRun{Process: p}
	c.declare(cmd.Flags())
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// compileRun is one call of the command.
type compileRun struct {
	*cli.Process
	project.BuildFlags
	project.PluginFlags
	file         string
	contexts     []string
	imageConfigs []string
	offline      bool
	all          bool        // stages are compiled when there is no target
	rules        []lint.Rule // that look, where all do; nil has the build checks
	given        []string    // settings of rules
	settings     []lint.Setting
	below        map[string]bool // Dockerfiles that were found, whose build contexts nobody knows
	emit         string
	output       string
	configOut    string

	form    output.Output
	request input.Request // of all arguments
	images  *baseconfig.Resolver
	local   gateway.LocalImages // the local store; nil when there is none
	bases   plan.ImageResolver  // of images, and before it the local store
	atHand  plan.ImageResolver  // of what is here
}

func (c *compileRun) declare(f *pflag.FlagSet) {
	c.declareInput(f)
	f.StringVar(&c.emit, "emit", "json", "`FORM` What to write: "+project.Either(project.OutputNames(nil))+" (default json)")
	f.StringVarP(&c.output, "output", "o", "", "`FILE|DIR` Write to a file, or to files in a directory (default standard output)")
	f.StringVar(&c.configOut, "config-out", "", "`FILE|DIR` Write the config of the image, too, as JSON")
}

// declareInput declares the flags that say what to compile.
func (c *compileRun) declareInput(f *pflag.FlagSet) {
	c.BuildFlags.Declare(f, c.Env)
	c.PluginFlags.Declare(f)
	f.StringVarP(&c.file, "file", "f", "", "`FILE` Name of the Dockerfile, - for standard input (default PATH/Dockerfile)")
	f.StringArrayVar(&c.contexts, "build-context", nil, "`NAME=VALUE` Add a build context: a directory, a URL or docker-image://REF")
	f.StringArrayVar(&c.imageConfigs, "image-config", nil, "`REF=FILE` Take the config of a base image from a file")
	f.BoolVar(&c.offline, "offline", false, "Never use the network: base images come from the cache or --image-config")
}

func (c *compileRun) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	if err := c.choose(); err != nil {
		return err
	}
	if err := c.prepare(ctx, args); err != nil {
		return err
	}
	out, err := c.outputs(args)
	if err != nil {
		return err
	}
	failed, i := false, -1
	for r, err := range c.each(ctx, args, c.lower) {
		if err != nil {
			return err
		}
		i++
		c.tell(r)
		failed = failed || r.diags.HasErrors()
		if r.diags.HasErrors() && len(r.parts) == 0 {
			continue
		}
		if err := out.write(i, r); err != nil {
			return err
		}
	}
	if failed {
		return cli.ErrReported
	}
	return nil
}

// prepare checks the flags and reads the files that they name.
func (c *compileRun) prepare(ctx context.Context, args []string) error {
	c.Platforms = project.Distinct(c.Platforms)
	if err := c.chooseRules(); err != nil {
		return err
	}
	if err := c.stdinOnce(args); err != nil {
		return err
	}
	options, err := c.Options(c.Env)
	if err != nil {
		return err
	}
	if err := input.Check(options); err != nil {
		return cli.Misuse("%v", err)
	}
	named, err := project.NamedContexts(c.contexts)
	if err != nil {
		return err
	}
	configs, err := readConfigs(ctx, c.imageConfigs)
	if err != nil {
		return err
	}
	c.images = baseconfig.New(baseconfig.Options{Offline: c.offline, Configs: configs})
	if c.local, err = c.localImages(ctx); err != nil {
		return err
	}
	c.bases = llb.Images(c.images, c.local)
	c.atHand = llb.Images(baseconfig.New(baseconfig.Options{Offline: true, Configs: configs}), c.local)
	c.request = input.Request{
		File: c.file, Stdin: c.Stdin, Options: options, Contexts: named, Offline: c.offline,
		Outside: c.Outside,
	}
	return nil
}

// localImages finds base images in the local store, if there is one. What --image-config
// says comes before it.
func (c *compileRun) localImages(ctx context.Context) (gateway.LocalImages, error) {
	images, err := c.HeldStore(ctx)
	if err != nil || images == nil {
		return nil, err
	}
	find := build.StoreImages(images)
	return func(ctx context.Context, r plan.ImageRequest) (plan.ImageInfo, bool, error) {
		if c.images.Given(r.Ref) {
			return plan.ImageInfo{}, false, nil
		}
		return find(ctx, r)
	}, nil
}

// stdinOnce checks that no two readers want standard input.
func (c *compileRun) stdinOnce(args []string) error {
	readers := 0
	if c.file == "-" {
		readers = len(args)
	} else {
		for _, arg := range args {
			if arg == "-" {
				readers++
			}
		}
	}
	if readers > 1 {
		return cli.Misuse("standard input can be read for one Dockerfile only")
	}
	return nil
}

// readConfigs reads the files of --image-config.
func readConfigs(ctx context.Context, list []string) (map[string][]byte, error) {
	configs := make(map[string][]byte, len(list))
	for _, item := range list {
		ref, name, ok := strings.Cut(item, "=")
		if !ok || ref == "" || name == "" {
			return nil, cli.Misuse("invalid --image-config %q: expected REF=FILE", item)
		}
		f, err := regular.Stream(ctx, name)
		if err != nil {
			return nil, err
		}
		configs[ref], err = io.ReadAll(io.LimitReader(f, lang.MaxSize))
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	return configs, nil
}

// result is what became of one argument.
type result struct {
	set   *source.Set
	diags diag.List
	parts []part

	elsewhere bool // they are about other files than the Dockerfile, or none was read

	examined string // the Dockerfile that rules looked at; "" where none could
}

// part is a result for one platform, or for all of them.
type part struct {
	platform string // "" when none was asked for
	data     []byte
	config   []byte // of the image
}

// errExcluded is that strake.yaml has a Dockerfile left out.
var errExcluded = errors.New("strake.yaml excludes it")

// open finds the Dockerfile of one argument, and its plugins.
func (c *compileRun) open(ctx context.Context, arg string) (*compile.Snapshot, error) {
	request := c.request
	request.Path = arg
	in, err := input.Find(ctx, request)
	if err != nil {
		return nil, err
	}
	config := compile.Config{Whole: c.form.Whole, AtHand: c.atHand, Watch: project.Watch}
	if err := c.Plugins(ctx, c.Process, in, &config); err != nil {
		return nil, err
	}
	if c.rules != nil {
		if config.Lint, err = c.Lint(ctx, c.Process, in, c.rules, c.settings...); err != nil {
			return nil, err
		}
		if config.Lint.Excluded {
			return nil, errExcluded
		}
		if !c.below[arg] { // rules ask how large files of the build context are
			config.Files = in
		}
	}
	src, err := in.Open(ctx, c.images)
	if err != nil {
		return nil, err
	}
	config = config.From(src)
	if c.below[arg] {
		config.Absent = nil
	}
	config.Build.AllStages = c.all && config.Build.Target == ""
	config.Build.Images, config.Build.Local = c.bases, c.local
	return compile.Open(src, config, nil)
}

// work is what is done with the snapshot of an argument.
type work func(context.Context, *compile.Snapshot, *result) error

// each compiles all arguments.
func (c *compileRun) each(ctx context.Context, args []string, do work) iter.Seq2[*result, error] {
	return compile.Each(ctx, args, func(ctx context.Context, arg string) *result { return c.compile(ctx, arg, do) })
}

// compile compiles one argument.
func (c *compileRun) compile(ctx context.Context, arg string, do work) *result {
	r := &result{set: &source.Set{}}
	src, err := c.open(ctx, arg)
	if err == nil {
		r.set = src.Files()
		err = do(ctx, src, r)
	}
	var elsewhere *cli.Findings
	switch {
	case errors.As(err, &elsewhere):
		r.set, r.diags = elsewhere.Set, slices.Clone(elsewhere.List)
	case errors.Is(err, errExcluded):
	case err != nil:
		r.diags = append(r.diags, cli.Diagnose(err)...)
	}
	if r.elsewhere = src == nil || elsewhere != nil; src != nil {
		r.name(src.File().Name)
	}
	return r
}

// tell reports a result; what is wrong with a file of many, such as strake.yaml, once.
func (c *compileRun) tell(r *result) {
	list := r.diags
	if r.elsewhere {
		list = c.Untold(r.set, list)
	}
	c.Report(r.set, list)
}

// name says what file the errors are in that have no place.
func (r *result) name(file string) {
	for i, d := range r.diags {
		if d.Span.IsZero() {
			r.diags[i].Message = file + ": " + d.Message
		}
	}
}
