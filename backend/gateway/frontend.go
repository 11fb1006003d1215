// Package gateway turns a Dockerfile into a build, given a gateway to a BuildKit
// daemon: what BuildKit calls a frontend. Who carries the gateway is of no matter
// to it: the command line does so through the client's API.
package gateway

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/attestations/sbom"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/result"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
)

// LocalImages finds images that the client has, before a registry is asked.
type LocalImages func(context.Context, plan.ImageRequest) (plan.ImageInfo, bool, error)

// Options of a build, besides those that the gateway has.
type Options struct {
	// Compiled is told of the result for each platform, perhaps at the same time.
	Compiled func(*llb.Result)
	// Requested is not nil when the provenance is to tell what was asked for. It is called
	// before the daemon's own frontend is asked, which finds what Linted is told, too.
	Requested func()
	// Linted is told what the build checks found, also when there is no result, and Warned the
	// warnings of the compiler.
	Linted func([]lint.Finding)
	Warned func(diag.List)
	// Solved may look at the result for a platform, before anything is made of it; an
	// error of it ends the build. It is called for several at the same time.
	Solved func(context.Context, client.Client, client.Reference) error
}

// Build compiles a source that was opened with the gateway, and its snapshot by Open, for each
// platform that was asked for, and has the daemon solve it. An error that is the author's is a
// diag.List, whose spans are in the files of the snapshot.
func Build(ctx context.Context, c client.Client, src *input.Source, s *compile.Snapshot, o Options) (*client.Result, error) {
	if res, ok, err := foreign(ctx, c, src); ok {
		return res, err
	}
	b := &build{gateway: c, src: src, opt: o, results: map[string]*llb.Result{}}
	scan, err := b.scanner(ctx)
	if err != nil {
		return nil, err
	}
	found, err := src.Client.Build(ctx, func(one context.Context, platform *ocispecs.Platform, i int) (*dockerui.BuildResult, error) {
		at := s.Platforms()[i]
		r, err := s.LLB(one, at)
		if i == 0 && o.Linted != nil { // what is found is the same for each platform
			found, _ := s.Checks(ctx, at) // also when another platform has failed, which ends this one's context
			o.Linted(found)
		}
		if err != nil {
			return nil, err
		}
		return b.platform(one, platform, i, r)
	})
	if err != nil {
		return nil, err
	}
	if scan != nil {
		if err := b.attest(ctx, found, scan); err != nil {
			return nil, err
		}
	}
	return found.Finalize()
}

type build struct {
	gateway client.Client
	src     *input.Source
	opt     Options

	mu      sync.Mutex
	results map[string]*llb.Result // by platform
}

// platform solves what was compiled for one platform.
func (b *build) platform(ctx context.Context, platform *ocispecs.Platform, i int, r *llb.Result) (*dockerui.BuildResult, error) {
	if b.opt.Compiled != nil {
		b.opt.Compiled(r)
	}
	if i == 0 && b.opt.Warned != nil {
		b.opt.Warned(slices.DeleteFunc(slices.Clone(r.Diags), compile.Checked))
	}
	b.mu.Lock()
	b.results[platformID(platform)] = r
	b.mu.Unlock()
	var ref client.Reference
	if b.opt.Requested != nil {
		ref = b.requested(ctx, r.State, platform)
	}
	if ref == nil {
		var err error
		if ref, err = b.solve(ctx, r.State, b.src.Client.CacheImports); err != nil {
			return nil, err
		}
	}
	if b.opt.Solved != nil {
		if err := b.opt.Solved(ctx, b.gateway, ref); err != nil {
			return nil, err
		}
	}
	return &dockerui.BuildResult{Reference: ref, Image: r.Image, BaseImage: r.Base, Epoch: r.Plan.Epoch}, nil
}

func platformID(p *ocispecs.Platform) string {
	if p == nil {
		return platforms.FormatAll(platforms.Normalize(platforms.DefaultSpec()))
	}
	return platforms.FormatAll(platforms.Normalize(*p))
}

func (b *build) solve(ctx context.Context, state bk.State, imports []client.CacheOptionsEntry) (client.Reference, error) {
	return solve(ctx, b.gateway, state, imports)
}

func solve(ctx context.Context, c client.Client, state bk.State, imports []client.CacheOptionsEntry) (client.Reference, error) {
	def, err := state.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	res, err := c.Solve(ctx, client.SolveRequest{Definition: def.ToPB(), CacheImports: imports})
	if err != nil {
		return nil, err
	}
	return res.SingleRef()
}

// scanner makes what scans results for an SBOM; nil when none was asked for.
func (b *build) scanner(ctx context.Context) (sbom.Scanner, error) {
	c := b.src.Client
	if c.SBOM == nil {
		return nil, nil
	}
	platform := c.BuildPlatforms[0]
	scan, err := sbom.CreateSBOMScanner(ctx, b.gateway, c.SBOM.Generator, platform, sourceresolver.Opt{
		ImageOpt: &sourceresolver.ResolveImageOpt{ResolveMode: c.ImageResolveMode.String(), Platform: &platform},
	}, c.SBOM.Parameters)
	if err != nil {
		return nil, diag.Diagnostic{
			Code: "no-sbom-scanner", Message: fmt.Sprintf("cannot use the SBOM scanner %s: %v", c.SBOM.Generator, err),
			Hint: "name another one with --sbom generator=IMAGE, or drop --sbom",
		}
	}
	return scan, nil
}

// attest scans the result of each platform.
func (b *build) attest(ctx context.Context, found *dockerui.ResultBuilder, scan sbom.Scanner) error {
	return found.EachPlatform(ctx, func(ctx context.Context, id string, _ ocispecs.Platform) error {
		r := b.results[id]
		if r == nil {
			return fmt.Errorf("there is no result for %s to scan", id)
		}
		extras, err := scanned(ctx, r)
		if err != nil {
			return err
		}
		var opts []bk.ConstraintsOpt
		if r.NoCache {
			opts = append(opts, bk.IgnoreCache)
		}
		att, err := scan(ctx, id, r.State, extras, opts...)
		if err != nil {
			return err
		}
		solved, err := result.ConvertAttestation(&att, func(st *bk.State) (client.Reference, error) {
			return b.solve(ctx, *st, nil)
		})
		if err != nil {
			return err
		}
		found.AddAttestation(id, *solved)
		return nil
	})
}

// scanned are the states that are scanned besides the result.
func scanned(ctx context.Context, r *llb.Result) (map[string]bk.State, error) {
	extras := map[string]bk.State{}
	for name, state := range r.Stages {
		extras[name] = state
	}
	if r.Plan.ScanContext {
		state, err := r.BuildContext(ctx)
		if err != nil {
			return nil, err
		}
		extras["context"] = state
	}
	return extras, nil
}
