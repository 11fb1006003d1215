package build

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/output"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/ir/plan"
)

func (b *run) declare(f *pflag.FlagSet) {
	b.BuildFlags.Declare(f, b.Env)
	b.EngineFlags.Declare(f)
	b.PluginFlags.Declare(f)
	b.GivenFlags.Declare(f)
	f.StringVarP(&b.file, "file", "f", "", "`FILE` Name of the Dockerfile, - for standard input (default PATH/Dockerfile)")
	f.StringArrayVarP(&b.tags, "tag", "t", nil, "`NAME[:TAG]` Name the image")
	f.StringArrayVarP(&b.outputs, "output", "o", nil, "`DEST` Where the result goes: type=TYPE,dest=PATH, or a directory, or - for a tar (default type=store)")
	f.BoolVar(&b.push, "push", false, "Push the image to its registry")
	f.BoolVar(&b.load, "load", false, "Load the image into Docker or Podman")
	f.StringArrayVar(&b.cacheFrom, "cache-from", nil, "`SOURCE` Use a cache from elsewhere: REF, or type=TYPE,…")
	f.StringArrayVar(&b.cacheTo, "cache-to", nil, "`DEST` Export the cache: type=registry, local, inline, gha, s3, azblob")
	f.StringArrayVar(&b.attests, "attest", nil, "`type=TYPE,…` Attach an attestation")
	f.StringVar(&b.sbom, "sbom", "", "`BOOL|ATTRS` Attach a list of what the image holds")
	f.StringVar(&b.provenance, "provenance", "", "`BOOL|ATTRS` Attach how the image was made (default mode=min)")
	f.StringArrayVar(&b.annotations, "annotation", nil, "`[PLACE:]KEY=VALUE` Annotate the image's manifest or index")
	f.BoolVar(&b.pull, "pull", false, "Ask the registry for base images, even if they are here")
	f.StringVar(&b.progress, "progress", project.ProgressMode(b.Env), "`MODE` How progress is shown: auto, plain, tty, rawjson, quiet")
	f.BoolVarP(&b.quiet, "quiet", "q", false, "Print the id of the image, and nothing else")
	f.StringVar(&b.iidFile, "iidfile", "", "`FILE` Write the id of the image to a file")
	f.StringVar(&b.metadataFile, "metadata-file", "", "`FILE` Write what is known of the result to a file, as JSON")
	f.StringVar(&b.call, "call", "build", "`METHOD` Ask about the build instead of running it: "+project.Either(project.Questions()))
	f.BoolVar(&b.check, "check", false, "Check the Dockerfile, and build nothing: --call=check")
	f.BoolVar(&b.debug, "debug", false, "Open a shell where the step that fails runs; see --on")
	f.StringVar(&b.on, "on", "", "`error|LINE` Open the shell at a step that fails (default error), or in front of the one at a line of the Dockerfile, or at FILE:LINE of one that it includes; implies --debug")
	f.StringVar(&b.invoke, "invoke", "", "`COMMAND` Start this in place of the stage's shell; implies --debug")
	f.BoolVarP(&b.yes, "yes", "y", false, "Send the build context however large it is")
	f.StringVar(&b.contextLimit, "context-limit", contextLimit(b.Env), "`SIZE` Stop at a build context larger than this; 0 is any")
	declareIgnored(f)
}

// request reads the flags.
func (b *run) request() (build.Request, error) {
	r := build.Request{Env: b.Env, Pull: b.pull, Stdout: b.output}
	err := b.Give(&r, b.Network)
	if err != nil {
		return r, err
	}
	if r.Tags, err = tagNames(b.tags); err != nil {
		return r, err
	}
	from, err := project.Each("--cache-from", b.cacheFrom, build.ParseCache)
	if err != nil {
		return r, err
	}
	to, err := project.Each("--cache-to", b.cacheTo, build.ParseCache)
	if err != nil {
		return r, err
	}
	r.CacheFrom, r.CacheTo = slices.Concat(from...), slices.Concat(to...)
	if err := b.attributes(&r); err != nil {
		return r, err
	}
	if r.Outputs, err = b.destinations(); err != nil {
		return r, err
	}
	if b.check {
		b.call = "check"
	}
	if r.Call, err = b.method(); err != nil {
		return r, err
	}
	return r, b.display(&r)
}

// emptyCache is the directory that a --cache-from names and that holds no cache, which
// BuildKit takes for a build without one; "" when there is none.
func emptyCache(c client.CacheOptionsEntry) string {
	dir := c.Attrs["src"]
	if c.Type != "local" || dir == "" {
		return ""
	}
	if _, err := os.Stat(filepath.Join(dir, ocispecs.ImageIndexFile)); errors.Is(err, fs.ErrNotExist) {
		return dir
	}
	return ""
}

