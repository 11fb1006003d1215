//go:build tools

// Package suite is a module of its own, so that what the tests of others need is no
// requirement of strake.
package suite

import (
	_ "bazil.org/fuse/examples/hellofs"
	_ "github.com/containernetworking/plugins/plugins/ipam/host-local"
	_ "github.com/containernetworking/plugins/plugins/main/bridge"
	_ "github.com/containernetworking/plugins/plugins/main/loopback"
	_ "github.com/moby/buildkit/cmd/buildctl"
	_ "github.com/moby/buildkit/cmd/buildkitd"
	_ "github.com/moby/buildkit/frontend/dockerfile"
	_ "github.com/moby/buildkit/frontend/dockerfile/builder"
	_ "github.com/seed-e0495807/strake/backend/gateway"
)
