// Package layertest makes layers and their blobs for tests.
package layertest

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/ocilayer"
)

// Item is an entry of a layer as a test writes it.
type Item struct {
	tar.Header
	Data string
}

// Epoch is the time of entries that have no other.
func Epoch() time.Time { return time.Unix(1700000000, 0) }

// File is a regular file with mode 0644 of root.
func File(name, data string) Item {
	return Item{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}, data}
}

// Dir is a directory with mode 0755 of root.
func Dir(name string) Item {
	return Item{tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}, ""}
}

// Symlink is a symbolic link.
func Symlink(name, target string) Item {
	return Item{tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, ""}
}

// Hardlink is one more name of a file.
func Hardlink(name, target string) Item {
	return Item{tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target, Mode: 0o644}, ""}
}

// Device is a character device.
func Device(name string, major, minor int64) Item {
	return Item{tar.Header{Typeflag: tar.TypeChar, Name: name, Mode: 0o600, Devmajor: major, Devminor: minor}, ""}
}

// WithMode gives the item other permissions.
func (i Item) WithMode(m int64) Item { i.Mode = m; return i }

// OwnedBy gives it to a user and a group.
func (i Item) OwnedBy(u, g int) Item { i.Uid, i.Gid = u, g; return i }

// At gives it a time of modification.
func (i Item) At(t time.Time) Item { i.ModTime = t; return i }

// Typed makes it one of another type of tar.
func (i Item) Typed(kind byte) Item { i.Typeflag = kind; return i }

// Containing gives it another content.
func (i Item) Containing(s string) Item { i.Data = s; return i }

// WithXattr gives it an extended attribute.
func (i Item) WithXattr(name, value string) Item {
	i.PAXRecords = maps.Clone(i.PAXRecords)
	if i.PAXRecords == nil {
		i.PAXRecords = map[string]string{}
	}
	i.PAXRecords[ocilayer.XattrPrefix+name] = value
	return i
}

// Tar writes a layer.
func Tar(t testing.TB, items ...Item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, i := range items {
		h := i.Header
		h.Size = int64(len(i.Data))
		if h.ModTime.IsZero() {
			h.ModTime = Epoch()
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, i.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Blobs are contents in memory, by their digests.
type Blobs map[digest.Digest][]byte

// ReaderAt reads a blob; one that is not there is errdefs.ErrNotFound.
func (b Blobs) ReaderAt(_ context.Context, desc ocispecs.Descriptor) (content.ReaderAt, error) {
	data, ok := b[desc.Digest]
	if !ok {
		return nil, fmt.Errorf("blob %s: %w", desc.Digest, errdefs.ErrNotFound)
	}
	return blob{bytes.NewReader(data)}, nil
}

type blob struct{ *bytes.Reader }

func (blob) Close() error { return nil }

// Put adds a blob.
func (b Blobs) Put(mediaType string, data []byte) ocispecs.Descriptor {
	d := digest.FromBytes(data)
	b[d] = data
	return ocispecs.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(data))}
}

// Image puts the layers of an image, and a config like that which is given, and gives the manifest.
func (b Blobs) Image(t testing.TB, config ocispecs.Image, layers ...[]byte) ocispecs.Manifest {
	t.Helper()
	var m ocispecs.Manifest
	config.RootFS = ocispecs.RootFS{Type: "layers"}
	for _, l := range layers {
		desc := b.Put(ocispecs.MediaTypeImageLayer, l)
		m.Layers, config.RootFS.DiffIDs = append(m.Layers, desc), append(config.RootFS.DiffIDs, desc.Digest)
	}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	m.Config = b.Put(ocispecs.MediaTypeImageConfig, text)
	return m
}
