//go:build linux

package rootfs

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Layers that try to get out of their tree. What is outside stays as it is, whether they are
// unpacked or not.
func TestEscapes(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	for name, c := range map[string]struct {
		items []layertest.Item
		want  string // what the tree has, or the error, if that begins with "!"
	}{
		"dots":             {[]layertest.Item{layertest.File("../../../"+secret, "evil"), layertest.File("a/../../b", "x")}, "b -644 0:0 x\n"},
		"absolute":         {[]layertest.Item{layertest.File(secret, "evil")}, "secret -644 0:0 evil\n"},
		"parent is a link": {[]layertest.Item{layertest.Symlink("out", outside), layertest.File("out/secret", "evil")}, "out l777 0:0 " + outside},
		"parent is a link up": {[]layertest.Item{layertest.Symlink("out", strings.Repeat("../", 20)+outside[1:]), layertest.File("out/secret", "evil")},
			"secret -644 0:0 evil\n"},
		"parent becomes a link":  {[]layertest.Item{layertest.Dir("d"), layertest.Dir("d/e").WithMode(0o777), layertest.Symlink("d", outside), layertest.File("d/secret", "evil")}, "d l777 0:0"},
		"times through a link":   {[]layertest.Item{layertest.Dir("d"), layertest.Dir("d/sub").At(time.Unix(5, 0)).OwnedBy(7, 7), layertest.Symlink("d", outside)}, "d l777 0:0"},
		"file through a link":    {[]layertest.Item{layertest.Symlink("f", secret), layertest.File("f", "evil")}, "f -644 0:0 evil\n"},
		"mode through a link":    {[]layertest.Item{layertest.Symlink("f", secret).WithMode(0o4777).OwnedBy(3, 3)}, "f l777 3:3"},
		"hard link out":          {[]layertest.Item{layertest.Hardlink("h", secret), layertest.File("h", "evil")}, "!damaged-layer"},
		"hard link to a link":    {[]layertest.Item{layertest.Symlink("f", secret), layertest.Hardlink("h", "f").WithMode(0o777)}, "h l777 0:0"},
		"hard link over a link":  {[]layertest.Item{layertest.Symlink("d", outside), layertest.Hardlink("h", "d/secret")}, "!damaged-layer"},
		"hard link up":           {[]layertest.Item{layertest.Hardlink("h", "../../.."+secret)}, "!damaged-layer"},
		"links in a circle":      {[]layertest.Item{layertest.Symlink("a", "b"), layertest.Symlink("b", "a"), layertest.File("a/x", "")}, "!damaged-layer"},
		"removes what is out":    {[]layertest.Item{layertest.Symlink("d", outside), layertest.File("d/.wh.secret", "")}, "d l777 0:0"},
		"hides what is out":      {[]layertest.Item{layertest.Symlink("d", outside), layertest.File("d/.wh..wh..opq", "")}, "d l777 0:0"},
		"removes the parent":     {[]layertest.Item{layertest.File("d/.wh...", "")}, "!damaged-layer"},
		"removes itself":         {[]layertest.Item{layertest.File("d/.wh..", "")}, "!damaged-layer"},
		"removes nothing":        {[]layertest.Item{layertest.File("d/.wh.", "")}, "!damaged-layer"},
		"removes a parent of it": {[]layertest.Item{layertest.File(".wh.d/x", "")}, "!damaged-layer"},
		"root is a file":         {[]layertest.Item{layertest.File(".", "")}, "!damaged-layer"},
		"root is a link":         {[]layertest.Item{layertest.Symlink(".", outside), layertest.File("secret", "evil")}, "!damaged-layer"},
		"parent is a file":       {[]layertest.Item{layertest.File("a", "x"), layertest.File("a/b", "y")}, "!damaged-layer"},
		"overlay's attributes": {[]layertest.Item{layertest.Dir("d").WithXattr("trusted.overlay.redirect", "/etc").WithXattr("user.overlay.redirect", "/etc"),
			layertest.File("d/f", "").WithXattr("trusted.overlay.metacopy", "").WithXattr("trusted.x", "y")}, "d/f -644"},
		"a mark as a device":   {[]layertest.Item{layertest.Device("gone", 0, 0), layertest.File("here", "")}, ". d755 0:0\nhere -644"},
		"devices":              {[]layertest.Item{layertest.Device("null", 1, 3)}, "null c600"},
		"no such device":       {[]layertest.Item{layertest.Device("x", -1, 3)}, "!damaged-layer"},
		"unknown kind":         {[]layertest.Item{layertest.File("x", "").Typed('Z')}, "!damaged-layer"},
		"deep":                 {[]layertest.Item{layertest.File(strings.Repeat("d/", 3000)+"f", "")}, "!damaged-layer"},
		"a name too long":      {[]layertest.Item{layertest.File(strings.Repeat("n", 300), "")}, "!damaged-layer"},
		"a time beyond all":    {[]layertest.Item{layertest.File("x", "").At(time.Unix(1<<40, 0))}, "x -644"},
		"twice":                {[]layertest.Item{layertest.File("x", "1"), layertest.Dir("x"), layertest.File("x/y", ""), layertest.File("x", "2")}, "x -644 0:0 2\n"},
		"directory after file": {[]layertest.Item{layertest.File("x", "1"), layertest.Dir("x").WithMode(0o700), layertest.File("x/y", "")}, "x d700 0:0\nx/y -644"},
		"aufs":                 {[]layertest.Item{layertest.Dir(".wh..wh.plnk"), layertest.File(".wh..wh.plnk/1.2", ""), layertest.File(".wh..wh.aufs", "")}, ". d755 0:0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
				t.Fatal(err)
			}
			os.Mkdir(filepath.Join(outside, "sub"), 0o700)
			before := snapshot(t, outside)
			l, _ := layersAt(t, t.TempDir(), &image{})
			i := imageOf(layertest.Tar(t, c.items...))
			err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs)
			if now := snapshot(t, outside); now != before {
				t.Errorf("outside is now %s", now)
			}
			if code, ok := strings.CutPrefix(c.want, "!"); ok {
				if d := (diag.Diagnostic{}); err == nil || code != "" && (!errors.As(err, &d) || d.Code != code || d.Hint == "") {
					t.Errorf("%v", err)
				}
				if exists(l.path(i.diffIDs[0])) || exists(l.path(i.diffIDs[0])+".part") {
					t.Error("something is left")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := list(t, filepath.Join(l.path(i.diffIDs[0]), treeName)); !strings.Contains(got, c.want) || strings.Contains(got, "overlay") {
				t.Errorf("%s", got)
			}
			if name == "overlay's attributes" {
				for _, f := range []string{"d", "d/f"} {
					if n, _ := unix.Llistxattr(filepath.Join(l.path(i.diffIDs[0]), treeName, f), nil); n != 0 {
						t.Errorf("%s has attributes", f)
					}
				}
			}
		})
	}
}

