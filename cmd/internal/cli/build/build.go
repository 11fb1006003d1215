// Package build has the command that builds an image: strake build.
package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session/upload/uploadprovider"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/baseconfig"
	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/debug"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/ir/lint/rules"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
)

const commandLong = `PATH is the directory of the build context, with a Dockerfile. URL is a git
repository (https://host/repo.git#ref:dir) or an archive to download. With - the
Dockerfile, or an archive of the whole context, is read from standard input.

The image goes to the local store: "strake images" lists it, "strake history" shows
its layers. --push sends it to a registry instead, --load puts it into Docker or
Podman, -o writes it or its files elsewhere. A base image is looked for in the local
store first, then in its registry; --pull always asks the registry.

BuildKit does the work. It is found by --addr or BUILDKIT_HOST, at its usual socket,
in a Docker Engine; or else one is started, and stops again when it is idle
("strake engine").

The exit code is 0; 1 when the build failed; 125 when the command line is wrong; 130
when it was interrupted.
`

const commandExamples = `  strake build -t app .
  strake build -t app -f docker/Dockerfile.dev --target test .
  strake build -t registry.example.com/app:1.2 --platform linux/amd64,linux/arm64 --push .
  strake build --secret id=token,src=token.txt --ssh default -t app .
  strake build -o out --target binary .
  strake build -t app https://github.com/owner/repo.git#main:app
  tar c . | strake build -t app -
`

// Command is strake build.
func Command(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "build [OPTIONS] PATH | URL | -",
		Short:   "Build an image from a Dockerfile",
		Long:    commandLong,
		Example: commandExamples,
	}
	b := &run{Process: p}
	b.declare(cmd.Flags())
	cmd.RunE = cli.Running(b.run)
	return cmd
}

// run is one call of the command.
type run struct {
	*cli.Process
	project.BuildFlags
	project.EngineFlags
	project.PluginFlags
	project.GivenFlags
	file, progress, iidFile, metadataFile string
	tags, outputs                         []string
	cacheFrom, cacheTo                    []string
	attests, annotations                  []string
	sbom, provenance, call                string
	push, load, pull, quiet, check, yes   bool
	contextLimit                          string
	debug                                 bool
	on, invoke                            string
}

// silent warns that the engine has not begun for long.
func (b *run) silent() {
	cli.Printf(b.Stderr, "warning: the build engine has not begun: another build may hold it up, as one does whose registry of --cache-from never answers; "+
		"Ctrl-C ends this build, and `strake engine stop` all of them\n")
}

func (b *run) run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return cli.Misuse("strake build takes one argument, %d were given; the context is often .", len(args))
	}
	request, err := b.request()
	if err != nil {
		return err
	}
	if err := b.places(request); err != nil {
		return err
	}
	for _, c := range request.CacheFrom {
		if dir := emptyCache(c); dir != "" && !b.OnlyErrors && b.progress != "rawjson" {
			cli.Printf(b.Stderr, "warning: --cache-from: there is no cache in %s\n", diag.Printable(dir))
		}
	}
	options, err := b.Options(b.Env)
	if err != nil {
		return err
	}
	if err := input.Check(options); err != nil {
		return cli.Misuse("%v", err)
	}
	proxies(options)
	named, err := b.Contexts()
	if err != nil {
		return err
	}
	if err := b.debugging(&request, args[0]); err != nil {
		return err
	}
	uploads := uploadprovider.New()
	request.Session = append(request.Session, uploads)
	request.Input, err = input.Find(ctx, input.Request{
		Path: args[0], File: b.file, Stdin: b.Stdin, Options: options, Contexts: named,
		Outside: b.Outside,
		Upload:  func(r io.Reader) string { return uploads.Add(io.NopCloser(r)) },
	})
	if err != nil {
		return err
	}
	request.Compile.Watch = project.Watch
	if b.progress != "rawjson" {
		request.Silent = b.silent
	}
	if err := b.Plugins(ctx, b.Process, request.Input, &request.Compile); err != nil {
		return err
	}
	if err := b.rules(ctx, &request); err != nil {
		return err
	}
	if request.Seen, err = b.look(ctx, request.Input, request.Compile); err != nil {
		return err
	}
	return b.WithStore(ctx, func(images *store.Store) error {
		request.Images = images
		if request.Call != "" {
			result, ok, err := build.AskHere(ctx, request, baseconfig.New(baseconfig.Options{}))
			if ok {
				return b.finish(result)
			}
			if err != nil {
				return b.failed(err)
			}
			return b.build(ctx, request, result)
		}
		return b.build(ctx, request, nil)
	})
}

