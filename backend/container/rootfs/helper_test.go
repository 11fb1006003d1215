//go:build linux

package rootfs

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// image is one in memory.
type image struct {
	layertest.Blobs
	manifest ocispecs.Manifest
	diffIDs  []digest.Digest
}

// imageOf gives an image of layers that are not compressed.
func imageOf(layers ...[]byte) *image {
	i := &image{Blobs: layertest.Blobs{}}
	for _, l := range layers {
		i.add(l, l)
	}
	return i
}

func (i *image) add(blob, plain []byte) {
	i.manifest.Layers = append(i.manifest.Layers, i.Put("", blob))
	i.diffIDs = append(i.diffIDs, digest.FromBytes(plain))
}

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
	m, err := l.Mount(t.Context(), dir, i.diffIDs, Options{Points: points})
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
