package recipe

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/backend/ocilayer"
	"github.com/seed-e0495807/strake/backend/validate"
)

// blobs are kept in memory.
type blobs map[digest.Digest][]byte

type blob struct{ *bytes.Reader }

func (blob) Close() error { return nil }

func (b blobs) ReaderAt(_ context.Context, desc ocispecs.Descriptor) (content.ReaderAt, error) {
	data, ok := b[desc.Digest]
	if !ok {
		return nil, errdefs.ErrNotFound
	}
	return blob{bytes.NewReader(data)}, nil
}

func (b blobs) put(data []byte) ocispecs.Descriptor {
	d := digest.FromBytes(data)
	b[d] = data
	return ocispecs.Descriptor{Digest: d, Size: int64(len(data))}
}

// entry is one of a layer.
type entry struct {
	tar.Header
	data string
}

func file(name, data string) entry {
	return entry{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}, data}
}
func dir(name string) entry {
	return entry{tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}, ""}
}
func symlink(name, target string) entry {
	return entry{tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, ""}
}
func hardlink(name, target string) entry {
	return entry{tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target, Mode: 0o644}, ""}
}
func gone(name string) entry { return file(name, "") } // with a name like etc/.wh.x

func (e entry) mode(m int64) entry   { e.Mode = m; return e }
func (e entry) owner(u, g int) entry { e.Uid, e.Gid = u, g; return e }
func (e entry) xattr(k, v string) entry {
	e.PAXRecords = map[string]string{ocilayer.XattrPrefix + k: v}
	return e
}

// image makes one of layers.
func image(t testing.TB, b blobs, config ocispecs.ImageConfig, layers ...[]entry) *validate.Image {
	t.Helper()
	doc := ocispecs.Image{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}, Config: config, RootFS: ocispecs.RootFS{Type: "layers"}}
	var m ocispecs.Manifest
	for _, l := range layers {
		var data bytes.Buffer
		w := tar.NewWriter(&data)
		for _, e := range l {
			h := e.Header
			h.Size, h.ModTime = int64(len(e.data)), time.Unix(1700000000, 0)
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(w, e.data); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		desc := b.put(data.Bytes())
		doc.RootFS.DiffIDs = append(doc.RootFS.DiffIDs, desc.Digest)
		m.Layers = append(m.Layers, desc)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	m.Config = b.put(text)
	img, err := validate.FromManifest(t.Context(), b, "test", m)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// programs are what steps may need: the files of a system.
func programs() (list []entry) {
	for _, name := range []string{"sh", "rm", "ln", "cat", "sed", "chmod", "chown", "install", "setcap"} {
		list = append(list, file("bin/"+name, "").mode(0o755))
	}
	return append(list, file("etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/srv:/bin/sh\n"), file("etc/group", "root:x:0:\napp:x:1000:\n"))
}

// made reads what was done to a base by one layer.
func made(t testing.TB, base, layer []entry, commands ...record.Command) *Recipe {
	t.Helper()
	b := blobs{}
	base = append(programs(), base...)
	r, err := Read(t.Context(), Input{Before: image(t, b, ocispecs.ImageConfig{}, base), After: image(t, b, ocispecs.ImageConfig{}, base, layer),
		Name: "base", Commands: commands})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
