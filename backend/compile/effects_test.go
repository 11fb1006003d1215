package compile_test

import (
	"context"
	"testing"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/ir/plan"
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
