// Package validate tells whether two images are the same, and where they are not: what, in
// which layer, and which instruction wrote it.
//
// The layers of an image are read as streams and merged into a tree (layer.go, tree.go), two
// trees and two configs are compared (compare.go, config.go), what differs in bytes and may
// say the same is read again and compared in a canonical form (canonical.go), and each
// difference is led back to the step that made it (blame.go). A Report has all of that.
package validate

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/containerd/containerd/v2/core/content"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Image is an image for one platform.
type Image struct {
	Name     string        // that messages have
	ID       digest.Digest // of the config
	Manifest digest.Digest // "" when it is not known
	Platform string        // like linux/amd64
	Config   []byte        // JSON
	Layers   []ocispecs.Descriptor
	Content  content.Provider // of the layers

	Dockerfile string        // its name, "" when it is not known
	Entries    []store.Entry // how each entry of the history came about; none when that is not known

	parsed dockerspec.DockerOCIImage
}

// FromStore gives an image of a store, which has to be held for as long as it is read.
func FromStore(ctx context.Context, s *store.Store, name string, img store.Image, v store.Variant) (*Image, error) {
	i, err := FromManifest(ctx, s.Content(), name, v.Manifest)
	if err != nil {
		return nil, err
	}
	rec, err := s.Record(img)
	if err != nil {
		return nil, err
	}
	if rec != nil {
		i.Dockerfile, i.Entries = rec.Dockerfile, rec.Entries
	}
	return i, nil
}

// FromManifest gives the image of a manifest, of which a provider has the blobs.
func FromManifest(ctx context.Context, p content.Provider, name string, m ocispecs.Manifest) (*Image, error) {
	config, err := content.ReadBlob(ctx, p, m.Config)
	if err != nil {
		return nil, fmt.Errorf("read the config of %s: %w", name, err)
	}
	i := &Image{Name: name, ID: m.Config.Digest, Config: config, Layers: m.Layers, Content: p}
	if err := json.Unmarshal(config, &i.parsed); err != nil {
		return nil, damaged(name, "its config is no JSON of an image: %v", err)
	}
	if have, want := len(m.Layers), len(i.parsed.RootFS.DiffIDs); have != want {
		return nil, damaged(name, "it has %d layers, and its config lists %d", have, want)
	}
	i.Platform = store.FormatPlatform(i.parsed.Platform)
	return i, nil
}

// damaged is an image that no engine could run, of which nothing can be said.
func damaged(name, format string, args ...any) error {
	return diag.Diagnostic{Code: "damaged-image", Message: fmt.Sprintf("image %s: %s", name, fmt.Sprintf(format, args...)),
		Hint: "build, load or pull it again"}
}
