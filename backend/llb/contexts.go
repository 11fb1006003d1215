package llb

import (
	"context"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"

	"github.com/seed-e0495807/strake/ir/plan"
)

// UseClient fills in what a dockerui client knows: the build context, named
// contexts, which stages skip the cache, and what the daemon understands.
func (o *Options) UseClient(c *dockerui.Client) {
	caps := c.BuildOpts().LLBCaps
	o.Caps = &caps
	o.Contexts = contexts{c, o.ResolveMode}
	o.NoCache = c.IsNoCache
	o.Ignore, o.Epoch = c.DockerIgnorePatterns, epochs{c}.time
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
}

func (c contexts) Lookup(r plan.ContextRequest) (func(context.Context) (plan.NamedContext, error), error) {
	nc, err := c.client.NamedContext(r.Name, dockerui.ContextOpt{
		Platform: r.Platform, ResolveMode: c.mode.String(),
		AsyncLocalOpts: func() []bk.LocalOption { return follow(r.Paths()) },
	})
	if err != nil || nc == nil {
		return nil, err
	}
	return func(ctx context.Context) (plan.NamedContext, error) {
		state, img, err := nc.Load(ctx)
		if err != nil || state == nil {
			return plan.NamedContext{}, err
		}
		return plan.NamedContext{Source: *state, Image: img}, nil
	}, nil
}
