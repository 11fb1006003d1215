//go:build linux

package rootfs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestLive holds that what is seen of a file system from without, before and after changes, gives
// another container the changes of the first.
func TestLive(t *testing.T) { ways(t, testLive, base(t)) }

// TestLiveUserNS does it without root.
func TestLiveUserNS(t *testing.T) {
	if inUserNS(t, unix.CLONE_NEWNS) {
		ways(t, testLive, base(t))
	}
}

func testLive(t *testing.T, l *Layers, dir string, i *image) {
	seeds := uint64(10)
	if os.Getenv("STRAKE_LONG") != "" {
		seeds = 500
	}
	for seed := range seeds {
		dir := fmt.Sprintf("%s-%d", dir, seed)
		m := mounted(t, l, dir, i, Point{"/proc", false})
		h := hand{rand.New(rand.NewPCG(seed, 31)), m.Path, nil}
		live := look(t, m.Path)
		for range 1 + h.IntN(40) {
			h.change(t)
		}
		layer, _ := seen(t, live)
		m.Unmount()
		changed, _ := fill(t, l, dir+"-again", i, layer)
		// The layers may say the same in other words.
		want, got := i.with(changesOf(t, l, dir, i)), i.with(changesOf(t, l, dir+"-again", i))
		diff := difference(t, want, got)
		if l.userns && m.Way == Overlay {
			// There overlayfs shows two numbers for one file: that of a file of the image which
			// was linked since, under its first name. The second one becomes a copy.
			diff = slices.DeleteFunc(diff, func(d string) bool { return strings.Contains(d, "[{What:hard link ") && !strings.Contains(d, "} {") })
		}
		if !changed {
			diff = append(diff, slices.DeleteFunc(difference(t, want, i.with()), func(d string) bool { return strings.HasPrefix(d, "time of ") })...)
		}
		if len(diff) > 0 {
			t.Fatalf("seed %d: after\n%s\nthe layer\n%s\nis %t, and\n%s", seed, strings.Join(h.log, "\n"), strings.Join(namesOf(t, layer), "\n"), changed, strings.Join(diff, "\n"))
		}
	}
}

// with gives the image with layers more.
func (i *image) with(layers ...[]byte) *image {
	out := imageOf()
	for n, d := range i.diffIDs {
		out.add(i.Blobs[d], i.Blobs[i.manifest.Layers[n].Digest])
	}
	for _, l := range layers {
		out.add(l, l)
	}
	return out
}

