package llb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/ir/plan"
)

// UseClient fills in what a dockerui client knows: the build context, named
// contexts, which stages skip the cache, and what the daemon understands.
func (o *Options) UseClient(c *dockerui.Client) {
	caps := c.BuildOpts().LLBCaps
	o.Caps = &caps
	o.Contexts = contexts{client: c, mode: o.ResolveMode}
	o.NoCache = c.IsNoCache
	o.Epoch = epochs{c}.time
	o.Context = func(ctx context.Context, paths []string) (bk.State, error) {
		state, err := c.MainContext(ctx, follow(paths)...)
		if err != nil {
			return bk.State{}, err
		}
		return *state, nil
	}
}

func follow(paths []string) []bk.LocalOption {
	if len(paths) == 0 {
		return nil
	}
	return []bk.LocalOption{bk.FollowPaths(paths)}
}

// contexts looks named contexts up in the options of a build.
type contexts struct {
	client *dockerui.Client
	mode   bk.ResolveMode
	local  func(context.Context, plan.ImageRequest) (plan.ImageInfo, bool, error) // see Options.Local
}

func (c contexts) Lookup(r plan.ContextRequest) (func(context.Context) (plan.NamedContext, error), error) {
	nc, err := c.client.NamedContext(r.Name, dockerui.ContextOpt{
		Platform: r.Platform, ResolveMode: c.mode.String(),
		AsyncLocalOpts: func() []bk.LocalOption { return follow(r.Paths()) },
	})
	if err != nil || nc == nil {
		return nil, err
	}
	here := c.here(r)
	return func(ctx context.Context) (plan.NamedContext, error) {
		found, ok, unfit, err := here.find(ctx, c.local)
		if ok || err != nil {
			return found, err
		}
		state, img, err := nc.Load(ctx)
		if err != nil && unfit.Message != "" && ctx.Err() == nil {
			err = unfit.and(err)
		}
		if err != nil || state == nil {
			return plan.NamedContext{}, err
		}
		return plan.NamedContext{Source: *state, Image: img}, nil
	}, nil
}

// contextImage is an image that a named context stands for; its reference is "" when the
// context is something else.
type contextImage struct {
	request  plan.ImageRequest
	name     string // of its vertex
	familiar string // as the user names it
	platform *ocispecs.Platform
	session  string
}

// here finds the image of a docker-image:// context among the options, by the two names
// that BuildKit's library tries.
func (c contexts) here(r plan.ContextRequest) (out contextImage) {
	named, err := reference.ParseNormalizedNamed(r.Name)
	if err != nil {
		return out
	}
	build := c.client.BuildOpts()
	platform := platforms.Normalize(platforms.DefaultSpec())
	if r.Platform != nil {
		platform = platforms.Normalize(*r.Platform)
	}
	name := strings.TrimSuffix(reference.FamiliarString(named), ":latest")
	full := name + "::" + platforms.FormatAll(platform)
	value, ok := build.Opts["context:"+full]
	if !ok {
		full, value = name, build.Opts["context:"+name]
	}
	text, ok := strings.CutPrefix(value, "docker-image:")
	text = strings.TrimPrefix(text, "//")
	image, err := reference.ParseNormalizedNamed(text)
	if !ok || err != nil || text == dockerui.EmptyImageName {
		return out
	}
	return contextImage{name: "[context " + full + "] " + text, platform: r.Platform, familiar: reference.FamiliarString(image), session: build.SessionID, request: plan.ImageRequest{
		Ref: reference.TagNameOnly(image).String(), Platform: platform, LogName: "[context " + full + "] load metadata for " + text}}
}

// find looks for the image where base images are looked for first, as a FROM of it does.
func (i contextImage) find(ctx context.Context, local func(context.Context, plan.ImageRequest) (plan.ImageInfo, bool, error)) (out plan.NamedContext, ok bool, unfit Unfit, err error) {
	if local == nil || i.request.Ref == "" {
		return out, false, unfit, nil
	}
	info, ok, err := local(ctx, i.request)
	if errors.As(err, &unfit) {
		return out, false, unfit, nil
	} else if err != nil || !ok {
		return out, false, unfit, err
	}
	state, img, err := i.state(info)
	out = plan.NamedContext{Source: state, Image: img}
	if info.Note != "" {
		out.Origin = i.familiar + " " + info.Note
	}
	return out, err == nil, unfit, err
}

func (i contextImage) state(info plan.ImageInfo) (bk.State, *dockerspec.DockerOCIImage, error) {
	var img dockerspec.DockerOCIImage
	if err := json.Unmarshal(info.Config, &img); err != nil {
		return bk.State{}, nil, fmt.Errorf("failed to parse image config: %w", err)
	}
	img.Created = nil
	ref, err := reference.ParseNormalizedNamed(info.Ref)
	if err == nil && info.Digest != "" {
		ref, err = reference.WithDigest(ref, info.Digest)
	}
	if err != nil {
		return bk.State{}, nil, err
	}
	var state bk.State
	if info.Store != "" {
		options := []bk.OCILayoutOption{bk.WithCustomName(i.name), bk.OCIStore(i.session, info.Store)}
		if i.platform != nil {
			options = append(options, bk.Platform(*i.platform))
		}
		state = bk.OCILayout(ref.String(), options...)
	} else {
		options := []bk.ImageOption{bk.WithCustomName(i.name)}
		if i.platform != nil {
			options = append(options, bk.Platform(*i.platform))
		}
		state = bk.Image(ref.String(), options...)
	}
	state, err = state.WithImageConfig(info.Config)
	return state, &img, err
}
