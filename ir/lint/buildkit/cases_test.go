package buildkit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/buildkit"
	"github.com/seed-e0495807/strake/ir/lint/linttest"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/source"
)

func TestCases(t *testing.T) { linttest.Run(t, buildkit.Rules(), buildkit.Cases(), planned) }

// planned has the facts of a plan, as far as that comes.
func planned(t *testing.T, src *source.File) lint.Input {
	in := lint.Read(src)
	if in.Diags.HasErrors() {
		return in
	}
	in.Module, _ = ir.Build(in.File)
	p, err := plan.Make(t.Context(), in.Module, plan.Options{
		Images: images{}, AllStages: true, BuildPlatforms: []ocispecs.Platform{platforms.MustParse("linux/amd64")},
		Ignore: func(context.Context) ([]string, error) { return []string{"ignored"}, nil },
	})
	if p == nil {
		t.Fatal(err)
	}
	in.Facts = p.Facts
	return in
}

type images struct{}

func (images) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	arch := "amd64"
	if _, name, ok := strings.Cut(r.Ref, "for-"); ok {
		arch, _, _ = strings.Cut(name, ":")
	}
	return plan.ImageInfo{Config: fmt.Appendf(nil, `{"architecture":%q,"os":"linux","config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]}}`, arch)}, nil
}
