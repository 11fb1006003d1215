//go:build linux

package rootfs

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
	"github.com/seed-e0495807/strake/backend/validate"
)

// base is an image with all that a change can meet.
func base(t *testing.T) *image {
	return imageOf(
		layertest.Tar(t, layertest.Dir("./"), layertest.Dir("etc"), layertest.File("etc/passwd", "root"), layertest.File("etc/group", "x").WithMode(0o600).OwnedBy(1, 2),
			layertest.Symlink("etc/link", "passwd"), layertest.Dir("lib"), layertest.File("lib/a", "a"), layertest.Hardlink("lib/b", "lib/a"), layertest.Hardlink("lib/c", "lib/a"),
			layertest.Dir("lib/deep"), layertest.Dir("lib/deep/er"), layertest.File("lib/deep/er/f", "f").WithXattr("user.x", "1"),
			layertest.File("suid", "s").WithMode(0o4755), layertest.Dir("var").WithMode(0o1777), layertest.File("var/log", "log"), layertest.Dir("gone"), layertest.File("gone/x", "x")),
		layertest.Tar(t, layertest.Dir("etc"), layertest.File("etc/.wh.group", ""), layertest.File("etc/hosts", "h"), layertest.Dir("lib"), layertest.Dir("lib/deep"),
			layertest.Dir("lib/deep/er"), layertest.File("lib/deep/er/.wh..wh..opq", ""), layertest.File("lib/deep/er/g", "g"), layertest.File(".wh.gone", "")),
		layertest.Tar(t, layertest.File("opt/app/main", "main"), layertest.Dir("lib"), layertest.File("lib/.wh.c", ""), layertest.File("var/lib/db", "db")),
	)
}

// TestChanges holds that what a container changed, over its image, is what the container has.
// GNU tar reads the one, and package validate puts the other together.
func TestChanges(t *testing.T) {
	seeds := uint64(25)
	if os.Getenv("STRAKE_LONG") != "" {
		seeds = 500
	}
	ways(t, func(t *testing.T, l *Layers, dir string, i *image) { testChanges(t, l, dir, i, seeds) }, base(t))
}

// TestChangesUserNS does it without root.
func TestChangesUserNS(t *testing.T) {
	if inUserNS(t, unix.CLONE_NEWNS) {
		ways(t, func(t *testing.T, l *Layers, dir string, i *image) { testChanges(t, l, dir, i, 25) }, base(t))
	}
}

func testChanges(t *testing.T, l *Layers, dir string, i *image, seeds uint64) {
	for seed := range seeds {
		dir := fmt.Sprintf("%s-%d", dir, seed)
		m := mounted(t, l, dir, i, Point{"/proc", false}, Point{"/etc/resolv.conf", true})
		h := hand{rand.New(rand.NewPCG(seed, 29)), m.Path, nil}
		for range 1 + h.IntN(40) {
			h.change(t)
		}
		layer := changesOf(t, l, dir, i)
		if !bytes.Equal(layer, changesOf(t, l, dir, i)) {
			t.Fatalf("seed %d: the same changes are another layer", seed)
		}
		// A file that was copied up has another number than its hard links, until it is mounted anew.
		m.Unmount()
		m = mounted(t, l, dir, i)
		cmd := exec.CommandContext(t.Context(), "tar", "-C", m.Path, "--xattrs", "--xattrs-include=user.*", "--numeric-owner", "--format=posix", "-c",
			"--exclude=./proc", "--exclude=./etc/resolv.conf", ".")
		cmd.Stderr = os.Stderr
		whole, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		a := imageOf(wholeSeconds(t, whole))
		b := i.with(layer)
		if diff := difference(t, a, b); len(diff) > 0 {
			t.Fatalf("seed %d: after\n%s\nof\n%s\nand a layer\n%s\n%s", seed, strings.Join(h.log, "\n"), list(t, m.Path), strings.Join(namesOf(t, layer), "\n"), strings.Join(diff, "\n"))
		}
		// And it is unpacked here so, too.
		if err := l.Unpack(t.Context(), b, b.manifest, b.diffIDs); err != nil {
			t.Fatal(err)
		}
		again := mounted(t, l, dir+"-again", b, Point{"/proc", false}, Point{"/etc/resolv.conf", true})
		if x, y := list(t, m.Path), list(t, again.Path); x != y {
			t.Fatalf("seed %d:\n%s\n%s", seed, x, y)
		}
		again.Unmount()
		m.Unmount()
	}
}

// wholeSeconds gives an archive with the times that layers have.
func wholeSeconds(t *testing.T, archive []byte) []byte {
	var b bytes.Buffer
	r, w := tar.NewReader(bytes.NewReader(archive)), tar.NewWriter(&b)
	for {
		h, err := r.Next()
		if err == io.EOF {
			w.Close()
			return b.Bytes()
		}
		if err != nil {
			t.Fatal(err)
		}
		h.ModTime = h.ModTime.Truncate(time.Second)
		h.AccessTime, h.ChangeTime = time.Time{}, time.Time{}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
	}
}