// rules says what looks at the Dockerfile. With --no-plugins these are the build checks alone.
func (b *run) rules(ctx context.Context, r *build.Request) (err error) {
	if b.Off() {
		return nil
	}
	if r.Compile.Lint, err = b.Lint(ctx, b.Process, r.Input, rules.All()); r.Call == "" || err == nil && r.Compile.Lint.Excluded {
		r.Compile.Lint = r.Compile.Lint.InBuild()
	}
	return err
}

// look reads a Dockerfile of this machine before anything is started: what does not
// compile fails at once, and so does a context that nobody means to send.
func (b *run) look(ctx context.Context, in *input.Input, config compile.Config) (*compile.Snapshot, error) {
	if in.Remote() || b.call != "build" { // a question is answered with all that is found
		return nil, nil
	}
	seen, err := compile.OpenBlind(ctx, in, config)
	if err != nil {
		return nil, err
	}
	if _, _, foreign := gateway.Foreign(seen.File().Text, in.Options); foreign {
		return seen, nil
	}
	var diags diag.List
	switch _, _, err := seen.Ready(ctx); {
	case errors.As(err, &diags):
		b.Report(seen.Files(), diags)
		return nil, cli.ErrReported
	case err != nil:
		return nil, err
	}
	return seen, b.guard(ctx, in, seen)
}

// build finds an engine, and builds. Without an engine, what is known already serves, if
// there is that.
func (b *run) build(ctx context.Context, r build.Request, known *build.Result) error {
	home, err := b.Home()
	if err != nil {
		return err
	}
	r.Engine, err = engine.Find(ctx, b.EngineOptions(b.Process, home))
	if err != nil && known != nil && ctx.Err() == nil {
		return b.finish(known)
	} else if err != nil {
		return err
	}
	defer r.Engine.Close()
	result, err := build.Run(ctx, r)
	if err != nil {
		return b.failed(err)
	}
	return b.finish(result)
}

// failed tells why there is no result.
func (b *run) failed(err error) error {
	var failure *build.Failure
	missing := func(d diag.Diagnostic) bool { return d.Code == debug.NoProgram }
	if errors.As(err, &failure) {
		b.Report(failure.Set, failure.Diags)
		if slices.ContainsFunc(failure.Diags, missing) {
			return cli.Exit(container.CodeNotFound, nil)
		}
		return cli.ErrReported
	}
	if list, ok := diag.From(err); ok && slices.ContainsFunc(list, missing) {
		return cli.Exit(container.CodeNotFound, err)
	}
	return err
}

// finish tells of a build that is done.
func (b *run) finish(r *build.Result) error {
	if b.progress == "rawjson" {
		b.streamOrigins(r.Diags)
	} else {
		b.Report(r.Set, r.Diags)
		b.warn(r)
	}
	if b.call != "build" {
		return b.answer(r)
	}
	switch {
	case b.quiet:
		cli.Printf(b.Stdout, "%s\n", r.ID)
	case b.progress == "rawjson" || b.progress == "quiet":
	case r.Stored:
		cli.Printf(b.Stderr, "\nThe image is %s%s\n", cli.ShortID(r.ID, false), called(r.Names))
	case r.Kept:
		cli.Printf(b.Stderr, "\nThe image is %s%s, in the image store of the engine\n", cli.ShortID(r.ID, false), called(r.Names))
	}
	if b.iidFile != "" {
		if err := b.WriteFile(b.iidFile, []byte(r.ID)); err != nil {
			return err
		}
	}
	if b.metadataFile != "" {
		data, err := build.Metadata(r.Response)
		if err != nil {
			return err
		}
		return b.WriteFile(b.metadataFile, data)
	}
	return nil
}

