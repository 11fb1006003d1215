// Package tarball moves images between the store and files: the archives of
// docker save, old and new, OCI layouts, and plain file trees.
package tarball

import (
	"fmt"

	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/lang/diag"
)

const (
	indexFile    = "index.json"
	layoutFile   = "oci-layout"
	manifestFile = "manifest.json"

	annotationName = "io.containerd.image.name"

	documentLimit = 8 << 20 // bytes of index.json and manifest.json
)

// dockerManifest is an entry of manifest.json, docker's own list of images. The
// values are paths in the archive.
type dockerManifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func blobPath(d digest.Digest) string {
	return "blobs/" + d.Algorithm().String() + "/" + d.Encoded()
}

// fail makes an error that the user can fix. The hint is the next step.
func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}
