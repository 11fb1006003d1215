package output

import (
	"context"

	"github.com/aymanbagabas/go-udiff"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/lang/diag"
)

func diff() Output {
	return Output{
		Name: "diff", Ext: ".diff", Comment: "#", Whole: true,
		Doc:   "what the plugins change, as a unified diff",
		Lower: lowerDiff,
	}
}

// lowerDiff compares the Dockerfile before and after the plugins, both as they print. Before,
// one that has instructions of plugins is as it was written.
func lowerDiff(ctx context.Context, s *compile.Snapshot, platform int) ([]byte, diag.List, error) {
	after, found, err := plain().Lower(ctx, s, platform)
	if err != nil {
		return nil, found, err
	}
	file := s.File()
	before := file.Text
	if m, _, err := s.Module(); err == nil && !m.HasCustom() {
		if before, err = dockerfile.Print(m); err != nil {
			return nil, found, err
		}
	}
	return []byte(udiff.Unified(file.Name, file.Name+" (after plugins)", before, string(after))), found, nil
}
