//go:build linux

package rootfs

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// ways runs a test with each way that a root file system can be made. On a tmpfs of its own,
// overlayfs does all; one in another overlay cannot be mounted.
func ways(t *testing.T, test func(t *testing.T, l *Layers, dir string, i *image), i *image) {
	for _, way := range []Way{Overlay, Copy} {
		t.Run(string(way), func(t *testing.T) {
			l, dir := layersAt(t, t.TempDir(), &image{})
			if way == Copy {
				l.marks, l.kind = marks{}, func() string { return "plain" }
			} else if l.marked().plain() {
				t.Skip("no overlayfs here")
			}
			if err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs); err != nil {
				t.Fatal(err)
			}
			test(t, l, dir, i)
		})
	}
}

func TestMount(t *testing.T) {
	i := imageOf(
		layertest.Tar(t, layertest.Dir("./").WithMode(0o711), layertest.Dir("etc/").WithMode(0o700).OwnedBy(7, 8), layertest.File("etc/passwd", "root"), layertest.File("etc/shadow", ""),
			layertest.Dir("old/"), layertest.File("old/a", "a"), layertest.Dir("kept/"), layertest.File("kept/a", "a")),
		layertest.Tar(t, layertest.File("etc/.wh.shadow", ""), layertest.File("etc/hosts", ""), layertest.Dir("old/"), layertest.File("old/.wh..wh..opq", ""), layertest.File("old/b", "b"),
			layertest.File("kept/b", "b"), layertest.File("new/file", "x")),
	)
	ways(t, func(t *testing.T, l *Layers, dir string, i *image) {
		m := mounted(t, l, dir, i, Point{"/proc", false}, Point{"/etc/resolv.conf", true}, Point{"/mnt/deep/point", false}, Point{"/etc/hosts", true})
		got := list(t, m.Path)
		want := `. d711 0:0
etc d700 7:8
etc/hosts -644 0:0
etc/passwd -644 0:0 root
etc/resolv.conf -644 0:0
kept d755 0:0
kept/a -644 0:0 a
kept/b -644 0:0 b
mnt d755 0:0
mnt/deep d755 0:0
mnt/deep/point d755 0:0
new d755 0:0
new/file -644 0:0 x
old d755 0:0
old/b -644 0:0 b
proc d755 0:0
`
		if got != want {
			t.Errorf("%s", got)
		}
		if layer := changesOf(t, l, dir, i); len(layer) != 1024 {
			t.Errorf("%d bytes have changed", len(layer))
		}
		os.WriteFile(filepath.Join(m.Path, "etc/passwd"), []byte("toor"), 0o600)
		os.RemoveAll(filepath.Join(m.Path, "kept"))
		os.Mkdir(filepath.Join(m.Path, "kept"), 0o700)
		if names := strings.Join(namesOf(t, changesOf(t, l, dir, i)), " "); names != "etc/ etc/passwd kept/ kept/.wh..wh..opq" && names != "etc/ etc/passwd kept/ kept/.wh.a kept/.wh.b" {
			t.Error(names)
		}
	}, i)
}

func changesOf(t *testing.T, l *Layers, dir string, i *image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.Changes(t.Context(), dir, i.diffIDs, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
