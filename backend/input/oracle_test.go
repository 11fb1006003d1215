package input

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/lang/source"
)

// images knows one config for every image.
type images struct{}

func (images) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, digest.FromString(ref), []byte(`{"architecture":"amd64","os":"linux","config":{"Env":["A=1"]},"rootfs":{"type":"layers","diff_ids":["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]}}`), nil
}

// frontend is what BuildKit's does with a gateway, up to the definitions that it
// would solve. The real one cannot be called: it caches images with a data race.
func frontend(ctx context.Context, g *gateway) ([]*pb.Definition, error) {
	bc, err := dockerui.NewClient(g)
	if err != nil {
		return nil, err
	}
	src, err := bc.ReadEntrypoint(ctx, "Dockerfile")
	if err != nil {
		return nil, err
	}
	var (
		mu   sync.Mutex
		defs []*pb.Definition
	)
	_, err = bc.Build(ctx, func(ctx context.Context, platform *ocispecs.Platform, _ int) (*dockerui.BuildResult, error) {
		opt := dockerfile2llb.ConvertOpt{Config: bc.Config, Client: bc, SourceMap: src.SourceMap, MetaResolver: g, TargetPlatform: platform}
		opt.BuildArgs = maps.Clone(opt.BuildArgs)
		res, err := dockerfile2llb.Dockerfile2LLB(ctx, src.Data, opt)
		if err != nil {
			return nil, err
		}
		def, err := res.State.Marshal(ctx)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		defs = append(defs, def.ToPB())
		return &dockerui.BuildResult{Reference: reference{memory{}}, Image: res.Image}, nil
	})
	return defs, err
}

// canonical writes vertices, with positions in place of digests and without the
// random ids of local sources, and where in which file they come from.
func canonical(t *testing.T, def *pb.Definition) string {
	t.Helper()
	index := map[string]string{}
	var b strings.Builder
	for i, dt := range def.Def {
		var op pb.Op
		if err := op.UnmarshalVT(dt); err != nil {
			t.Fatal(err)
		}
		dgst := digest.FromBytes(dt).String()
		index[dgst] = fmt.Sprint(i)
		for _, in := range op.Inputs {
			in.Digest = index[in.Digest]
		}
		delete(op.GetSource().GetAttrs(), pb.AttrLocalUniqueID)
		text, err := json.Marshal([]any{&op, def.Metadata[dgst], def.Source.Locations[dgst]})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	for _, info := range def.Source.Infos {
		fmt.Fprintf(&b, "%s (%s): %q\n", info.Filename, info.Language, info.Data)
	}
	return b.String()
}

// TestAgreesWithBuildKit gives the same request to BuildKit's frontend, with
// this package in place of the daemon, and compares what is built.
func TestAgreesWithBuildKit(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Dockerfile":                 "ARG B=x\nFROM alpine AS one\nARG B\nRUN --mount=type=cache,target=/c echo $B\nCOPY a b\nFROM one AS two\nCOPY --from=docs x y\nRUN two\n",
		".dockerignore":              "ignored\n# c\n!x\n",
		"sub/Other":                  "FROM alpine\nADD . /\nRUN x\n",
		"sub/Other.dockerignore":     "other\n",
		"docs/.dockerignore":         "*.tmp\n",
		"docs/x":                     "",
		"lower/dockerfile":           "FROM alpine\nRUN lower\n",
		"lower/.dockerignore":        "",
		"url/Dockerfile":             "FROM alpine\nADD https://example.com/a.git#v1 /g\nRUN x\n",
		"epoch/Dockerfile":           "FROM alpine\nWORKDIR /x\nRUN x\n",
		"context/Dockerfile":         "FROM base\nCOPY --from=context a b\nRUN x\n",
		"context/data/.dockerignore": "deep\n",
	} {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o777)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	docs := map[string]string{"docs": "docs"}
	for name, r := range map[string]Request{
		"plain":        {Path: ".", Contexts: docs},
		"file":         {Path: "Dockerfile", Contexts: docs},
		"other":        {Path: ".", File: "sub/Other"},
		"lower":        {Path: "lower"},
		"stdin":        {Path: "-"},
		"stdin-dir":    {Path: ".", File: "-"},
		"target":       {Path: ".", Options: map[string]string{"target": "one"}},
		"args":         {Path: ".", Contexts: docs, Options: map[string]string{"build-arg:B": "y", "build-arg:HTTP_PROXY": "p", "label:a": "b"}},
		"builtin-args": {Path: ".", Contexts: docs, Options: map[string]string{"build-arg:BUILDKIT_CACHE_MOUNT_NS": "n", "build-arg:BUILDKIT_SANDBOX_HOSTNAME": "h", "build-arg:BUILDKIT_MULTI_PLATFORM": "1"}},
		"git-advice":   {Path: "url", Options: map[string]string{"build-arg:BUILDKIT_GIT_ADVICE": "true"}},
		"epoch":        {Path: "epoch", Options: map[string]string{"build-arg:SOURCE_DATE_EPOCH": "7"}},
		"limits":       {Path: ".", Contexts: docs, Options: map[string]string{"add-hosts": "a=10.0.0.1", "shm-size": "64", "ulimit": "nofile=1:2", "cgroup-parent": "p", "force-network-mode": "host", "memory": "1000"}},
		"no-cache":     {Path: ".", Contexts: docs, Options: map[string]string{"no-cache": ""}},
		"no-cache-one": {Path: ".", Contexts: docs, Options: map[string]string{"no-cache": "two"}},
		"pull":         {Path: ".", Contexts: docs, Options: map[string]string{"image-resolve-mode": "pull"}},
		"platform":     {Path: ".", Contexts: docs, Options: map[string]string{"platform": "linux/arm64"}},
		"platforms":    {Path: ".", Contexts: docs, Options: map[string]string{"platform": "linux/arm64,linux/amd64"}},
		"contexts":     {Path: "context", Contexts: map[string]string{"context": "context/data", "base": "docker-image://busybox"}},
		"context-git":  {Path: ".", Contexts: map[string]string{"docs": "https://example.com/x.git#main:d", "alpine": "docker-image://other:1"}},
	} {
		t.Run(name, func(t *testing.T) { agree(t, r) })
	}
}

func agree(t *testing.T, r Request) {
	ctx := context.Background()
	stdin := func() io.Reader { return strings.NewReader("FROM alpine\nCOPY a b\nRUN --network=none x\n") }
	r.Stdin = stdin()
	in, err := Find(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	defs, err := frontend(ctx, &gateway{input: in, images: images{}})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, def := range defs {
		want = append(want, canonical(t, def))
	}
	if len(want) == 0 {
		t.Fatal("BuildKit built nothing")
	}
	r.Stdin = stdin()
	if in, err = Find(ctx, r); err != nil {
		t.Fatal(err)
	}
	src, err := in.Open(ctx, images{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range max(1, len(src.Client.TargetPlatforms)) {
		o := src.LLB()
		if i < len(src.Client.TargetPlatforms) {
			o.Platform = &src.Client.TargetPlatforms[i]
		}
		o.Resolver = images{}
		res, err := llb.Compile(ctx, source.NewFile(src.Name, src.Text), o)
		if err != nil {
			t.Fatal(err)
		}
		def, err := res.State.Marshal(ctx, bk.LocalUniqueID("x"))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, canonical(t, def.ToPB()))
	}
	slices.Sort(want) // the frontend builds platforms at once
	slices.Sort(got)
	if a, b := strings.Join(got, "\n"), strings.Join(want, "\n"); a != b {
		t.Errorf("got:\n%s\nwant:\n%s", a, b)
	}
}
