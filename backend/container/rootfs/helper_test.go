//go:build linux

package rootfs

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/ocilayer"
)

// item is an entry of a layer as a test writes it.
type item struct {
	tar.Header
	data string
}

// epoch is the time of files that have no other.
func epoch() time.Time { return time.Unix(1700000000, 0) }

func regular(name, data string) item {
	return item{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}, data}
}

func directory(name string) item {
	return item{tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}, ""}
}

func symlink(name, target string) item {
	return item{tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, ""}
}

func hardlink(name, target string) item {
	return item{tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target, Mode: 0o644}, ""}
}

func device(name string, major, minor int64) item {
	return item{tar.Header{Typeflag: tar.TypeChar, Name: name, Mode: 0o600, Devmajor: major, Devminor: minor}, ""}
}

func (i item) mode(m int64) item     { i.Mode = m; return i }
func (i item) owner(u, g int) item   { i.Uid, i.Gid = u, g; return i }
func (i item) time(t time.Time) item { i.ModTime = t; return i }
func (i item) typed(kind byte) item  { i.Typeflag = kind; return i }

func (i item) xattr(name, value string) item {
	i.PAXRecords = maps.Clone(i.PAXRecords)
	if i.PAXRecords == nil {
		i.PAXRecords = map[string]string{}
	}
	i.PAXRecords[ocilayer.XattrPrefix+name] = value
	return i
}

// tarOf writes a layer.
func tarOf(t testing.TB, items ...item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, i := range items {
		h := i.Header
		h.Size = int64(len(i.data))
		if h.ModTime.IsZero() {
			h.ModTime = epoch()
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, i.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// image is one in memory.
type image struct {
	blobs    map[digest.Digest][]byte
	manifest ocispecs.Manifest
	diffIDs  []digest.Digest
}

// imageOf gives an image of layers that are not compressed.
func imageOf(layers ...[]byte) *image {
	i := &image{blobs: map[digest.Digest][]byte{}}
	for _, l := range layers {
		i.add(l, l)
	}
	return i
}

func (i *image) add(blob, plain []byte) {
	d := digest.FromBytes(blob)
	i.blobs[d] = blob
	i.manifest.Layers = append(i.manifest.Layers, ocispecs.Descriptor{Digest: d, Size: int64(len(blob))})
	i.diffIDs = append(i.diffIDs, digest.FromBytes(plain))
}

func (i *image) ReaderAt(_ context.Context, desc ocispecs.Descriptor) (content.ReaderAt, error) {
	data, ok := i.blobs[desc.Digest]
	if !ok {
		return nil, fmt.Errorf("blob %s: %w", desc.Digest, errdefs.ErrNotFound)
	}
	return blob{bytes.NewReader(data)}, nil
}

type blob struct{ *bytes.Reader }

func (blob) Close() error { return nil }

// layersAt opens layers in a directory, unpacks an image there and gives the directory of a container.
func layersAt(t testing.TB, home string, i *image) (*Layers, string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root unpacks layers and mounts them")
	}
	l, err := Open(filepath.Join(home, "layers"))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs); err != nil {
		t.Fatal(err)
	}
	return l, filepath.Join(home, "container")
}

// mounted mounts an image for a container.
func mounted(t testing.TB, l *Layers, dir string, i *image, points ...Point) Mounted {
	t.Helper()
	m, err := l.Mount(t.Context(), dir, i.diffIDs, points...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Unmount() })
	return m
}

// list shows a tree, a line each file.
func list(t testing.TB, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := lstat(name)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		kind := map[uint32]string{unix.S_IFDIR: "d", unix.S_IFREG: "-", unix.S_IFLNK: "l", unix.S_IFCHR: "c", unix.S_IFIFO: "p"}[st.Mode&unix.S_IFMT]
		fmt.Fprintf(&b, "%s %s%o %d:%d", rel, kind, st.Mode&0o7777, st.Uid, st.Gid)
		switch kind {
		case "-":
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if len(data) > 0 {
				fmt.Fprintf(&b, " %s", data)
			}
		case "l":
			target, _ := os.Readlink(name)
			fmt.Fprintf(&b, " %s", target)
		}
		b.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// namesOf lists the entries of a layer.
func namesOf(t testing.TB, layer []byte) []string {
	t.Helper()
	var names []string
	r := tar.NewReader(bytes.NewReader(layer))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
}
