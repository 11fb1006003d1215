//go:build linux

package commit

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	containers "github.com/seed-e0495807/strake/cmd/internal/cli/container"
	"github.com/seed-e0495807/strake/lang/diag"
)

// keepDigest makes the test binary what keeps changes, as a process that can be killed: it is the
// digest of the blob that describes them.
const keepDigest = "STRAKE_TEST_KEEP"

// TestMain makes the test binary what keeps changes, too.
func TestMain(m *testing.M) {
	note := os.Getenv(keepDigest)
	if note == "" {
		os.Exit(m.Run())
	}
	p := &cli.Process{Stdout: os.Stdout, Stderr: os.Stderr, Env: os.LookupEnv}
	if err := keepNoted(context.Background(), p, note); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// root is the home.
func (k *keeper) root() string {
	dir, err := k.Process.Home()
	k.check(err)
	return dir
}

// process is what keeps a change of the home, as a process of its own. The change is in the store.
func (k *keeper) process(s *store.Store, items ...layertest.Item) *exec.Cmd {
	k.Helper()
	note := k.write(s, "application/json", k.changed(s, items...))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "STRAKE_HOME="+k.root(), keepDigest+"="+note.Digest.String())
	return cmd
}

// files are those of a directory of the home, without locks and what is always there.
func (k *keeper) files(dir string, but ...string) (list []string) {
	k.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		for _, suffix := range but {
			if strings.HasSuffix(name, suffix) {
				return nil
			}
		}
		list = append(list, name)
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.Fatal(err)
	}
	return list
}

// cleaned has the next commands clean what is left, a minute later, removes what was kept, and holds that
// nothing is left then. It gives what was kept.
func (k *keeper) cleaned(when string) (images, kept int) {
	k.Helper()
	old := time.Now().Add(-time.Hour)
	left, err := filepath.Glob(filepath.Join(k.root(), "containers", ".?*"))
	k.check(err)
	for _, name := range left {
		k.check(os.Chtimes(name, old, old))
	}
	_, err = containers.Open(k.Context(), k.Process) // cleans
	k.check(err)
	list, err := k.Set.List()
	k.check(err)
	k.check(k.WithStore(k.Context(), func(s *store.Store) error {
		all, err := s.Images()
		images = len(all)
		for _, img := range all {
			if len(list) == 0 || img.Descriptor.Digest != list[0].Manifest {
				k.Errorf("%s: there is an image without its container: %+v", when, img)
			}
		}
		return err
	}))
	for _, c := range list {
		if c.Err != nil || c.Status != "exited" {
			k.Errorf("%s: a container that is half there: %+v", when, c)
		}
		k.check(k.RemoveOne(k.Context(), c, false))
	}
	k.check(k.WithStore(k.Context(), func(s *store.Store) error { s.Litter(); return nil }))
	k.has(when, 0, 0)
	for _, dir := range []string{"containers", "store/blobs", "store/ingest"} {
		if left := k.files(filepath.Join(k.root(), dir), ".lock", "/lock"); len(left) > 0 {
			k.Errorf("%s: left: %q", when, left)
		}
	}
	return images, len(list)
}

// many are files of a layer.
func many(n int) []layertest.Item {
	list := []layertest.Item{layertest.Dir("many")}
	for i := range n {
		list = append(list, layertest.File(fmt.Sprintf("many/%d", i), strings.Repeat("x", i%512)))
	}
	return list
}

// TestKeepSIGKILL kills what keeps changes at each point of its work. All is there then, or nothing, or the
// container alone, of whose image an error tells; and the next command cleans what is left.
func TestKeepSIGKILL(t *testing.T) {
	k := newKeeper(t)
	items := many(1000)
	for _, c := range []struct {
		when, there string // the kill comes when this is there, of the home
		containers  []int  // how many there may be
	}{
		{"the image is unpacked", "layers/*/*/*", []int{0}},
		{"the container is begun", "containers/.?*/*", []int{0}},
		{"files are made", "containers/.?*/fill/many/300", []int{0}},
		{"all files are made", "containers/.?*/*/many/999", []int{0, 1}},
		{"the container has its name", "containers/[0-9a-f]*/config.json", []int{1}},
		{"it has ended", "", []int{1}},
	} {
		k.killed(c.there, items)
		images, containers := k.cleaned(c.when)
		if !slices.Contains(c.containers, containers) || c.there == "" && images == 0 {
			t.Errorf("killed when %s: %d images, %d containers", c.when, images, containers)
		}
		t.Logf("killed when %s: %d images, %d containers", c.when, images, containers)
	}
}

// killed keeps a change in a process that is killed when a file of the home is there; "" is never.
func (k *keeper) killed(there string, items []layertest.Item) {
	k.Helper()
	var out bytes.Buffer
	k.check(k.WithStore(k.Context(), func(s *store.Store) error {
		cmd := k.process(s, items...)
		cmd.Stderr = &out
		k.check(cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for there != "" {
			if found, _ := filepath.Glob(filepath.Join(k.root(), there)); len(found) > 0 {
				k.check(cmd.Process.Kill())
				break
			}
			select {
			case err := <-ended:
				k.Fatalf("%s was not seen: %v: %s", there, err, &out)
			case <-time.After(time.Millisecond):
			}
		}
		if err := <-ended; there == "" && err != nil {
			k.Errorf("it fails: %v: %s", err, &out)
		}
		return nil
	}))
}

// TestKeepDiskFull has a disk that is full at each point of the keeping.
func TestKeepDiskFull(t *testing.T) {
	k := newKeeper(t)
	if err := syscall.Mount("tmpfs", k.root(), "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("no tmpfs here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(k.root(), syscall.MNT_DETACH) })
	text := make([]byte, 1<<20)
	rand.Read(text)
	items := append(many(40), layertest.File("big", string(text)))
	failed := 0
	for room := 0; room < 2<<20; room += 96 << 10 {
		when := fmt.Sprintf("%d kB are free", room>>10)
		var kept error
		k.check(k.WithStore(t.Context(), func(s *store.Store) error {
			c := k.changed(s, items...)
			undo := k.fill(int64(room))
			kept = keepHere(t.Context(), k.Process, s, c)
			undo()
			return nil
		}))
		images, containers := k.cleaned(when)
		switch {
		case kept == nil && images == 1 && containers == 1:
		case kept != nil && images+containers == 0 && full(cli.Diagnose(kept)):
			failed++
		default:
			t.Errorf("%s: %d images, %d containers, %v", when, images, containers, kept)
		}
	}
	if failed < 5 || failed > 21 {
		t.Errorf("%d fail", failed)
	}
	t.Logf("%d of 22 fail", failed)
}

// full tells whether an error says that the disk is full.
func full(list diag.List) bool {
	return len(list) == 1 && (list[0].Code == "disk-full" || strings.Contains(list[0].Message, "no space left"))
}

// fill leaves some bytes of the disk free, until undo.
func (k *keeper) fill(room int64) (undo func()) {
	k.Helper()
	name := filepath.Join(k.root(), "full")
	f, err := os.Create(name)
	k.check(err)
	defer f.Close()
	n, err := io.Copy(f, rand.Reader)
	if !errors.Is(err, syscall.ENOSPC) {
		k.Fatal(err)
	}
	k.check(f.Truncate(max(0, n-room)))
	return func() { k.check(os.Remove(name)) }
}
