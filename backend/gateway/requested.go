package gateway

import (
	"bytes"
	"context"
	"maps"

	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// builtin is the name of the Dockerfile frontend inside the daemon.
const builtin = "dockerfile.v0"

// requested gives the result of a state in a way that the daemon's provenance tells what
// was asked for: the options, the revision of the context, the Dockerfile. The daemon
// writes that down for its own frontends only (getRefProvenance in its
// solver/llbsolver/provenance.go), so its own is asked to compile the same request, and
// where it comes to the same vertices, to the last bit, the result is the one that the
// request leads to. Nil when it does not: a plugin has changed the Dockerfile, a base
// image is of this machine, or the daemon is of another age. Then nobody can tell that
// the request leads there.
func (b *build) requested(ctx context.Context, state bk.State, platform *ocispecs.Platform) client.Reference {
	b.opt.Requested()
	opts := maps.Clone(b.gateway.BuildOpts().Opts)
	if platform != nil {
		opts["platform"] = platforms.FormatAll(*platform)
	}
	if cmdline, ok := opts["build-arg:BUILDKIT_SYNTAX"]; ok {
		opts["cmdline"] = cmdline
	} else if cmdline, ok := syntax(b.src.Text); ok {
		opts["cmdline"] = cmdline // or it would fetch the image of that frontend
	}
	inputs, err := inputs(ctx, b.gateway, b.src)
	if err != nil {
		return nil
	}
	res, err := b.gateway.Solve(ctx, client.SolveRequest{Frontend: builtin, FrontendOpt: opts, FrontendInputs: inputs})
	if err != nil {
		return nil
	}
	ref := res.Ref
	for _, r := range res.Refs {
		ref = r // the one platform
	}
	if ref == nil || len(res.Refs) > 1 {
		return nil
	}
	theirs, err := ref.ToState()
	if err != nil || !sameVertices(ctx, theirs, state) {
		return nil
	}
	return ref
}

// sameVertices compares the last vertices, which have the digests of all others.
func sameVertices(ctx context.Context, a, b bk.State) bool {
	last := func(s bk.State) []byte {
		def, err := s.Marshal(ctx)
		if err != nil || len(def.Def) == 0 {
			return nil
		}
		return def.Def[len(def.Def)-1]
	}
	x, y := last(a), last(b)
	return x != nil && bytes.Equal(x, y)
}
