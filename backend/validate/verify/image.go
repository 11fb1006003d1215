package verify

import (
	"context"
	"encoding/json"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/diag"
)

// layoutStore are the blobs of a layout, and where it is.
type layoutStore struct {
	content.Provider
	dir string
}

// Image gives the image of a result, which is for one platform, by the blobs of the layout that it
// was built into.
func Image(ctx context.Context, blobs content.Provider, name string, result *build.Result) (*validate.Image, error) {
	desc := ocispecs.Descriptor{Digest: digest.Digest(result.Response["containerimage.digest"])}
	for range 2 {
		data, err := content.ReadBlob(ctx, blobs, desc)
		if err != nil {
			return nil, err
		}
		var doc struct {
			ocispecs.Manifest
			Manifests []ocispecs.Descriptor `json:"manifests"`
		}
		if err := json.Unmarshal(data, &doc); err != nil {
			return nil, err
		}
		if !images.IsIndexType(doc.MediaType) {
			img, err := validate.FromManifest(ctx, blobs, name, doc.Manifest)
			if err != nil {
				return nil, err
			}
			img.Manifest = desc.Digest
			if result.Record != nil {
				img.Dockerfile, img.Entries = result.Record.Dockerfile, result.Record.Entries
			}
			return img, nil
		}
		var found []ocispecs.Descriptor
		for _, d := range doc.Manifests {
			if !store.IsAttestation(d) {
				found = append(found, d)
			}
		}
		if len(found) != 1 {
			break
		}
		desc = found[0]
	}
	return nil, diag.Diagnostic{Code: "several-platforms", Message: "a build for several platforms is verified one by one", Hint: "choose one with --platform"}
}
