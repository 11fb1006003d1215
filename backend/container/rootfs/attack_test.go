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

	"github.com/seed-e0495807/strake/lang/diag"
)

// Layers that try to get out of their tree. What is outside stays as it is, whether they are
// unpacked or not.
func TestEscapes(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	for name, c := range map[string]struct {
		items []item
		want  string // what the tree has, or the error, if that begins with "!"
	}{
		"dots":             {[]item{regular("../../../"+secret, "evil"), regular("a/../../b", "x")}, "b -644 0:0 x\n"},
		"absolute":         {[]item{regular(secret, "evil")}, "secret -644 0:0 evil\n"},
		"parent is a link": {[]item{symlink("out", outside), regular("out/secret", "evil")}, "out l777 0:0 " + outside},
		"parent is a link up": {[]item{symlink("out", strings.Repeat("../", 20)+outside[1:]), regular("out/secret", "evil")},
			"secret -644 0:0 evil\n"},
		"parent becomes a link":  {[]item{directory("d"), directory("d/e").mode(0o777), symlink("d", outside), regular("d/secret", "evil")}, "d l777 0:0"},
		"times through a link":   {[]item{directory("d"), directory("d/sub").time(time.Unix(5, 0)).owner(7, 7), symlink("d", outside)}, "d l777 0:0"},
		"file through a link":    {[]item{symlink("f", secret), regular("f", "evil")}, "f -644 0:0 evil\n"},
		"mode through a link":    {[]item{symlink("f", secret).mode(0o4777).owner(3, 3)}, "f l777 3:3"},
		"hard link out":          {[]item{hardlink("h", secret), regular("h", "evil")}, "!damaged-layer"},
		"hard link to a link":    {[]item{symlink("f", secret), hardlink("h", "f").mode(0o777)}, "h l777 0:0"},
		"hard link over a link":  {[]item{symlink("d", outside), hardlink("h", "d/secret")}, "!damaged-layer"},
		"hard link up":           {[]item{hardlink("h", "../../.."+secret)}, "!damaged-layer"},
		"links in a circle":      {[]item{symlink("a", "b"), symlink("b", "a"), regular("a/x", "")}, "!damaged-layer"},
		"removes what is out":    {[]item{symlink("d", outside), regular("d/.wh.secret", "")}, "d l777 0:0"},
		"hides what is out":      {[]item{symlink("d", outside), regular("d/.wh..wh..opq", "")}, "d l777 0:0"},
		"removes the parent":     {[]item{regular("d/.wh...", "")}, "!damaged-layer"},
		"removes itself":         {[]item{regular("d/.wh..", "")}, "!damaged-layer"},
		"removes nothing":        {[]item{regular("d/.wh.", "")}, "!damaged-layer"},
		"removes a parent of it": {[]item{regular(".wh.d/x", "")}, "!damaged-layer"},
		"root is a file":         {[]item{regular(".", "")}, "!damaged-layer"},
		"root is a link":         {[]item{symlink(".", outside), regular("secret", "evil")}, "!damaged-layer"},
		"parent is a file":       {[]item{regular("a", "x"), regular("a/b", "y")}, "!damaged-layer"},
		"overlay's attributes": {[]item{directory("d").xattr("trusted.overlay.redirect", "/etc").xattr("user.overlay.redirect", "/etc"),
			regular("d/f", "").xattr("trusted.overlay.metacopy", "").xattr("trusted.x", "y")}, "d/f -644"},
		"a mark as a device":   {[]item{device("gone", 0, 0), regular("here", "")}, ". d755 0:0\nhere -644"},
		"devices":              {[]item{device("null", 1, 3)}, "null c600"},
		"no such device":       {[]item{device("x", -1, 3)}, "!damaged-layer"},
		"unknown kind":         {[]item{regular("x", "").typed('Z')}, "!damaged-layer"},
		"deep":                 {[]item{regular(strings.Repeat("d/", 3000)+"f", "")}, "!damaged-layer"},
		"a name too long":      {[]item{regular(strings.Repeat("n", 300), "")}, "!damaged-layer"},
		"a time beyond all":    {[]item{regular("x", "").time(time.Unix(1<<40, 0))}, "x -644"},
		"twice":                {[]item{regular("x", "1"), directory("x"), regular("x/y", ""), regular("x", "2")}, "x -644 0:0 2\n"},
		"directory after file": {[]item{regular("x", "1"), directory("x").mode(0o700), regular("x/y", "")}, "x d700 0:0\nx/y -644"},
		"aufs":                 {[]item{directory(".wh..wh.plnk"), regular(".wh..wh.plnk/1.2", ""), regular(".wh..wh.aufs", "")}, ". d755 0:0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
				t.Fatal(err)
			}
			os.Mkdir(filepath.Join(outside, "sub"), 0o700)
			before := snapshot(t, outside)
			l, _ := layersAt(t, t.TempDir(), &image{})
			i := imageOf(tarOf(t, c.items...))
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
	good := tarOf(t, regular("a", strings.Repeat("x", 1<<20)), regular("b", "y"))
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
	other := tarOf(t, regular("a", "z"))
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
			i := &image{blobs: imageOf().blobs}
			i.add(c.blob, good)
			if name == "gone" {
				clear(i.blobs)
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
	i := imageOf(tarOf(t, directory("mail").mode(0o2775).owner(0, 8), regular("mail/f", ""), regular("su", "x").mode(0o4755).owner(3, 4),
		regular("ping", "y").mode(0o755).xattr("security.capability", capability).xattr("user.note", "n")))
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
	i := imageOf(tarOf(t, regular("log", strings.Repeat("\x00", 8<<20)+"end"), regular("zeros", strings.Repeat("\x00", 3*holeSize))))
	l, _ := layersAt(t, t.TempDir(), i)
	for name, size := range map[string]int64{"log": 8<<20 + 3, "zeros": 3 * holeSize} {
		st, err := lstat(filepath.Join(l.path(i.diffIDs[0]), treeName, name))
		if err != nil || st.Size != size || st.Blocks*512 > holeSize*2 {
			t.Errorf("%s: %d bytes, %d blocks, %v", name, st.Size, st.Blocks, err)
		}
	}
}
