package compile_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// withEnv is an image of root that sets a variable.
type withEnv struct{}

func (withEnv) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	return plan.ImageInfo{Ref: r.Ref, Config: []byte(`{"os": "linux", "architecture": "amd64", "config": {"Env": ["X=/of/the/base"]}}`)}, nil
}

// TestEffects holds that a base counts when it is at hand, for stages that start from it, too.
func TestEffects(t *testing.T) {
	const text = "FROM someone/image AS a\nRUN rm $X $Y\nFROM a\nRUN rm ~/$X\nFROM scratch\nRUN rm $X/z\n"
	for name, c := range map[string]struct {
		images plan.ImageResolver
		want   [3]string
	}{
		"at hand": {withEnv{}, [3]string{"removes /of/the/base", "removes /root/of/the/base", "removes /z"}},
		"not":     {nil, [3]string{"removes $X $Y (unknown)", "removes ~/$X (unknown)", "removes /z"}},
	} {
		s := compile.New(compile.Config{Name: "Dockerfile", Text: text, AtHand: c.images})
		_, list, _, err := s.Effects(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if got := list[i][0].Effects.String(); got != want {
				t.Errorf("%s, stage %d: %s, not %s", name, i, got, want)
			}
		}
	}
}

// TestManyStages holds that a stage looks at what it starts from, and not at all stages.
func TestManyStages(t *testing.T) {
	took := func(stages int) time.Duration {
		var b strings.Builder
		b.WriteString("FROM someone/image AS s0\n")
		for i := range stages {
			fmt.Fprintf(&b, "FROM someone/image AS s%d\nRUN rm $X\n", i+1)
		}
		least := time.Hour
		for range 3 {
			began := time.Now()
			_, list, _, err := compile.New(compile.Config{Name: "Dockerfile", Text: b.String(), AtHand: withEnv{}}).Effects(t.Context())
			if err != nil || list[stages][0].Effects.String() != "removes /of/the/base" {
				t.Fatal(list[stages], err)
			}
			least = min(least, time.Since(began))
		}
		return least
	}
	few, many := took(500), took(4000)
	t.Logf("500 stages: %v, 4,000: %v", few, many)
	if many > 40*few { // 8 when each costs the same, 64 and more when each costs as much as all before it
		t.Errorf("500 stages: %v, 4,000: %v", few, many)
	}
}

// asking is a plugin that asks for the effects of each stage.
type asking struct{ got *[]string }

func (asking) Info() plugins.Info {
	return plugins.Info{Name: "asking", Version: "1.0.0", Phases: []plugins.Phase{plugins.Check}}
}

func (p asking) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	*p.got = nil
	for i := range c.Module.Stages {
		list, err := h.Effects(ctx, i)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			*p.got = append(*p.got, fmt.Sprint(i, " ", e.State.Workdir, " ", e.State.Env, " ", e.State.Unknown, ": ", e.Effects.String()))
		}
	}
	if _, err := h.Effects(ctx, len(c.Module.Stages)); err == nil {
		return nil, fmt.Errorf("there is no such stage")
	}
	return &plugins.Result{}, nil
}

// TestHostEffects has a plugin ask, in this process and over the wire.
func TestHostEffects(t *testing.T) {
	const text = "FROM scratch AS a\nARG V\nENV A=1 B=$V\nWORKDIR /w\nRUN rm $A\nRUN curl -O https://x.example/$A\nFROM a\nRUN make\n"
	want := []string{
		"0 / map[] []: ",
		"0 / map[] [V]: ",
		"0 / map[A:1] [B V]: writes /w (over)",
		"0 /w map[A:1] [B V]: removes /w/1",
		"0 /w map[A:1] [B V]: fetches https://x.example/1; reads /root/.curlrc (over); writes /w/1; depends on network",
		"1 /w map[A:1] [B V]: anything: `make` does what a file of the build says; writes anything; removes anything",
	}
	var got, wire []string
	for list, p := range map[*[]string]plugins.Plugin{&got: asking{&got}, &wire: plugintest.Wire(t, asking{&wire})} {
		s := compile.New(compile.Config{Name: "Dockerfile", Text: text, Plugins: &config.Plugins{Pipeline: plugins.Pipeline{Steps: []plugins.Step{{Plugin: p}}}}})
		if _, found, err := s.Expanded(t.Context()); err != nil || len(found) > 0 {
			t.Fatal(found, err)
		}
		if !slices.Equal(*list, want) {
			t.Errorf("it sees %q", *list)
		}
	}
}
