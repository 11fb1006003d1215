package dropdead_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/opencontainers/go-digest"

	strake "github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/cases"
)

// baseConfig is that of every base image here.
const baseConfig = `{"os": "linux", "architecture": "amd64", "config": {"Cmd": ["sh"], "Env": ["Z=1", "A=2"], "ExposedPorts": {"1/tcp": {}}}}`

// anyImage is any image.
type anyImage struct{}

func (anyImage) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	return plan.ImageInfo{Ref: r.Ref, Config: []byte(baseConfig)}, nil
}

// compiled is what a build solves, and the config of the image without its history.
func compiled(ctx context.Context, m *ir.Module, o plan.Options) (vertices []digest.Digest, config []byte, err error) {
	o.Images = anyImage{}
	r, err := strake.CompileModule(ctx, m, strake.Options{Options: o,
		Context: func(_ context.Context, paths []string) (llb.State, error) { // which has the paths that the build needs
			return llb.Local("context", llb.LocalUniqueID("x"), llb.FollowPaths(paths)), nil
		}})
	if err != nil {
		return nil, nil, err
	}
	def, err := r.State.Marshal(ctx, llb.LinuxAmd64)
	if err != nil {
		return nil, nil, err
	}
	for _, op := range def.Def {
		vertices = append(vertices, digest.FromBytes(op))
	}
	image := r.Image
	image.History = nil
	config, err = json.Marshal(image)
	return vertices, config, err
}

// TestCorpus holds that what goes from real Dockerfiles changes no vertex of what stays, and
// nothing of the image's config but its history.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	changed, runs, gone := 0, 0, 0
	for _, f := range files {
		m, ok := irtest.Build(f.Name, string(f.Data))
		if !ok || m.HasCustom() {
			continue
		}
		out := run(t, m, "", "", baseConfig)
		if out.Module == m {
			continue
		}
		changed++
		before, config, err := compiled(t.Context(), m, plan.Options{})
		if err != nil {
			if _, _, still := compiled(t.Context(), out.Module, plan.Options{}); still == nil || front(still) != front(err) {
				t.Errorf("%s: it failed with\n%v\nand fails with\n%v", f.Name, err, still)
			}
			continue
		}
		after, made, err := compiled(t.Context(), out.Module, plan.Options{})
		if err != nil {
			t.Errorf("%s does not compile any more: %v", f.Name, err)
			continue
		}
		if !bytes.Equal(config, made) {
			t.Errorf("%s: the config was\n%s\nand is\n%s", f.Name, config, made)
		}
		n := ops(m) - ops(out.Module)
		gone += n
		if k := idle(m, out.Module); k > 0 {
			runs += k
		} else if !slices.Equal(before, after) {
			t.Errorf("%s: other vertices", f.Name)
		}
	}
	t.Logf("%d files change, %d instructions go, %d of them RUNs", changed, gone, runs)
	if changed == 0 {
		t.Error("nothing goes")
	}
}

// front is the first error, without the name that it suggests, which may be one that went.
func front(err error) string {
	text, _, _ := strings.Cut(err.Error(), ";")
	text, _, _ = strings.Cut(text, ", and ")
	return text
}

func ops(m *ir.Module) (n int) {
	n = len(m.Args) + len(m.Stages)
	for _, s := range m.Stages {
		n += len(s.Ops)
	}
	return n
}

// idle are the RUNs that went from stages which are still there.
func idle(before, after *ir.Module) (n int) {
	left := map[*ir.Origin]int{}
	for _, s := range after.Stages {
		left[s.Origin] = runs(s)
	}
	for _, s := range before.Stages {
		if k, there := left[s.Origin]; there {
			n += runs(s) - k
		}
	}
	return n
}

func runs(s *ir.Stage) (n int) {
	for _, op := range s.Ops {
		if _, ok := op.Body.(*ir.Run); ok {
			n++
		}
	}
	return n
}