// streamOrigins says of which bases no registry was asked for, as one more status of the
// stream of rawjson: no vertex has these warnings.
func (b *run) streamOrigins(list diag.List) {
	var status client.SolveStatus
	for _, d := range list {
		if d.Code == plan.BaseOrigin {
			status.Warnings = append(status.Warnings, &client.VertexWarning{Short: []byte(d.Message)})
		}
	}
	if len(status.Warnings) == 0 {
		return
	}
	if text, err := json.Marshal(status); err == nil {
		cli.Printf(b.Stderr, "%s\n", diag.PrintableJSON(text))
	}
}

// called tells the names of an image.
func called(names []string) string {
	if len(names) == 0 {
		return ""
	}
	short := make([]string, len(names))
	for i, name := range names {
		short[i] = store.Familiar(name)
	}
	return ", named " + strings.Join(short, ", ")
}

// warn shows the warnings of the engine and of other frontends.
func (b *run) warn(r *build.Result) {
	if b.OnlyErrors {
		return
	}
	for _, w := range r.Warnings {
		cli.Printf(b.Stderr, "warning: %s\n", diag.Printable(string(w.Short)))
		for _, detail := range w.Detail {
			cli.Printf(b.Stderr, "  %s\n", diag.Printable(string(detail)))
		}
		if w.URL != "" {
			cli.Printf(b.Stderr, "  see %s\n", diag.Printable(w.URL))
		}
	}
}

// answer shows the answer to --call.
func (b *run) answer(r *build.Result) error {
	name := ""
	if f := r.Set.File(0); f != nil {
		name = f.Name
	}
	asJSON := strings.HasSuffix(b.call, ",format=json")
	var text bytes.Buffer
	ok, err := r.Answer.Print(&text, name, asJSON)
	out := diag.Screen(text.String())
	if asJSON {
		out = string(diag.PrintableJSON(text.Bytes()))
	}
	if _, werr := io.WriteString(b.Stdout, out); err == nil {
		err = werr
	}
	if !asJSON {
		b.Report(r.Set, append(r.Answer.Found, unchecked(r.Answer.Found)...))
	}
	if err == nil && !ok {
		err = cli.ErrReported
	}
	return err
}

// unchecked says what a check has left out, if anything, because of a base image that is not to be had.
func unchecked(found diag.List) diag.List {
	if !slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Code == "base-image" && d.Severity == diag.Error }) {
		return nil
	}
	return diag.List{{Severity: diag.Info, Code: "base-image", Message: "what depends on that image is not checked, all else is",
		Hint: "`strake lint` takes a registry that is away for no mistake of the file"}}
}

// output gives standard output for a result; a terminal is no place for one.
func (b *run) output() (io.Writer, error) {
	if cli.IsTerminal(b.Stdout) {
		return nil, diag.Diagnostic{Code: "terminal", Message: "standard output is a terminal, and the result is no text",
			Hint: "send it to a file: … > image.tar, or dest=FILE"}
	}
	return b.Stdout, nil
}

// tagNames normalises the names of an image.
func tagNames(list []string) ([]string, error) {
	var out []string
	for _, name := range list {
		named, err := reference.ParseNormalizedNamed(name)
		if err != nil {
			return nil, cli.Misuse("invalid --tag %q: %v", name, err)
		}
		if _, digested := named.(reference.Digested); digested {
			return nil, cli.Misuse("invalid --tag %q: a digest is a result, not a name", name)
		}
		out = append(out, reference.TagNameOnly(named).String())
	}
	return out, nil
}