// snapshot is a list with times.
func snapshot(t *testing.T, dir string) string {
	text := list(t, dir)
	for _, name := range []string{"", "secret", "sub"} {
		st, err := lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		text += time.Unix(st.Mtim.Unix()).String() + time.Unix(st.Ctim.Unix()).String()
	}
	return text
}

// A layer that is not what the image says does not become one.
func TestDamaged(t *testing.T) {
	good := layertest.Tar(t, layertest.File("a", strings.Repeat("x", 1<<20)), layertest.File("b", "y"))
	var zipped, zstded bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(good)
	z.Close()
	s, err := zstd.NewWriter(&zstded)
	if err != nil {
		t.Fatal(err)
	}
	s.Write(good)
	s.Close()
	other := layertest.Tar(t, layertest.File("a", "z"))
	for name, c := range map[string]struct {
		blob []byte
		code string // "" is none
	}{
		"plain":         {good, ""},
		"gzip":          {zipped.Bytes(), ""},
		"zstd":          {zstded.Bytes(), ""},
		"gzip cut off":  {zipped.Bytes()[:zipped.Len()/2], "damaged-layer"},
		"gzip's end":    {zipped.Bytes()[:zipped.Len()-3], "damaged-layer"},
		"zstd cut off":  {zstded.Bytes()[:zstded.Len()/2], "damaged-layer"},
		"plain cut off": {good[:700000], "damaged-layer"},
		"plain's end":   {good[:len(good)-512], "damaged-layer"},
		"other":         {other, "damaged-layer"},
		"more behind":   {append(bytes.Clone(good), 1), "damaged-layer"},
		"empty":         {nil, "damaged-layer"},
		"no archive":    {[]byte("<html>not found</html>"), "damaged-layer"},
		"gone":          {nil, "layer-missing"},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := layersAt(t, t.TempDir(), &image{})
			i := imageOf()
			i.add(c.blob, good)
			if name == "gone" {
				clear(i.Blobs)
			}
			err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs)
			var d diag.Diagnostic
			if c.code == "" && err != nil || c.code != "" && (!errors.As(err, &d) || d.Code != c.code || d.Hint == "") {
				t.Errorf("%v", err)
			}
			if exists(l.path(i.diffIDs[0])) != (c.code == "") || exists(l.path(i.diffIDs[0])+".part") {
				t.Error("what is left is wrong")
			}
		})
	}
}

// Programs that are setuid, and those with capabilities, stay so, and nobody else reaches them.
func TestPrivileged(t *testing.T) {
	capability := "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	i := imageOf(layertest.Tar(t, layertest.Dir("mail").WithMode(0o2775).OwnedBy(0, 8), layertest.File("mail/f", ""), layertest.File("su", "x").WithMode(0o4755).OwnedBy(3, 4),
		layertest.File("ping", "y").WithMode(0o755).WithXattr("security.capability", capability).WithXattr("user.note", "n")))
	l, _ := layersAt(t, t.TempDir(), i)
	tree := filepath.Join(l.path(i.diffIDs[0]), treeName)
	want := ". d755 0:0\nmail d2775 0:8\nmail/f -644 0:0\nping -755 0:0 y\nsu -4755 3:4 x\n"
	if got := list(t, tree); got != want {
		t.Errorf("%s", got)
	}
	st, _ := lstat(filepath.Join(tree, "ping"))
	attrs, err := xattrs(&file{path: filepath.Join(tree, "ping"), stat: st})
	if err != nil || attrs["security.capability"] != capability || attrs["user.note"] != "n" {
		t.Errorf("%q %v", attrs, err)
	}
	if info, err := os.Stat(l.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info, err)
	}
}

// A file of zeros takes no room, however long it is.
func TestHoles(t *testing.T) {
	i := imageOf(layertest.Tar(t, layertest.File("log", strings.Repeat("\x00", 8<<20)+"end"), layertest.File("zeros", strings.Repeat("\x00", 3*holeSize))))
	l, _ := layersAt(t, t.TempDir(), i)
	for name, size := range map[string]int64{"log": 8<<20 + 3, "zeros": 3 * holeSize} {
		st, err := lstat(filepath.Join(l.path(i.diffIDs[0]), treeName, name))
		if err != nil || st.Size != size || st.Blocks*512 > holeSize*2 {
			t.Errorf("%s: %d bytes, %d blocks, %v", name, st.Size, st.Blocks, err)
		}
	}
}
