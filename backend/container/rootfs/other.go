//go:build !linux

package rootfs

import (
	"context"
	"io"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Layers is a directory of unpacked layers, which only Linux has a use for.
type Layers struct{}

func unsupported() error {
	return fail("containers-need-linux", "run it on Linux, or in a virtual machine that has it", "containers run on Linux only")
}

// Open fails.
func Open(string) (*Layers, error) { return nil, unsupported() }

// Boot is not known.
func Boot() string { return "" }

// Unpack fails.
func (*Layers) Unpack(context.Context, content.Provider, ocispecs.Manifest, []digest.Digest) error {
	return unsupported()
}

// Skipped is empty.
func (*Layers) Skipped([]digest.Digest) []string { return nil }

// Mount fails.
func (*Layers) Mount(context.Context, string, []digest.Digest, Options) (Mounted, error) {
	return Mounted{}, unsupported()
}

// Changes fails.
func (*Layers) Changes(context.Context, string, []digest.Digest, io.Writer) error {
	return unsupported()
}

// Fill fails.
func (*Layers) Fill(context.Context, string, []digest.Digest, io.Reader) (bool, []string, error) {
	return false, nil, unsupported()
}

// Hold fails.
func (*Layers) Hold(context.Context) (func(), error) { return nil, unsupported() }

// Live is a file system that others write to.
type Live struct{}

// Look fails.
func Look(context.Context, string) (*Live, error) { return nil, unsupported() }

// Changes fails.
func (*Live) Changes(context.Context, io.Writer) ([]string, error) { return nil, unsupported() }

// Collect fails.
func (*Layers) Collect(context.Context, func() (map[digest.Digest]bool, error)) error {
	return unsupported()
}

// Litter is empty.
func (*Layers) Litter(map[digest.Digest]bool) ([]string, error) { return nil, nil }
