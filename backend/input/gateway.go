package input

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// gateway answers in place of a daemon.
type gateway struct {
	input  *Input
	images bk.ImageMetaResolver
}

var _ client.Client = (*gateway)(nil)

// BuildOpts has no session: whoever solves the definition brings one.
func (g *gateway) BuildOpts() client.BuildOpts {
	return client.BuildOpts{
		Opts:    g.input.Options,
		LLBCaps: pb.Caps.CapSet(pb.Caps.All()),
		Caps:    gwpb.Caps.CapSet(gwpb.Caps.All()),
		Workers: []client.WorkerInfo{{Platforms: []ocispecs.Platform{builder()}}},
	}
}

// overlay is a daemon in front of which local files are read here.
type overlay struct {
	client.Client
	input *Input
}

func (o *overlay) Solve(ctx context.Context, req client.SolveRequest) (*client.Result, error) {
	if req.Definition != nil {
		id, _, err := sourceOf(req.Definition)
		name, local := strings.CutPrefix(id, "local://")
		if files, ok := o.input.trees[name]; err == nil && local && ok {
			res := client.NewResult()
			res.SetRef(reference{files})
			return res, nil
		}
	}
	return o.Client.Solve(ctx, req)
}

// builder is the platform of the builder that a user of this machine has: where
// docker runs Linux in a virtual machine, that.
func builder() ocispecs.Platform {
	p := platforms.DefaultSpec()
	if runtime.GOOS != "windows" {
		p.OS, p.OSVersion, p.OSFeatures = "linux", "", nil
	}
	return platforms.Normalize(p)
}

// Solve gives the files of a source.
func (g *gateway) Solve(_ context.Context, req client.SolveRequest) (*client.Result, error) {
	id, unpack, err := sourceOf(req.Definition)
	if err != nil {
		return nil, err
	}
	files, err := g.files(id, unpack)
	if err != nil {
		return nil, err
	}
	res := client.NewResult()
	res.SetRef(reference{files})
	return res, nil
}

// files are what a source holds. A local source that nobody gave is empty: that
// of a Dockerfile from standard input without a context.
func (g *gateway) files(id string, unpack bool) (tree, error) {
	if name, ok := strings.CutPrefix(id, "local://"); ok {
		if files, ok := g.input.trees[name]; ok {
			return files, nil
		}
		return memory{}, nil
	}
	if g.input.fetch == nil {
		return nil, fmt.Errorf("reading %s needs a BuildKit daemon", id)
	}
	got, err := g.input.fetch()
	if err != nil {
		return nil, err
	}
	if unpack {
		return got.unpacked, nil
	}
	return got.raw, nil
}

// sourceOf finds the only source of a definition, and whether it is unpacked.
func sourceOf(def *pb.Definition) (id string, unpack bool, err error) {
	for _, dt := range def.GetDef() {
		var op pb.Op
		if err := op.UnmarshalVT(dt); err != nil {
			return "", false, err
		}
		switch op := op.Op.(type) {
		case *pb.Op_Source:
			id = op.Source.Identifier
		case *pb.Op_File:
			unpack = true
		}
	}
	if id == "" {
		return "", false, errors.New("running a build needs a BuildKit daemon")
	}
	return id, unpack, nil
}

func (g *gateway) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if opt.OCILayoutOpt != nil {
		return g.fromLayout(ctx, ref, opt.OCILayoutOpt)
	}
	return g.images.ResolveImageConfig(ctx, ref, opt)
}

func (g *gateway) ResolveSourceMetadata(_ context.Context, op *pb.SourceOp, _ sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	return nil, fmt.Errorf("the metadata of %s needs a BuildKit daemon", op.GetIdentifier())
}

func (g *gateway) Inputs(context.Context) (map[string]bk.State, error) { return nil, nil }

func (g *gateway) NewContainer(context.Context, client.NewContainerRequest) (client.Container, error) {
	return nil, errors.New("running a container needs a BuildKit daemon")
}

func (g *gateway) Warn(context.Context, digest.Digest, string, client.WarnOpts) error { return nil }
