// Package llb lowers a plan to BuildKit's low-level build definition. For a
// Dockerfile that no plugin touched, the vertices have the digests that
// BuildKit's own frontend gives them, so that its cache stays valid.
package llb

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Options are the build options and what only LLB needs to know. The zero value
// builds for the machine's platform and knows no images.
type Options struct {
	plan.Options

	// Resolver finds base images when Options.Images is nil, Local before it those
	// that the client has, and the images of named contexts in any case. Local's error
	// may be an Unfit.
	Resolver    bk.ImageMetaResolver
	Local       func(context.Context, plan.ImageRequest) (plan.ImageInfo, bool, error)
	ResolveMode bk.ResolveMode

	// Caps are what the daemon understands; nil is all that this version knows.
	Caps *apicaps.CapSet
	// Context makes the main build context, of which only these paths are read
	// (nil is all); nil makes the local context "context".
	Context func(ctx context.Context, paths []string) (bk.State, error)

	Session          string        // whose OCI stores have the images that Images finds there
	Filename         string        // of the Dockerfile in source maps; "" is its name in the module
	SourceMap        *bk.SourceMap // nil makes one of the module's first file
	Hostname         string
	CacheIDNamespace string
	CgroupParent     string
	ExtraHosts       []bk.HostIP
	Network          pb.NetMode
	ShmSize          int64
	Ulimits          []*pb.Ulimit
	Devices          []*pb.CDIDevice
	Resources        *pb.LinuxResources
	GitAdvice        bool
}

// Result is a compiled Dockerfile.
type Result struct {
	State bk.State
	Image *dockerspec.DockerOCIImage // config of the image that State becomes
	Base  *dockerspec.DockerOCIImage // config of its base image; nil when there is none
	Plan  *plan.Plan
	Diags diag.List // warnings

	// Stages are the states of the other stages that an SBOM was asked for.
	Stages map[string]bk.State
	// NoCache tells that a stage of the build must not use the cache.
	NoCache bool

	main *buildContext
}

// Config is the image config as JSON, as exporters take it.
func (r *Result) Config() ([]byte, error) { return json.Marshal(r.Image) }

// Compile takes the text of a Dockerfile to LLB. An error that is the author's is
// a diag.List.
func Compile(ctx context.Context, src *source.File, o Options) (*Result, error) {
	module, diags, err := read(src)
	if err != nil {
		return nil, err
	}
	result, err := CompileModule(ctx, module, o)
	var list diag.List
	if errors.As(err, &list) && len(diags) > 0 {
		return nil, append(diags, list...) // what was found before may be why
	} else if err != nil {
		return nil, err
	}
	result.Diags = append(diags, result.Diags...)
	return result, nil
}

// read takes a text to the module that is compiled.
func read(src *source.File) (*ir.Module, diag.List, error) {
	module, diags, err := ir.Read(src)
	var bad diag.List
	if errors.As(lint.Directive(src), &bad) {
		var all diag.List
		errors.As(err, &all)
		all = append(all, bad...)
		all.Sort()
		return nil, nil, ir.SyntaxError{List: all}
	}
	return module, diags, err
}

// CompileModule takes a module to LLB.
func CompileModule(ctx context.Context, m *ir.Module, o Options) (*Result, error) {
	p, err := Plan(ctx, m, o)
	if err != nil {
		return nil, err
	}
	result, err := Lower(ctx, p, o)
	if err != nil {
		return nil, err
	}
	result.Diags = append(result.Diags, p.Notes...)
	return result, nil
}

// Plan is plan.Make with the images and contexts that the options know.
func Plan(ctx context.Context, m *ir.Module, o Options) (*plan.Plan, error) {
	switch {
	case o.Images != nil:
	case o.Resolver != nil:
		o.Images = images{o.Local, o.Resolver, o.ResolveMode}
	default:
		o.Images = noImages{}
	}
	if c, ok := o.Contexts.(contexts); ok {
		c.local = o.Local
		o.Contexts = c
	}
	return plan.Make(ctx, m, o.Options)
}

// Images finds base images by BuildKit's kind of resolver, and before it by what the
// client has; local may be nil, its error an Unfit.
func Images(r bk.ImageMetaResolver, local func(context.Context, plan.ImageRequest) (plan.ImageInfo, bool, error)) plan.ImageResolver {
	return images{local: local, resolver: r, mode: bk.ResolveModeDefault}
}

// noImages is in the place of a resolver that a program has not set.
type noImages struct{}

func (noImages) ResolveImage(context.Context, plan.ImageRequest) (plan.ImageInfo, error) {
	return plan.ImageInfo{}, errors.New("no registry to ask for it: set Resolver of llb.Options, which is Build.Resolver of a compile.Config, to baseconfig.New(baseconfig.Options{}), say")
}

// images asks BuildKit's kind of resolver.
type images struct {
	local    func(context.Context, plan.ImageRequest) (plan.ImageInfo, bool, error)
	resolver bk.ImageMetaResolver
	mode     bk.ResolveMode
}

func (i images) ResolveImage(ctx context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	var unfit Unfit
	if i.local != nil {
		info, ok, err := i.local(ctx, r)
		if ok || err != nil && !errors.As(err, &unfit) {
			return info, err
		}
	}
	ref, dgst, config, err := i.resolver.ResolveImageConfig(ctx, r.Ref, sourceresolver.Opt{
		LogName:  r.LogName,
		ImageOpt: &sourceresolver.ResolveImageOpt{Platform: &r.Platform, ResolveMode: i.mode.String()},
	})
	if err != nil && unfit.Message != "" && ctx.Err() == nil {
		err = unfit.and(err)
	}
	return plan.ImageInfo{Ref: ref, Digest: dgst, Config: config}, err
}

// Unfit is the error for an image that the client has, but not for the platform, or
// damaged. A registry is asked for it; when that does not have it either, this is why
// the client's does not do.
type Unfit struct{ diag.Diagnostic }

// and is the error when the registry has failed, too.
func (u Unfit) and(registry error) error {
	d := u.Diagnostic
	d.Message += ", and asking its registry for another failed: " + registry.Error()
	return diag.List{d}
}

// buildContext is the main build context. It is made when a step first reads it.
type buildContext struct {
	make  func(context.Context, []string) (bk.State, error)
	paths []string
	state *bk.State
}

func (c *buildContext) get(ctx context.Context) (bk.State, error) {
	if c.state == nil {
		state, err := c.make(ctx, c.paths)
		if err != nil {
			return bk.State{}, err
		}
		c.state = &state
	}
	return *c.state, nil
}

func localContext(_ context.Context, paths []string) (bk.State, error) {
	return *dockerui.DefaultMainContext(follow(paths)...), nil
}

// BuildContext is the main build context of the result, for an SBOM of it.
func (r *Result) BuildContext(ctx context.Context) (bk.State, error) { return r.main.get(ctx) }

// allCaps are all capabilities that this version of BuildKit has.
var allCaps = sync.OnceValue(func() *apicaps.CapSet {
	caps := pb.Caps.CapSet(pb.Caps.All())
	return &caps
})

func normalize(o *Options) {
	if o.Caps == nil {
		o.Caps = allCaps()
	}
	if o.Context == nil {
		o.Context = localContext
	}
}
