package optimize_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin"
)

// hasty is a pass as somebody in a hurry would write it: it takes out RUNs that take long.
type hasty struct{}

func (hasty) Info() plugins.Info {
	return plugins.Info{Name: "hasty", Version: "1.0.0", Summary: "takes out what takes long", Phases: []plugins.Phase{plugins.Rewrite}}
}

func (hasty) Run(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	out := c.Module.Copy()
	for _, s := range out.Stages {
		s.Ops = slices.DeleteFunc(s.Ops, func(op *ir.Op) bool {
			run, ok := op.Body.(*ir.Run)
			return ok && strings.Contains(ir.Format(run, '\\'), "sleep")
		})
	}
	return &plugins.Result{Module: out}, nil
}

// merging is a project whose two RUNs may be one, behind one that takes long.
const merging = `FROM busybox
RUN sleep 3 && echo needed >/needed
COPY . /app
RUN dd if=/dev/urandom of=/tmp/a bs=1M count=4
RUN rm /tmp/a
`

// project is a request for a Dockerfile with a file beside it, on an engine of its own.
func project(t *testing.T, text string) build.Request {
	t.Helper()
	daemon := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox))
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	for name, data := range map[string]string{"Dockerfile": text, "a": "1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	env := func(string) (string, bool) { return "", false }
	found, err := engine.Find(t.Context(), engine.Options{Addr: daemon.Addr, Dir: t.TempDir(), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { found.Close() })
	images, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in, err := input.Find(t.Context(), input.Request{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	return build.Request{Input: in, Engine: found, Images: images, Env: env}
}

// TestWrongPass has a pass that makes all faster and the image smaller, and another one. It is
// found, named, and what was kept beside it stays.
func TestWrongPass(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for a minute")
	}
	request := project(t, merging)
	builtins := builtin.All()
	builtins["hasty"] = func() plugins.Plugin { return hasty{} }
	r, err := optimize.Run(t.Context(), optimize.Options{
		Request:  request,
		Builtins: builtins, Commits: 1, Whole: true,
		Passes: func(map[string]float64) ([]optimize.Pass, error) {
			return []optimize.Pass{{Name: "hasty"}, {Name: "merge-run"}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.Text(&text); err != nil {
		t.Fatal(err)
	}
	t.Log(text.String())
	for i, want := range []optimize.Result{optimize.Wrong, optimize.Kept} {
		if r.Passes[i].Result != want {
			t.Errorf("%s: %s, %s; want %s", r.Passes[i].Pass.Name, r.Passes[i].Result, r.Passes[i].Why, want)
		}
	}
	if !strings.Contains(r.Passes[0].Why, "/needed") {
		t.Errorf("it is wrong, as %q", r.Passes[0].Why)
	}
	if r.Proof == nil || r.Proof.Answer == validate.NotEqual || len(r.Row) != 1 || !strings.Contains(r.New, "sleep 3") {
		t.Errorf("what is left: proof %v, row %v\n%s", r.Proof, r.Row, r.New)
	}
	if r.After == nil || r.After.Size >= r.Before.Size-(3<<20) {
		t.Errorf("sizes: %+v, %+v", r.Before, r.After)
	}
	traced(t, r)
	if !r.Made || r.Why == "" {
		t.Errorf("edits %q, as %q: there are no commits", r.Edits, r.Why)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
}

// traced holds what the steps of merging did: all ran without a cache, and what stands in front of
// the copy was not done again.
func traced(t *testing.T, r *optimize.Report) {
	t.Helper()
	if len(r.Before.Traces) != 2 || r.Before.Traces[0] == nil || r.Before.Traces[1] == nil {
		t.Fatalf("traces of %d builds, want 2", len(r.Before.Traces))
	}
	cold, edit := r.Before.Traces[0], r.Before.Traces[1]
	seen := map[int]bool{}
	for i, v := range cold.Graph {
		a, b := cold.Times[i], edit.Times[i]
		t.Logf("%d %+v: %+v, then %+v", i, v, a, b)
		seen[v.Line] = true
		for _, in := range v.Inputs {
			if in.Vertex >= i {
				t.Errorf("step %d stands in front of step %d, which it reads", i, in.Vertex)
			}
		}
		if v.Kind != "source" && (!a.Ran || a.Took < 0 || a.Took > r.Before.Cold) {
			t.Errorf("%s took %v of %v without a cache", v.Text, a.Took, r.Before.Cold)
		}
		switch v.Line {
		case 2:
			if a.Took < 3*time.Second || !b.Cached || b.Ran {
				t.Errorf("a sleep of 3 seconds took %v, and then %+v", a.Took, b)
			}
		case 4:
			if !b.Ran || b.Cached || b.Took <= 0 {
				t.Errorf("behind the edit: %+v", b)
			}
		}
	}
	for line := 1; line <= 5; line++ {
		if !seen[line] {
			t.Errorf("no step is of line %d", line)
		}
	}
	image := r.Before.Image
	if image == nil || len(image.Waste) == 0 || image.Waste[0].Path != "/tmp/a" || image.Waste[0].Made.Line != 4 || image.Waste[0].Hidden.Line != 5 {
		t.Errorf("the image: %+v", image)
	}
}
