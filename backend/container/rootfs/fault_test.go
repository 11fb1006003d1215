//go:build linux

package rootfs

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
	"github.com/seed-e0495807/strake/lang/diag"
)

// workerEnv is the directory of layers of a process that TestWorker runs in.
const workerEnv = "STRAKE_TEST_ROOTFS"

// several is an image whose layers take a while.
func several(t testing.TB) *image {
	var layers [][]byte
	for n := range 4 {
		var items []layertest.Item
		for f := range 500 {
			items = append(items, layertest.File(fmt.Sprintf("l%d/d%d/f%d", n, f%20, f), strings.Repeat(fmt.Sprint(f), 1000)))
		}
		layers = append(layers, layertest.Tar(t, items...))
	}
	return imageOf(layers...)
}

// TestWorker is what each of many processes does with one directory of layers.
func TestWorker(t *testing.T) {
	dir := os.Getenv(workerEnv)
	if dir == "" {
		t.Skip("it runs in processes of other tests")
	}
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	i := several(t)
	if err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs); err != nil {
		t.Fatal(err)
	}
	whole(t, l, i)
}

// whole holds that an image is there, and nothing is left of what made it.
func whole(t *testing.T, l *Layers, i *image) {
	t.Helper()
	for _, d := range i.diffIDs {
		found, err := filepath.Glob(filepath.Join(l.path(d), treeName, "*", "*", "*"))
		if err != nil || len(found) != 500 {
			t.Errorf("%d files, %v", len(found), err)
		}
		if _, err := l.read(d); err != nil {
			t.Error(err)
		}
	}
}

func worker(t *testing.T, dir string) (*exec.Cmd, *strings.Builder) {
	cmd, out := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestWorker$", "-test.count=1"), &strings.Builder{}
	cmd.Env = append(os.Environ(), workerEnv+"="+dir)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// Processes that unpack the same image at once wait for one another.
func TestProcesses(t *testing.T) {
	l, _ := layersAt(t, t.TempDir(), &image{})
	var running []*exec.Cmd
	var outs []*strings.Builder
	for range 6 {
		cmd, out := worker(t, l.dir)
		running, outs = append(running, cmd), append(outs, out)
	}
	for n, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, outs[n])
		}
	}
	if left, _ := filepath.Glob(filepath.Join(l.dir, "*", "*", "*.part")); len(left) > 0 {
		t.Errorf("%q", left)
	}
}

// A process that is killed leaves no half of a layer, and what it leaves goes.
func TestKilled(t *testing.T) {
	l, _ := layersAt(t, t.TempDir(), &image{})
	i := several(t)
	killed := 0
	for range 12 {
		cmd, _ := worker(t, l.dir)
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
		cmd.Process.Kill()
		if cmd.Wait() != nil {
			killed++
		}
		for _, d := range i.diffIDs {
			if exists(l.path(d)) {
				if found, _ := filepath.Glob(filepath.Join(l.path(d), treeName, "*", "*", "*")); len(found) != 500 {
					t.Fatalf("%d files of a layer", len(found))
				}
			}
		}
	}
	if killed == 0 {
		t.Error("none was killed")
	}
	if err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs); err != nil {
		t.Fatal(err)
	}
	whole(t, l, i)
	collect(t, l)
	if left, _ := filepath.Glob(filepath.Join(l.dir, "*", "*", "*")); len(left) > 0 {
		t.Errorf("%q", left)
	}
	if left, _ := filepath.Glob(filepath.Join(l.dir, probeName+"*")); len(left) > 0 {
		t.Errorf("%q", left)
	}
}