// attributes reads what is attached to an image.
func (b *run) attributes(r *build.Request) error {
	var err error
	if r.Attestations, err = project.Each("--attest", b.attests, build.ParseAttest); err != nil {
		return err
	}
	for _, s := range []struct{ kind, value string }{{"sbom", b.sbom}, {"provenance", b.provenance}} {
		if s.value == "" {
			continue
		}
		a, err := build.ParseShorthand(s.kind, s.value)
		if err != nil {
			return cli.Misuse("invalid --%s %q: %v", s.kind, s.value, err)
		}
		r.Attestations = append(r.Attestations, a)
	}
	annotations, err := project.Each("--annotation", b.annotations, build.ParseAnnotation)
	if err != nil {
		return err
	}
	r.Annotations = map[string]string{}
	for _, a := range annotations {
		for k, v := range a {
			r.Annotations[k] = v
		}
	}
	return nil
}

// destinations are the outputs: those of -o, of --push and of --load, or the store.
func (b *run) destinations() ([]build.Output, error) {
	out, err := project.Each("--output", b.outputs, build.ParseOutput)
	if err != nil {
		return nil, err
	}
	if b.push {
		if out, err = pushed(out); err != nil {
			return nil, err
		}
	}
	if b.load && !slices.ContainsFunc(out, func(o build.Output) bool { return o.Type == "docker" && o.Dest == "" }) {
		out = append(out, build.Output{Type: "docker"})
	}
	if len(out) == 0 {
		out = []build.Output{{Type: build.Store}}
	}
	return out, nil
}

// pushed adds --push: to an output that is an image, or as one of its own.
func pushed(list []build.Output) ([]build.Output, error) {
	for i, o := range list {
		if o.Type == "image" {
			if list[i].Attrs == nil {
				list[i].Attrs = map[string]string{}
			}
			list[i].Attrs["push"] = "true"
			return list, nil
		}
	}
	if len(list) > 0 && slices.ContainsFunc(list, func(o build.Output) bool { return o.Type == "local" || o.Type == "tar" }) {
		return nil, cli.Misuse("--push is for images, and -o %s is for files", list[0].Type)
	}
	return append(list, build.Output{Type: "image", Attrs: map[string]string{"push": "true"}}), nil
}

// method is the request to the frontend that --call stands for, "" for a build.
func (b *run) method() (string, error) {
	name, format, _ := strings.Cut(b.call, ",")
	if format != "" && format != "format=json" && format != "format=text" {
		return "", cli.Misuse("invalid --call %q: expected format=json or format=text", b.call)
	}
	switch name {
	case "", "build":
		b.call = "build"
		return "", nil
	case "check", "lint":
		return "lint", nil
	case "outline", "targets", "convertllb", "subrequests.describe":
		return name, nil
	}
	if call, ok := strings.CutPrefix(name, "strake."); ok {
		if _, ok := output.Called(call); ok {
			return name, nil
		}
	}
	return "", cli.Misuse("invalid --call %q: expected build, %s", b.call, project.Either(project.Questions()))
}

// display sets up how progress is shown.
func (b *run) display(r *build.Request) (err error) {
	if r.Call != "" && b.progress == "auto" {
		b.progress = "quiet" // the answer is what counts
	}
	r.Progress, b.progress, err = project.Progress(b.Stderr, b.progress, b.quiet)
	b.OnlyErrors = r.Call == "" && (b.progress == "quiet" || b.progress == "none") // as buildx
	b.Always = []string{plan.BaseOrigin}                                           // a tag is no proof of who gave a base
	return err
}

// declareIgnored declares flags of docker build that mean nothing to BuildKit. They
// are taken, so that scripts go on working, and those that ask for something that does
// not happen say so.
func declareIgnored(f *pflag.FlagSet) {
	for _, name := range []string{"compress", "force-rm", "rm", "squash"} {
		f.Bool(name, false, "")
	}
	f.String("isolation", "", "")
	f.StringSlice("security-opt", nil, "")
	for _, name := range []string{"compress", "force-rm", "rm", "squash", "isolation", "security-opt"} {
		project.Must(f.MarkHidden(name))
	}
	project.Must(f.MarkDeprecated("squash", "layers are not merged; use stages, and copy what counts"))
	project.Must(f.MarkDeprecated("security-opt", "use RUN --security=insecure and --allow security.insecure"))
}
