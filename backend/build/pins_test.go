package build

import (
	"context"
	"errors"
	"testing"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/ir/plan"
)

// moving is a registry in which a tag is another image each time.
type moving struct{ asked int }

func (m *moving) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	m.asked++
	if ref == "none" {
		return "", "", nil, errors.New("no such image")
	}
	return ref, digest.FromString(string(rune('a' + m.asked))), []byte("{}"), nil
}

// TestPins holds that a reference is the same image for all builds, once it is one.
func TestPins(t *testing.T) {
	var (
		p        Pins
		registry moving
	)
	here := 0
	local := func(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, bool, error) {
		here++
		return plan.ImageInfo{Ref: r.Ref, Digest: digest.FromString(string(rune('a' + here)))}, r.Ref == "here", nil
	}
	amd, arm := platforms.MustParse("linux/amd64"), platforms.MustParse("linux/arm64")
	for _, c := range []struct {
		request plan.ImageRequest
		asked   int // in all
	}{
		{plan.ImageRequest{Ref: "a", Platform: amd}, 1}, {plan.ImageRequest{Ref: "a", Platform: amd}, 1}, {plan.ImageRequest{Ref: "a", Platform: arm}, 2},
		{plan.ImageRequest{Ref: "b", Platform: amd}, 3}, {plan.ImageRequest{Ref: "here", Platform: amd}, 3}, {plan.ImageRequest{Ref: "here", Platform: amd}, 3},
	} {
		first, ok, err := p.over(&registry, local)(t.Context(), c.request)
		again, _, _ := p.over(&registry, local)(t.Context(), c.request) // as of another build
		if !ok || err != nil || first.Digest == "" || first.Digest != again.Digest || registry.asked != c.asked {
			t.Errorf("%s for %s: %s and %s, %d requests: %v", c.request.Ref, c.request.Platform.Architecture, first.Digest, again.Digest, registry.asked, err)
		}
	}
	for range 2 { // a failure is not kept
		if _, ok, err := p.over(&registry, local)(t.Context(), plan.ImageRequest{Ref: "none", Platform: amd}); ok || err == nil {
			t.Error("an image that is not there is one")
		}
	}
	if registry.asked != 5 {
		t.Errorf("%d requests", registry.asked)
	}
}