func look(t *testing.T, root string) *Live {
	t.Helper()
	l, err := Look(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func seen(t *testing.T, l *Live) (layer []byte, omitted []string) {
	t.Helper()
	var b bytes.Buffer
	omitted, err := l.Changes(t.Context(), &b)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), omitted
}

func fill(t *testing.T, l *Layers, dir string, i *image, layer []byte) (changed bool, skipped []string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	changed, skipped, err := l.Fill(t.Context(), dir, i.diffIDs, bytes.NewReader(layer))
	if err != nil {
		t.Fatal(err)
	}
	return changed, skipped
}

// TestLiveSees changes one thing each, and looks whether the layer has it.
func TestLiveSees(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	past := time.Now().Add(-time.Hour)
	for _, test := range []struct {
		name   string
		change func(root string) error
		want   string // entries of the layer, without the directories above
	}{
		{"nothing", func(string) error { return nil }, ""},
		{"read", func(root string) error { _, err := os.ReadFile(root + "/d/f"); return err }, ""},
		{"new", func(root string) error { return os.WriteFile(root+"/d/new", nil, 0o600) }, "d/new"},
		{"removed", func(root string) error { return os.Remove(root + "/d/f") }, "d/.wh.f"},
		{"removed directory", func(root string) error { return os.RemoveAll(root + "/d/sub") }, "d/.wh.sub"},
		{"mode", func(root string) error { return os.Chmod(root+"/d/f", 0o4711) }, "d/f"},
		{"owner", func(root string) error { return os.Lchown(root+"/d/f", 3, 4) }, "d/f"},
		{"owner of a link", func(root string) error { return os.Lchown(root+"/d/l", 3, 4) }, "d/l"},
		{"link", func(root string) error {
			return os.Symlink("elsewhere", filepath.Join(root, "d/m"))
		}, "d/m"},
		{"hard link", func(root string) error { return os.Link(root+"/d/f", root+"/d/g") }, "d/f d/g"},
		{"attribute", func(root string) error { return unix.Setxattr(root+"/d/f", "user.x", []byte("1"), 0) }, "d/f"},
		{"time", func(root string) error { return os.Chtimes(root+"/d/f", past, past) }, "d/f"},
		{"same size and time, other bytes", func(root string) error {
			info, err := os.Stat(root + "/d/f")
			if err == nil {
				err = os.WriteFile(root+"/d/f", []byte("two"), 0)
			}
			if err == nil {
				err = os.Chtimes(root+"/d/f", time.Time{}, info.ModTime())
			}
			return err
		}, "d/f"},
		{"another one in its place", func(root string) error {
			return os.Rename(root+"/d/sub/x", root+"/d/f")
		}, "d/f d/sub/.wh.x"},
		{"file for a directory", func(root string) error {
			if err := os.RemoveAll(root + "/d/sub"); err != nil {
				return err
			}
			return os.WriteFile(root+"/d/sub", nil, 0o600)
		}, "d/sub"},
		{"directory for a file", func(root string) error {
			if err := os.Remove(root + "/d/f"); err != nil {
				return err
			}
			return os.MkdirAll(root+"/d/f/a", 0o700)
		}, "d/f/ d/f/a/"},
		{"directory made again", func(root string) error {
			if err := os.RemoveAll(root + "/d/sub"); err != nil {
				return err
			}
			return os.Mkdir(root+"/d/sub", 0o755)
		}, "d/sub/ d/sub/.wh.x"},
		{"pipe", func(root string) error { return unix.Mkfifo(root+"/d/p", 0o600) }, "d/p"},
		{"socket", func(root string) error {
			at, err := net.Listen("unix", root+"/d/s")
			if err == nil {
				at.(*net.UnixListener).SetUnlinkOnClose(false)
				err = at.Close()
			}
			return err
		}, ""},
		{"names that hurt", func(root string) error {
			for _, name := range []string{"a\nb", "\xff\xfe", " ", "-rf", "~", "=", "\x1b[31m", "名"} {
				if err := os.WriteFile(root+"/d/"+name, nil, 0o600); err != nil {
					return err
				}
			}
			return nil
		}, "d/\x1b[31m d/  d/-rf d/= d/a\nb d/~ d/名 d/\xff\xfe"},
		{"names of layers", func(root string) error {
			for _, name := range []string{".wh.f", ".wh..wh..opq"} {
				if err := os.WriteFile(root+"/d/"+name, nil, 0o600); err != nil {
					return err
				}
			}
			return unix.Setxattr(root+"/d/f", "user.a=b", []byte("1"), 0)
		}, "left out: /d/.wh..wh..opq /d/.wh.f /d/f"},
	} {
		for _, age := range []string{"fresh", "settled"} {
			t.Run(test.name+" "+age, func(t *testing.T) {
				root := t.TempDir()
				for _, err := range []error{
					os.MkdirAll(root+"/d/sub", 0o755), os.WriteFile(root+"/d/f", []byte("one"), 0o644), os.Symlink("f", root+"/d/l"),
					os.WriteFile(root+"/d/sub/x", []byte("x"), 0o644),
				} {
					if err != nil {
						t.Fatal(err)
					}
				}
				l := look(t, root)
				if age == "settled" { // as it is two seconds later: no sum tells of a change
					forget(l.files)
				}
				if err := test.change(root); err != nil {
					t.Fatal(err)
				}
				layer, omitted := seen(t, l)
				names := slices.DeleteFunc(namesOf(t, layer), func(name string) bool { return name == "./" || name == "d/" })
				if test.name == "another one in its place" || test.name == "removed directory" {
					names = slices.DeleteFunc(names, func(name string) bool { return name == "d/sub/" })
				}
				got := strings.Join(names, " ")
				if len(omitted) > 0 {
					got += "left out: " + strings.Join(omitted, " ")
				}
				if got != test.want {
					t.Errorf("%q, want %q", got, test.want)
				}
			})
		}
	}
}

func forget(n *node) {
	n.sum = 0
	for _, b := range n.below {
		forget(b)
	}
}

// TestLiveWithinATick rewrites files faster than the clock of the file system moves.
func TestLiveWithinATick(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	same := 0
	for n := range 500 {
		if err := os.WriteFile(name, fmt.Appendf(nil, "%04d", n), 0o644); err != nil {
			t.Fatal(err)
		}
		l := look(t, filepath.Dir(name))
		before := l.files.below["f"]
		if err := os.WriteFile(name, fmt.Appendf(nil, "%04d", n+1), 0o644); err != nil {
			t.Fatal(err)
		}
		if st, err := lstat(name); err == nil && st.Ctim == before.change {
			same++
		}
		if layer, _ := seen(t, l); !slices.Contains(namesOf(t, layer), "f") {
			t.Fatalf("round %d: the change is not seen", n)
		}
	}
	t.Logf("%d of 500 changes left the same time", same)
}

// TestLiveMounts holds that what is mounted is no change, nor what is gone below it.
func TestLiveMounts(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root mounts")
	}
	root := t.TempDir()
	for _, name := range []string{"cache", "later", "plain"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(root+"/later/f", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mount := func(name string) {
		if err := unix.Mount("none", filepath.Join(root, name), "tmpfs", 0, ""); err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { unix.Unmount(filepath.Join(root, name), unix.MNT_DETACH) })
	}
	mount("cache")
	l := look(t, root)
	mount("later")
	for _, name := range []string{"cache/a", "later/a", "plain/a"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("a"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	layer, _ := seen(t, l)
	if got := strings.Join(namesOf(t, layer), " "); got != "plain/ plain/a" {
		t.Errorf("the layer has %s", got)
	}
}
