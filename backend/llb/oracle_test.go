package llb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/seed-e0495807/strake/lang/cases"
)

const (
	oracleDigest = digest.Digest("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	oracleConfig = `{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]},"history":[{"created_by":"base"}]}`
)

var oracleCaps = pb.Caps.CapSet(pb.Caps.All())

// oracleResolver answers for every image with the config of the case, or the
// default one.
type oracleResolver struct{ images map[string]string }

func (r oracleResolver) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if dt, ok := r.images[ref]; ok {
		return ref, oracleDigest, []byte(dt), nil
	}
	return ref, oracleDigest, []byte(oracleConfig), nil
}

// oracleGateway is the gateway of a build whose local context is empty.
type oracleGateway struct {
	oracleResolver
	opts    map[string]string
	builder ocispecs.Platform
}

func (g *oracleGateway) BuildOpts() client.BuildOpts {
	return client.BuildOpts{
		Opts:    g.opts,
		LLBCaps: pb.Caps.CapSet(pb.Caps.All()),
		Caps:    gwpb.Caps.CapSet(gwpb.Caps.All()),
		Workers: []client.WorkerInfo{{Platforms: []ocispecs.Platform{g.builder}}},
	}
}

func (g *oracleGateway) Solve(context.Context, client.SolveRequest) (*client.Result, error) {
	res := client.NewResult()
	res.SetRef(emptyRef{})
	return res, nil
}

func (g *oracleGateway) ResolveSourceMetadata(context.Context, *pb.SourceOp, sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	return nil, errors.New("no source metadata in the oracle")
}

func (g *oracleGateway) Inputs(context.Context) (map[string]llb.State, error) { return nil, nil }

func (g *oracleGateway) NewContainer(context.Context, client.NewContainerRequest) (client.Container, error) {
	return nil, errors.New("no containers in the oracle")
}

func (g *oracleGateway) Warn(context.Context, digest.Digest, string, client.WarnOpts) error {
	return nil
}

// emptyRef is an empty directory.
type emptyRef struct{}

func (emptyRef) ToState() (llb.State, error)    { return llb.Scratch(), nil }
func (emptyRef) Evaluate(context.Context) error { return nil }
func (emptyRef) ReadFile(context.Context, client.ReadRequest) ([]byte, error) {
	return nil, os.ErrNotExist
}
func (emptyRef) StatFile(context.Context, client.StatRequest) (*fstypes.Stat, error) {
	return nil, os.ErrNotExist
}
func (emptyRef) ReadDir(context.Context, client.ReadDirRequest) ([]*fstypes.Stat, error) {
	return nil, nil
}

func parsePlatform(s string) (ocispecs.Platform, error) {
	p, err := platforms.Parse(s)
	return platforms.Normalize(p), err
}

// oracleConvert runs BuildKit's frontend on a case, to the marshalled LLB.
func oracleConvert(c cases.Case) (_ *dockerfile2llb.Result, _ *llb.Definition, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx := context.Background()
	builder, err := parsePlatform(cmpOr(c.Builder, "linux/amd64"))
	if err != nil {
		return nil, nil, err
	}
	config := dockerui.Config{
		BuildArgs:              maps.Clone(c.BuildArgs),
		CacheIDNamespace:       c.CacheNS,
		CgroupParent:           c.CgroupParent,
		Hostname:               c.Hostname,
		Labels:                 maps.Clone(c.Labels),
		ShmSize:                c.ShmSize,
		Target:                 c.Target,
		BuildPlatforms:         []ocispecs.Platform{builder},
		MultiPlatformRequested: c.MultiPlatform,
		GitAdvice:              c.GitAdvice,
		Devices:                devices(c),
	}
	if c.Pull {
		config.ImageResolveMode = llb.ResolveModeForcePull
	}
	if c.Memory > 0 {
		config.LinuxResources = &pb.LinuxResources{Memory: c.Memory, CpusetCpus: "0"}
	}
	switch c.Network {
	case "host":
		config.NetworkMode = pb.NetMode_HOST
	case "none":
		config.NetworkMode = pb.NetMode_NONE
	}
	for _, host := range slices.Sorted(maps.Keys(c.ExtraHosts)) {
		config.ExtraHosts = append(config.ExtraHosts, llb.HostIP{Host: host, IP: net.ParseIP(c.ExtraHosts[host])})
	}
	for _, u := range c.Ulimits {
		limit, err := parseUlimit(u)
		if err != nil {
			return nil, nil, err
		}
		config.Ulimits = append(config.Ulimits, limit)
	}

	resolver := oracleResolver{images: c.Images}
	opt := dockerfile2llb.ConvertOpt{
		Config:       config,
		SourceMap:    llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", []byte(c.Dockerfile)),
		MetaResolver: resolver,
		LLBCaps:      &oracleCaps,
	}
	if c.Platform != "" {
		p, err := parsePlatform(c.Platform)
		if err != nil {
			return nil, nil, err
		}
		opt.TargetPlatform = &p
	}
	if len(c.Contexts) > 0 || len(c.NoCache) > 0 {
		opts := map[string]string{}
		for name, v := range c.Contexts {
			opts["context:"+name] = v
		}
		for k, v := range c.BuildArgs {
			opts["build-arg:"+k] = v
		}
		if len(c.NoCache) > 0 {
			opts["no-cache"] = strings.Join(c.NoCache, ",")
			if c.NoCache[0] == "*" {
				opts["no-cache"] = ""
			}
		}
		bc, err := dockerui.NewClient(&oracleGateway{oracleResolver: resolver, opts: opts, builder: builder})
		if err != nil {
			return nil, nil, err
		}
		opt.Client = bc
	} else {
		st := llb.Local("context", llb.LocalUniqueID("x"), llb.SharedKeyHint("context"))
		opt.MainContext = &st
	}

	res, err := dockerfile2llb.Dockerfile2LLB(ctx, []byte(c.Dockerfile), opt)
	if err != nil {
		return nil, nil, err
	}
	// The frontend marshals the state at once, and a build fails when it can't.
	def, err := res.State.Marshal(ctx, llb.LocalUniqueID("x"))
	if err != nil {
		return nil, nil, fmt.Errorf("marshal: %w", err)
	}
	if _, err := json.Marshal(res.Image); err != nil {
		return nil, nil, fmt.Errorf("marshal: %w", err)
	}
	return res, def, nil
}

func devices(c cases.Case) (list []*pb.CDIDevice) {
	for _, d := range c.Devices {
		name, optional := strings.CutPrefix(d, "?")
		list = append(list, &pb.CDIDevice{Name: name, Optional: optional})
	}
	return list
}

// parseUlimit reads "name=soft:hard".
func parseUlimit(s string) (*pb.Ulimit, error) {
	name, limits, _ := strings.Cut(s, "=")
	softText, hardText, ok := strings.Cut(limits, ":")
	soft, err := strconv.ParseInt(softText, 10, 64)
	if err != nil {
		return nil, err
	}
	hard := soft
	if ok {
		if hard, err = strconv.ParseInt(hardText, 10, 64); err != nil {
			return nil, err
		}
	}
	return &pb.Ulimit{Name: name, Soft: soft, Hard: hard}, nil
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
