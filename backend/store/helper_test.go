package store_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
)

// open opens a store in a new directory, and checks it at the end.
func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sound fails the test if the store is damaged.
func sound(t *testing.T, s *store.Store) store.Report {
	t.Helper()
	r, err := s.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) > 0 {
		t.Fatalf("the store is damaged: %s", strings.Join(r.Problems, "\n"))
	}
	return r
}

// tarOf makes a tar of one file.
func tarOf(text string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: "file", Mode: 0o644, Size: int64(len(text))})
	w.Write([]byte(text))
	w.Close()
	return b.Bytes()
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func zstded(data []byte) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll(data, nil)
}

// write puts a blob into the store.
func write(t testing.TB, s *store.Store, mediaType string, v any) ocispecs.Descriptor {
	t.Helper()
	data, ok := v.([]byte)
	if !ok {
		var err error
		if data, err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	}
	d, err := s.Write(t.Context(), mediaType, data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// manifest makes an image for a platform, of one gzipped layer with one file. It
// has no name yet.
func manifest(t testing.TB, s *store.Store, arch, text string) ocispecs.Descriptor {
	t.Helper()
	plain := tarOf(text)
	layer := write(t, s, ocispecs.MediaTypeImageLayerGzip, gzipped(plain))
	return manifestOf(t, s, arch, digest.FromBytes(plain), layer)
}

func manifestOf(t testing.TB, s *store.Store, arch string, diffID digest.Digest, layers ...ocispecs.Descriptor) ocispecs.Descriptor {
	t.Helper()
	created := time.Unix(1700000000, 0).UTC()
	c := dockerspec.DockerOCIImage{}
	c.Platform = ocispecs.Platform{OS: "linux", Architecture: arch}
	c.Created = &created
	c.RootFS = ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{diffID}}
	c.History = []ocispecs.History{
		{Created: &created, CreatedBy: "COPY file /", Comment: "test"},
		{Created: &created, CreatedBy: "CMD a", EmptyLayer: true},
	}
	m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest, Layers: layers}
	m.SchemaVersion = 2
	m.Config = write(t, s, ocispecs.MediaTypeImageConfig, c)
	d := write(t, s, m.MediaType, m)
	d.Platform = &c.Platform
	return d
}

// attestation makes provenance of a manifest, as BuildKit does.
func attestation(t testing.TB, s *store.Store, of ocispecs.Descriptor) ocispecs.Descriptor {
	t.Helper()
	m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest}
	m.SchemaVersion = 2
	m.Config = write(t, s, ocispecs.MediaTypeImageConfig, map[string]string{"for": of.Digest.String()})
	m.Layers = []ocispecs.Descriptor{write(t, s, "application/vnd.in-toto+json", map[string]string{"about": of.Digest.String()})}
	d := write(t, s, m.MediaType, m)
	d.Platform = &ocispecs.Platform{OS: "unknown", Architecture: "unknown"}
	d.Annotations = map[string]string{
		"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of.Digest.String(),
	}
	return d
}

func index(t testing.TB, s *store.Store, list ...ocispecs.Descriptor) ocispecs.Descriptor {
	t.Helper()
	i := ocispecs.Index{MediaType: ocispecs.MediaTypeImageIndex, Manifests: list}
	i.SchemaVersion = 2
	return write(t, s, i.MediaType, i)
}

func put(t testing.TB, s *store.Store, d ocispecs.Descriptor, names ...string) store.Image {
	t.Helper()
	if err := s.Put(t.Context(), d, names, nil); err != nil {
		t.Fatal(err)
	}
	img, err := s.Find(d.Digest.String())
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// blobFile is where a blob lies.
func blobFile(s *store.Store, d digest.Digest) string {
	return filepath.Join(s.Dir(), "blobs", d.Algorithm().String(), d.Encoded())
}

func blobCount(t *testing.T, s *store.Store) int {
	t.Helper()
	list, err := os.ReadDir(filepath.Join(s.Dir(), "blobs", "sha256"))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