// difference compares two images.
func difference(t *testing.T, a, b *image) []string {
	var of [2]*validate.Image
	for n, i := range []*image{a, b} {
		config, err := json.Marshal(ocispecs.Image{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}, RootFS: ocispecs.RootFS{Type: "layers", DiffIDs: i.diffIDs}})
		if err != nil {
			t.Fatal(err)
		}
		m := i.manifest
		m.Config = i.Put("", config)
		if of[n], err = validate.FromManifest(t.Context(), i, fmt.Sprint(n), m); err != nil {
			t.Fatal(err)
		}
	}
	r, err := validate.Compare(t.Context(), validate.NewReader(validate.Usual()), of[0], of[1])
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, d := range r.Files {
		list = append(list, fmt.Sprintf("%s %s %+v", d.Change, d.Path, d.Aspects))
	}
	for _, name := range r.Times {
		if name == "/" { // which is no change by itself
			continue
		}
		list = append(list, "time of "+name)
	}
	return list
}

// hand changes a tree at random.
type hand struct {
	*rand.Rand
	root string
	log  []string
}

// pick gives a path of the tree, a directory if dir.
func (h *hand) pick(t *testing.T, dir bool) string {
	var names []string
	err := filepath.WalkDir(h.root, func(name string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(h.root, name)
		if err == nil && rel != "proc" && rel != "etc/resolv.conf" && (!dir || e.IsDir()) && (dir || rel != ".") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names[h.IntN(len(names))]
}

func (h *hand) change(t *testing.T) {
	at := h.pick(t, false)
	if st, err := lstat(at); err != nil || strings.HasSuffix(at, "/etc") {
		return
	} else if st.Mode&unix.S_IFMT == unix.S_IFLNK && h.IntN(2) == 0 {
		return
	}
	fresh := filepath.Join(h.pick(t, true), fmt.Sprintf("n%d", h.IntN(1000)))
	text := fmt.Sprint(h.IntN(1000))
	info, _ := os.Lstat(at)
	link := info.Mode()&fs.ModeSymlink != 0
	do := func(what string, err error) {
		h.log = append(h.log, fmt.Sprintf("%s %s %s: %v", what, strings.TrimPrefix(at, h.root), strings.TrimPrefix(fresh, h.root), err))
	}
	switch h.IntN(20) {
	case 0:
		do("write", os.WriteFile(fresh, []byte(text), 0o640))
	case 1:
		do("mkdir", os.MkdirAll(filepath.Join(fresh, "a", "b"), 0o750))
	case 2:
		do("symlink", os.Symlink(text, fresh))
	case 3:
		if info.Mode().IsRegular() { // GNU tar knows no other hard links
			do("link", os.Link(at, fresh))
		}
	case 4:
		do("fifo", unix.Mkfifo(fresh, 0o600))
	case 5:
		do("remove", os.RemoveAll(at))
	case 6, 7:
		if !strings.HasPrefix(fresh, at+"/") {
			do("mv", exec.Command("mv", at, fresh).Run()) // which copies directories of the image
		}
	case 8:
		if !link {
			do("chmod", unix.Chmod(at, uint32(h.IntN(0o10000))))
		}
	case 9:
		do("chown", os.Lchown(at, h.IntN(5), h.IntN(5)))
	case 10:
		if !link {
			do("setxattr", unix.Setxattr(at, "user.n"+text[:1], []byte(text), 0))
		}
	case 11:
		do("touch", unix.UtimesNanoAt(unix.AT_FDCWD, at, times(layertest.Epoch().Add(time.Duration(h.IntN(9))*time.Second)), unix.AT_SYMLINK_NOFOLLOW))
	case 12:
		if info.Mode().IsRegular() {
			do("truncate", os.Truncate(at, int64(h.IntN(100))))
		}
	case 13:
		if info.Mode().IsRegular() {
			do("rewrite", os.WriteFile(at, []byte(text), 0))
		}
	case 14:
		if info.Mode().IsRegular() { // opened, and nothing written
			f, err := os.OpenFile(at, os.O_APPEND|os.O_WRONLY, 0)
			do("open", err)
			if err == nil {
				f.Close()
			}
		}
	case 15:
		os.RemoveAll(at)
		do("becomes a directory", os.MkdirAll(filepath.Join(at, "z"), 0o711))
	case 16:
		os.RemoveAll(at)
		do("becomes a file", os.WriteFile(at, []byte(text), 0o604))
	case 17:
		os.RemoveAll(at)
		do("becomes a link", os.Symlink("x"+text, at))
	case 18:
		do("rename", os.Rename(at, fresh))
	case 19:
		do("chmod of the root", os.Chmod(h.root, 0o700+fs.FileMode(h.IntN(8))))
	}
}
