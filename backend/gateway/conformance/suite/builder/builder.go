// Package builder takes the place of BuildKit's own package of that name, in the suite
// and in a buildkitd whose dockerfile.v0 is ours.
package builder

import (
	"context"

	"github.com/moby/buildkit/frontend/gateway/client"

	"github.com/seed-e0495807/strake/backend/gateway"
)

// Build builds a Dockerfile.
func Build(ctx context.Context, c client.Client) (*client.Result, error) {
	return gateway.Server{}.Build(ctx, c)
}
