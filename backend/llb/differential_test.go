package llb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/protobuf/proto"

	strake "github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

// options are those of a case, as oracleConvert gives them to BuildKit.
func options(c cases.Case) (strake.Options, error) {
	builder, err := parsePlatform(cmpOr(c.Builder, "linux/amd64"))
	if err != nil {
		return strake.Options{}, err
	}
	resolver := oracleResolver{images: c.Images}
	o := strake.Options{Resolver: resolver, CacheIDNamespace: c.CacheNS, CgroupParent: c.CgroupParent, Hostname: c.Hostname, ShmSize: c.ShmSize}
	o.BuildArgs, o.Labels, o.Target = c.BuildArgs, c.Labels, c.Target
	o.BuildPlatforms, o.MultiPlatform = []ocispecs.Platform{builder}, c.MultiPlatform
	o.Network = map[string]pb.NetMode{"host": pb.NetMode_HOST, "none": pb.NetMode_NONE}[c.Network]
	o.GitAdvice, o.Devices = c.GitAdvice, devices(c)
	if c.Pull {
		o.ResolveMode = llb.ResolveModeForcePull
	}
	if c.Memory > 0 {
		o.Resources = &pb.LinuxResources{Memory: c.Memory, CpusetCpus: "0"}
	}
	for _, host := range slices.Sorted(maps.Keys(c.ExtraHosts)) {
		o.ExtraHosts = append(o.ExtraHosts, llb.HostIP{Host: host, IP: net.ParseIP(c.ExtraHosts[host])})
	}
	for _, u := range c.Ulimits {
		limit, err := parseUlimit(u)
		if err != nil {
			return o, err
		}
		o.Ulimits = append(o.Ulimits, limit)
	}
	if c.Platform != "" {
		p, err := parsePlatform(c.Platform)
		if err != nil {
			return o, err
		}
		o.Platform = &p
	}
	return o, useContext(c, &o, resolver, builder)
}

func useContext(c cases.Case, o *strake.Options, resolver oracleResolver, builder ocispecs.Platform) error {
	if len(c.Contexts)+len(c.NoCache) == 0 {
		o.Context = func(context.Context, []string) (llb.State, error) {
			return llb.Local("context", llb.LocalUniqueID("x"), llb.SharedKeyHint("context")), nil
		}
		return nil
	}
	opts := map[string]string{}
	for name, v := range c.Contexts {
		opts["context:"+name] = v
	}
	for k, v := range c.BuildArgs {
		opts["build-arg:"+k] = v
	}
	if len(c.NoCache) > 0 {
		opts["no-cache"] = strings.TrimPrefix(strings.Join(c.NoCache, ","), "*")
	}
	client, err := dockerui.NewClient(&oracleGateway{oracleResolver: resolver, opts: opts, builder: builder})
	if err != nil {
		return err
	}
	o.UseClient(client)
	return nil
}

// compile is our side of oracleConvert.
func compile(c cases.Case) (*strake.Result, *llb.Definition, error) {
	o, err := options(c)
	if err != nil {
		return nil, nil, err
	}
	r, err := strake.Compile(context.Background(), source.NewFile("Dockerfile", c.Dockerfile), o)
	if err != nil {
		return nil, nil, err
	}
	def, err := r.State.Marshal(context.Background(), llb.LocalUniqueID("x"))
	return r, def, err
}

// difference compares all that a build gets: vertices and their order, metadata,
// source maps and the image config. "" is no difference.
func difference(c cases.Case) (diff string, rejected bool) {
	want, wantDef, wantErr := oracleConvert(c)
	got, gotDef, err := compile(c)
	if (err != nil) != (wantErr != nil) {
		return fmt.Sprintf("BuildKit says %v, we say %v", wantErr, err), wantErr != nil
	}
	if err != nil {
		return "", true
	}
	if d := diffDefinition(wantDef, gotDef); d != "" {
		return d, false
	}
	wantConfig, _ := json.Marshal(want.Image)
	config, err := got.Config()
	if err != nil || !bytes.Equal(config, wantConfig) {
		return fmt.Sprintf("config: %v\nwant %s\ngot  %s", err, wantConfig, config), false
	}
	return "", false
}

func diffDefinition(want, got *llb.Definition) string {
	for i := range max(len(want.Def), len(got.Def)) {
		switch {
		case i >= len(got.Def):
			return fmt.Sprintf("vertex %d is missing: %s", i, vertex(want.Def[i]))
		case i >= len(want.Def):
			return fmt.Sprintf("vertex %d is too many: %s", i, vertex(got.Def[i]))
		case !bytes.Equal(want.Def[i], got.Def[i]):
			return fmt.Sprintf("vertex %d\nwant %s\ngot  %s", i, vertex(want.Def[i]), vertex(got.Def[i]))
		}
	}
	for d, md := range want.Metadata {
		w, g := md.ToPB(), got.Metadata[d].ToPB()
		for _, m := range []*pb.OpMetadata{w, g} {
			if m.ProgressGroup != nil {
				m.ProgressGroup = m.ProgressGroup.CloneVT()
				m.ProgressGroup.Id = "" // random
			}
		}
		if !proto.Equal(w, g) {
			return fmt.Sprintf("metadata of %s\nwant %s\ngot  %s", d, w, g)
		}
	}
	if !proto.Equal(want.Source, got.Source) {
		return fmt.Sprintf("source map\nwant %s\ngot  %s", want.Source.Locations, got.Source.Locations)
	}
	return ""
}

func vertex(dt []byte) string {
	var op pb.Op
	if err := op.UnmarshalVT(dt); err != nil {
		return err.Error()
	}
	return op.String()
}

func TestCases(t *testing.T) {
	for _, c := range cases.All() {
		t.Run(c.Name, func(t *testing.T) {
			if c.Accept != "" {
				if _, _, err := compile(c); err != nil {
					t.Errorf("we accept this, because %s: %v", c.Accept, err)
				}
				return
			}
			diff, rejected := difference(c)
			if diff != "" {
				t.Errorf("%s\n%s", diff, c.Dockerfile)
			}
			if rejected != c.Reject {
				t.Errorf("the table says Reject: %v", c.Reject)
			}
		})
	}
}

func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	converted := 0
	for _, f := range files {
		diff, rejected := difference(cases.Case{Dockerfile: string(f.Data)})
		if diff != "" {
			t.Errorf("%s: %s", f.Name, diff)
		}
		if !rejected {
			converted++
		}
	}
	t.Logf("%d files, %d compiled with no difference", len(files), converted)
}

// TestSteady holds that the same input gives the same output, whatever order maps
// are walked in.
func TestSteady(t *testing.T) {
	output := func(c cases.Case) string {
		r, def, err := compile(c)
		if err != nil {
			return err.Error()
		}
		config, _ := r.Config()
		dt, err := proto.MarshalOptions{Deterministic: true}.Marshal(def.ToPB())
		if err != nil {
			t.Fatal(err)
		}
		return string(config) + string(dt)
	}
	for _, c := range cases.All() {
		first := output(c)
		for range 3 {
			if output(c) != first {
				t.Errorf("%s: two runs differ", c.Name)
				break
			}
		}
	}
}
