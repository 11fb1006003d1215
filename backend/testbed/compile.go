package testbed

import (
	"context"

	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
)

// Compiles tells why a module does not compile where each base image is one of Linux of which nothing
// else is known.
func Compiles(ctx context.Context, m *ir.Module) error {
	_, err := llb.CompileModule(ctx, m, llb.Options{Options: plan.Options{Images: anyImage{}}})
	return err
}

type anyImage struct{}

func (anyImage) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	return plan.ImageInfo{Ref: r.Ref, Config: []byte(`{"os": "linux", "architecture": "amd64"}`)}, nil
}
