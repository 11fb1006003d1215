package validate

import (
	"archive/tar"
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/pkg/archive"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// forest makes random trees: paths with what they are. Parents come before what is in them.
type forest struct{ *rand.Rand }

func (f forest) tree() map[string]layertest.Item {
	tree := map[string]layertest.Item{"./": layertest.Dir("./")}
	dirs := []string{""}
	for i := range 10 + f.IntN(40) {
		name := path.Join(dirs[f.IntN(len(dirs))], fmt.Sprintf("n%d", i))
		one := f.item(name)
		if one.Typeflag == tar.TypeDir {
			dirs = append(dirs, name)
		}
		tree[name] = one
	}
	return tree
}

// item makes anything but a hard link.
func (f forest) item(name string) (i layertest.Item) {
	switch f.IntN(6) {
	case 0, 1:
		i = layertest.Dir(name)
	case 2:
		i = layertest.Symlink(name, fmt.Sprintf("n%d", f.IntN(20)))
		i.Uid = f.IntN(2)
		return i
	case 3:
		i = layertest.Device(name, int64(f.IntN(3)), int64(f.IntN(3)))
	default:
		i = layertest.File(name, strings.Repeat("x", f.IntN(3))+name)
	}
	i.Mode, i.Uid = int64(f.IntN(0o10000)), f.IntN(3)
	if i.ModTime = layertest.Epoch().Add(time.Duration(f.IntN(5)) * time.Second); i.Typeflag != tar.TypeChar && f.IntN(4) == 0 { // which a device may not have
		i = i.WithXattr("user.a", fmt.Sprint(f.IntN(3)))
	}
	return i
}

// layering splits a tree into layers that give it together: some paths are something else
// first, others are there for a while, and directories are emptied by marks of both kinds.
func (f forest) layering(tree map[string]layertest.Item) [][]layertest.Item {
	names := slices.Sorted(maps.Keys(tree))
	layers := make([][]layertest.Item, 1+f.IntN(4))
	last := len(layers) - 1
	at := map[string]int{} // the layer that a path is final in
	for _, name := range names {
		one := tree[name]
		n := f.IntN(len(layers))
		if parent := path.Dir(name); name != "./" && parent != "." {
			n = max(n, at[parent]) // it would be in a directory that is made anew
		}
		at[name] = n
		layers[n] = append(layers[n], one)
		if n > 0 && f.IntN(3) == 0 && name != "./" && at[path.Dir(name)] < n { // it was something else
			other := layertest.File(name, "other")
			layers[n-1] = append(layers[n-1], other)
			if one.Typeflag == tar.TypeDir && f.IntN(2) == 0 {
				layers[n-1][len(layers[n-1])-1] = layertest.Dir(name)
				layers[n-1] = append(layers[n-1], layertest.File(name+"/left", "x"))
				layers[n] = append(layers[n], layertest.File(name+"/"+opaque, ""))
			}
		}
		if one.Typeflag == tar.TypeDir && n < last && name != "./" && f.IntN(3) == 0 { // a file for a while
			layers[n] = append(layers[n], layertest.File(name+"/passing", "x"))
			layers[last] = append(layers[last], layertest.File(name+"/"+whiteout+"passing", ""))
		}
	}
	return layers
}

// TestLayerings holds that a tree is the same however it is layered, and that one random
// change to it is found.
func TestLayerings(t *testing.T) {
	for seed := range uint64(250) {
		f := forest{rand.New(rand.NewPCG(seed, 17))}
		tree := f.tree()
		a := imageOf(t, "a", config(), f.layering(tree)...)
		b := imageOf(t, "b", config(), f.layering(tree)...)
		if r := compare(t, a, b); len(brief(r)) > 0 {
			t.Fatalf("seed %d: the same tree in two layerings: %q", seed, brief(r))
		}
		name, change := f.change(tree)
		r := compare(t, a, imageOf(t, "b", config(), f.layering(tree)...))
		if r.Answer != Different || !slices.ContainsFunc(r.Files, func(d Difference) bool { return d.Path == "/"+name }) {
			t.Fatalf("seed %d: %s of %s: %q", seed, change, name, brief(r))
		}
		for _, d := range r.Files {
			if d.Path != "/"+name && !strings.HasPrefix(d.Path, "/"+name+"/") {
				t.Fatalf("seed %d: %s of %s, and it finds %s, too", seed, change, name, d.Path)
			}
		}
	}
}

// change changes one thing of a tree.
func (f forest) change(tree map[string]layertest.Item) (name, change string) {
	names := slices.Sorted(maps.Keys(tree))[1:] // the root is "./"
	name = names[f.IntN(len(names))]
	one := tree[name]
	switch n := f.IntN(5); {
	case n == 0:
		for below := range tree {
			if below == name || strings.HasPrefix(below, name+"/") {
				delete(tree, below)
			}
		}
		return name, "removal"
	case n == 1:
		name += "+"
		tree[name] = layertest.File(name, "")
		return name, "addition"
	case n == 2 && one.Typeflag == tar.TypeReg:
		one.Data += "."
		change = "content"
	case n == 3 && one.Typeflag != tar.TypeSymlink:
		one.Mode ^= 1 << f.IntN(12)
		change = "mode"
	default:
		one.Gid += 5
		change = "owner"
	}
	tree[name] = one
	return name, change
}

// TestUnpacker holds trees against what containerd makes of the same layers on a disk, with
// links on the way to what layers write and remove.
func TestUnpacker(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: it unpacks owners and devices")
	}
	for seed := range uint64(150) {
		f := forest{rand.New(rand.NewPCG(seed, 4))}
		layers := f.wild()
		root := t.TempDir()
		if err := os.Chmod(root, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, items := range layers {
			if _, err := archive.Apply(t.Context(), root, bytes.NewReader(layertest.Tar(t, items...))); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		tree, err := NewReader(Usual()).Tree(t.Context(), imageOf(t, "a", config(), layers...))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		have, want := listTree(tree), listDisk(t, root)
		if !slices.Equal(have, want) {
			t.Fatalf("seed %d:\nhave %q\nwant %q", seed, have, want)
		}
	}
}

// wild makes layers that an unpacker takes, with paths through links.
func (f forest) wild() [][]layertest.Item {
	layers := [][]layertest.Item{{
		layertest.Dir("a"), layertest.Dir("b"), layertest.Dir("b/c"), layertest.Symlink("l", "b"), layertest.Symlink("abs", "/b/c"), layertest.Symlink("up", "../../a"), layertest.Symlink("b/back", "../a"),
		layertest.File("a/f", "f"), layertest.File("b/f", "g"), layertest.File("b/c/f", "h"), layertest.Hardlink("a/h", "a/f"),
	}}
	dirs := []string{"a", "b", "b/c", "l", "l/c", "abs", "up", "b/back", "l/back"}
	for range 1 + f.IntN(3) {
		var items []layertest.Item
		used := map[string]bool{}
		for range 1 + f.IntN(5) {
			in := dirs[f.IntN(len(dirs))]
			name := path.Join(in, []string{"f", "g", "new"}[f.IntN(3)])
			if used[path.Base(name)] {
				continue // one name is written or removed once in a layer, through whichever link
			}
			used[path.Base(name)] = true
			switch f.IntN(4) {
			case 0:
				items = append(items, layertest.File(path.Join(in, whiteout+path.Base(name)), ""))
			case 1:
				items = append(items, layertest.Hardlink(name, "a/h"))
			default:
				one := f.item(name)
				for one.Typeflag == tar.TypeDir {
					one = f.item(name)
				}
				items = append(items, one)
			}
		}
		layers = append(layers, items)
	}
	return layers
}

// listTree lists what a tree has, a line each.
func listTree(t *Tree) (list []string) {
	group := map[hardLink]string{}
	each(t.root, t.root, func(n, _ *Node) {
		target := n.Target
		if key := (hardLink{n.File, n.born}); n.Kind != Directory && group[key] == "" {
			group[key] = n.Path()
		} else if n.Kind != Directory {
			target += " =" + group[key]
		}
		owner := fmt.Sprintf("%d:%d", n.UID, n.GID)
		list = append(list, fmt.Sprintf("%s %s %04o %s %d %d,%d %v %s", n.Path(), n.Kind, modeOf(n), owner, n.Size, n.Major, n.Minor, n.Xattrs, target))
	})
	return list
}

func modeOf(n *Node) int64 {
	if n.Kind == Symlink {
		return 0o777
	}
	return n.Mode
}

// listDisk lists the same of a directory.
func listDisk(t *testing.T, root string) (list []string) {
	t.Helper()
	group := map[uint64]string{}
	var walk func(name string)
	walk = func(name string) {
		at := filepath.Join(root, name)
		info, err := os.Lstat(at)
		if err != nil {
			t.Fatal(err)
		}
		st := info.Sys().(*syscall.Stat_t)
		h, err := tar.FileInfoHeader(info, "")
		if err != nil {
			t.Fatal(err)
		}
		kind, size := map[byte]Kind{tar.TypeReg: Regular, tar.TypeDir: Directory, tar.TypeSymlink: Symlink, tar.TypeChar: CharDev}[h.Typeflag], h.Size
		target, xattrs := "", map[string]string(nil)
		if kind == Symlink {
			target, err = os.Readlink(at)
		} else {
			buf := make([]byte, 100)
			if n, err := syscall.Getxattr(at, "user.a", buf); err == nil {
				xattrs = map[string]string{"user.a": string(buf[:n])}
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if first := group[st.Ino]; kind != Directory && first != "" {
			target += " =" + first
		} else if kind != Directory {
			group[st.Ino] = "/" + name
		}
		var major, minor int64
		if kind == CharDev {
			major, minor = int64(st.Rdev>>8), int64(st.Rdev&0xff)
		}
		list = append(list, fmt.Sprintf("%s %s %04o %d:%d %d %d,%d %v %s", "/"+name, kind, st.Mode&0o7777, st.Uid, st.Gid, size, major, minor, xattrs, target))
		if kind != Directory {
			return
		}
		entries, err := os.ReadDir(at)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			walk(path.Join(name, e.Name()))
		}
	}
	walk("")
	return list
}
