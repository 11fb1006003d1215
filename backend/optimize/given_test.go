package optimize_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin"
)

// marking is a plugin that a project may have: each time, it puts a RUN more at the end.
type marking struct{}

func (marking) Info() plugins.Info {
	return plugins.Info{Name: "marking", Version: "1.0.0", Summary: "marks", Phases: []plugins.Phase{plugins.Rewrite}}
}

func (marking) Run(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	out := c.Module.Copy()
	for _, s := range out.Stages {
		s.Ops = append(s.Ops, &ir.Op{Body: &ir.Run{Command: ir.Command{Line: "echo marked >>/marked"}}, Origin: s.Ops[len(s.Ops)-1].Origin})
	}
	return &plugins.Result{Module: out}, nil
}

// TestGivenPlugins has a project whose plugins put something into the image: that is in both images,
// those plugins are not blamed for what a pass does, and none is tried again.
func TestGivenPlugins(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for a minute")
	}
	request := project(t, merging)
	builtins := builtin.All()
	builtins["hasty"] = func() plugins.Plugin { return hasty{} }
	builtins["marking"] = func() plugins.Plugin { return marking{} }
	own, err := optimize.Row{{Name: "drop-dead"}, {Name: "marking"}}.Plugins(t.Context(), builtins, false)
	if err != nil {
		t.Fatal(err)
	}
	request.Compile.Plugins = own
	o := optimize.Options{
		Request: request, Builtins: builtins, Commits: 1, Whole: true,
		Passes: func(map[string]float64) ([]optimize.Pass, error) {
			return []optimize.Pass{{Name: "drop-dead"}, {Name: "hasty"}, {Name: "merge-run"}}, nil
		},
	}
	r, err := optimize.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.Text(&text); err != nil {
		t.Fatal(err)
	}
	t.Log(text.String())
	for i, want := range []optimize.Result{optimize.Barred, optimize.Wrong, optimize.Kept} {
		if r.Passes[i].Result != want {
			t.Errorf("%s: %s, %s; want %s", r.Passes[i].Pass.Name, r.Passes[i].Result, r.Passes[i].Why, want)
		}
	}
	if r.Proof == nil || r.Proof.Answer == validate.NotEqual || len(r.Row) != 1 || !slices.Equal(r.Given, []string{"drop-dead", "marking"}) {
		t.Errorf("what is left: proof %v, row %v, given %v", r.Proof, r.Row, r.Given)
	}
	for _, side := range []string{r.Old, r.New} {
		if n := strings.Count(side, "echo marked"); n != 1 {
			t.Errorf("it is marked %d times in\n%s", n, side)
		}
	}
	if !strings.Contains(text.String(), "plugins of strake.yaml: drop-dead, marking\n") {
		t.Error("it does not say what was there")
	}

	// What they make cannot be their Dockerfile.
	o.Write = true
	if _, err := optimize.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "drop-dead, marking") {
		t.Errorf("it would be written: %v", err)
	}
}
