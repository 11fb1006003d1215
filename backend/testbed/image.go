package testbed

import (
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// LoadImage reads the only image of an OCI layout, a directory or a tar of one.
// What docker-style archives of BuildKit have besides is passed over.
func LoadImage(t testing.TB, path string) v1.Image {
	t.Helper()
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		dir := t.TempDir()
		if err := command(t.Context(), dir, "tar", "-xf", absolute(t, path)); err != nil {
			t.Fatal(err)
		}
		path = dir
	}
	return onlyImage(t, path)
}

func absolute(t testing.TB, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// onlyImage finds the image of an index, or of the index that is in it. The
// attestations that BuildKit puts beside an image have no platform.
func onlyImage(t testing.TB, dir string) v1.Image {
	t.Helper()
	index, err := layout.ImageIndexFromPath(dir)
	for err == nil {
		var manifest *v1.IndexManifest
		if manifest, err = index.IndexManifest(); err != nil {
			break
		}
		var images []v1.Descriptor
		for _, d := range manifest.Manifests {
			if d.Annotations["vnd.docker.reference.type"] == "" {
				images = append(images, d)
			}
		}
		if len(images) != 1 {
			t.Fatalf("%s has %d images", dir, len(images))
		}
		if images[0].MediaType.IsImage() {
			img, err := index.Image(images[0].Digest)
			if err != nil {
				t.Fatal(err)
			}
			return img
		}
		index, err = index.ImageIndex(images[0].Digest)
	}
	t.Fatal(err)
	return nil
}