func collect(t *testing.T, l *Layers, keep ...digest.Digest) {
	t.Helper()
	err := l.Collect(t.Context(), func() (map[digest.Digest]bool, error) {
		set := map[digest.Digest]bool{}
		for _, d := range keep {
			set[d] = true
		}
		return set, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What a machine that crashed has of a layer is not believed.
func TestCrashed(t *testing.T) {
	i := imageOf(layertest.Tar(t, layertest.File("a", "a")))
	l, _ := layersAt(t, t.TempDir(), i)
	d := i.diffIDs[0]
	spoil := func(v details) {
		if err := os.WriteFile(filepath.Join(l.path(d), treeName, "a"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := writeDetails(l.path(d), v); err != nil {
			t.Fatal(err)
		}
		if err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs); err != nil {
			t.Fatal(err)
		}
	}
	spoil(details{Boot: "another"})
	if data, err := os.ReadFile(filepath.Join(l.path(d), treeName, "a")); string(data) != "a" {
		t.Errorf("%q %v", data, err)
	}
	spoil(details{})
	if data, _ := os.ReadFile(filepath.Join(l.path(d), treeName, "a")); len(data) > 0 {
		t.Error("it was unpacked again, though it was on the disk")
	}
	// In this boot it becomes one that is on the disk, in time.
	if err := writeDetails(l.path(d), details{Boot: Boot()}); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * settled)
	if err := os.Chtimes(filepath.Join(l.path(d), detailsName), old, old); err != nil {
		t.Fatal(err)
	}
	if err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs); err != nil {
		t.Fatal(err)
	}
	if v, err := l.read(d); err != nil || v.Boot != "" {
		t.Errorf("%+v %v", v, err)
	}
}

// fileSystem mounts a small one.
func fileSystem(t *testing.T, kind, options string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root mounts file systems")
	}
	dir := t.TempDir()
	if err := unix.Mount(kind, dir, kind, 0, options); err != nil {
		t.Skipf("no %s here: %v", kind, err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func TestDiskFull(t *testing.T) {
	small, big := imageOf(layertest.Tar(t, layertest.File("s", "s"))), imageOf(layertest.Tar(t, layertest.File("a", strings.Repeat("x", 3<<20))), layertest.Tar(t, layertest.File("b", "b")))
	l, dir := layersAt(t, fileSystem(t, "tmpfs", "size=2m"), small)
	full := func(err error) {
		t.Helper()
		var d diag.Diagnostic
		if !errors.As(err, &d) || d.Code != "disk-full" || d.Hint == "" {
			t.Errorf("%v", err)
		}
	}
	full(l.Unpack(t.Context(), big, big.manifest, big.diffIDs))
	if left, _ := filepath.Glob(filepath.Join(l.dir, "*", "*", "*.part")); len(left) > 0 {
		t.Errorf("%q", left)
	}
	if m := mounted(t, l, dir, small); list(t, m.Path) != ". d755 0:0\ns -644 0:0 s\n" {
		t.Error(list(t, m.Path))
	}
	// There is no room for a copy either.
	i := imageOf(layertest.Tar(t, layertest.File("a", strings.Repeat("x", 1200<<10))))
	l.marks, l.kind = marks{}, func() string { return "plain" }
	if err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs); err != nil {
		t.Fatal(err)
	}
	_, err := l.Mount(t.Context(), dir+"-2", i.diffIDs, Options{})
	full(err)
	if way(dir+"-2") != "" {
		t.Error("half of a copy is left")
	}
}

// Inodes run out, too.
func TestNoInodes(t *testing.T) {
	i := several(t)
	l, _ := layersAt(t, fileSystem(t, "tmpfs", "nr_inodes=300"), &image{})
	var d diag.Diagnostic
	if err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs); !errors.As(err, &d) || d.Code != "disk-full" {
		t.Errorf("%v", err)
	}
}

// Where overlayfs cannot have its directories, layers are copied.
func TestOnOverlay(t *testing.T) {
	at := t.TempDir()
	for _, name := range []string{"lower", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(at, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	home := fileSystem(t, "overlay", fmt.Sprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", at, at, at))
	i := base(t)
	l, dir := layersAt(t, home, i)
	m := mounted(t, l, dir, i)
	if m.Way != Copy {
		t.Fatal(m.Way)
	}
	sound, elsewhere := layersAt(t, t.TempDir(), i)
	if want := list(t, mounted(t, sound, elsewhere, i).Path); list(t, m.Path) != want {
		t.Errorf("%s, want %s", list(t, m.Path), want)
	}
	os.RemoveAll(filepath.Join(m.Path, "lib"))
	if names := strings.Join(namesOf(t, changesOf(t, l, dir, i)), " "); names != ".wh.lib" {
		t.Error(names)
	}
}

// An image may have more layers than the kernel has room for in one mount.
func TestManyLayers(t *testing.T) {
	for _, n := range []int{1, 128, 300} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			i := imageOf()
			for k := range n {
				layer := layertest.Tar(t, layertest.Dir("./"), layertest.Dir("d"), layertest.File("d/same", fmt.Sprint(k)), layertest.File(fmt.Sprintf("d/f%d", k), ""))
				i.add(layer, layer)
			}
			l, dir := layersAt(t, t.TempDir(), i)
			m := mounted(t, l, dir, i)
			names, err := readNames(filepath.Join(m.Path, "d"))
			data, _ := os.ReadFile(filepath.Join(m.Path, "d/same"))
			if err != nil || len(names) != n+1 || string(data) != fmt.Sprint(n-1) {
				t.Errorf("%s: %d names, %q, %v", m.Way, len(names), data, err)
			}
			if layer := changesOf(t, l, dir, i); len(layer) != 1024 {
				t.Error(namesOf(t, layer))
			}
		})
	}
}

// Collect removes what nobody needs, and what died.
func TestCollect(t *testing.T) {
	i := base(t)
	l, dir := layersAt(t, t.TempDir(), i)
	collect(t, l, i.diffIDs...)
	mounted(t, l, dir, i) // all are there
	release, err := l.share(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	collect(t, l) // somebody else is about to use them
	mounted(t, l, dir+"-2", i)
	release()
	os.MkdirAll(filepath.Join(l.dir, probeName+"1", "lower", "gone"), 0o700)
	collect(t, l, i.diffIDs[1])
	left, err := filepath.Glob(filepath.Join(l.dir, "*", "*", "*"))
	if err != nil || len(left) != 1 || left[0] != l.path(i.diffIDs[1]) {
		t.Errorf("%q %v", left, err)
	}
	var d diag.Diagnostic
	if _, err := l.Mount(t.Context(), dir+"-3", i.diffIDs, Options{}); !errors.As(err, &d) || d.Code != "layer-missing" {
		t.Errorf("%v", err)
	}
}
