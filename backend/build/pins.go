package build

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"

	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir/plan"
)

// Pins keep what base images are, so that several builds get the same: who asks first for a
// reference and a platform decides, with the digest, for all. The zero value knows none.
type Pins struct {
	mu    sync.Mutex
	found map[string]plan.ImageInfo
}

// String names what has been pinned, a line each: two that are equal have the same images.
func (p *Pins) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(p.found)) {
		fmt.Fprintf(&b, "%s %s\n", key, p.found[key].Digest)
	}
	return b.String()
}

// over looks a reference up, or asks the local images and then a registry for it.
func (p *Pins) over(registry bk.ImageMetaResolver, local gateway.LocalImages) gateway.LocalImages {
	all := llb.Images(registry, local)
	return func(ctx context.Context, r plan.ImageRequest) (plan.ImageInfo, bool, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		key := r.Ref + " " + platforms.FormatAll(platforms.Normalize(r.Platform))
		if info, ok := p.found[key]; ok {
			return info, true, nil
		}
		info, err := all.ResolveImage(ctx, r)
		if err != nil {
			return info, false, err
		}
		if p.found == nil {
			p.found = map[string]plan.ImageInfo{}
		}
		p.found[key] = info
		return info, true, nil
	}
}
