package compile

import (
	"context"

	"github.com/moby/buildkit/solver/pb"

	"github.com/seed-e0495807/strake/backend/input"
)

// Reads are the local directories, by the names in dirs, that a build reads, over all
// platforms.
func (s *Snapshot) Reads(ctx context.Context, dirs map[string]string) ([]input.Local, error) {
	var defs []*pb.Definition
	for _, platform := range s.Platforms() {
		r, err := s.LLB(ctx, platform)
		if err != nil {
			return nil, err
		}
		def, err := r.State.Marshal(ctx)
		if err != nil {
			return nil, err
		}
		defs = append(defs, def.ToPB())
	}
	return input.Locals(dirs, defs...)
}
