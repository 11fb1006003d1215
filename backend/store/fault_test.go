package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/diag"
)

// A test that needs other processes runs itself in them: with this variable, only
// TestWorker does something.
const workerEnv = "STRAKE_TEST_STORE"

// TestWorker is what each of many processes does to one store.
func TestWorker(t *testing.T) {
	dir := os.Getenv(workerEnv)
	if dir == "" {
		t.Skip("it runs in processes of other tests")
	}
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	own := fmt.Sprintf("own:%d", os.Getpid())
	for i := range 15 {
		release, err := s.Hold(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// Many write the same blobs at the same time.
		d := manifest(t, s, "amd64", strings.Repeat(fmt.Sprint(i), 1000))
		names := []string{fmt.Sprintf("shared:%d", rand.IntN(5))}
		if i == 7 {
			names = append(names, own)
		}
		if err := s.Put(t.Context(), d, names, &store.Record{Dockerfile: fmt.Sprint(i % 3)}); err != nil {
			t.Fatal(err)
		}
		release()
		img, err := s.Find(fmt.Sprintf("shared:%d", rand.IntN(5)))
		if err == nil {
			err = s.Tag(t.Context(), img, fmt.Sprintf("tagged:%d", rand.IntN(5)))
		}
		if err == nil {
			_, err = s.Remove(t.Context(), fmt.Sprintf("shared:%d", rand.IntN(5)), false)
		}
		if err != nil && !gone(err) {
			t.Fatal(err)
		}
		if _, err := s.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Find(own); err != nil {
		t.Error(err)
	}
}

// gone is what may happen when somebody else removes the image.
func gone(err error) bool {
	var d diag.Diagnostic
	return errors.Is(err, store.ErrNotFound) || errors.As(err, &d) && d.Code == "no-such-image"
}

func worker(dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^TestWorker$", "-test.count=1")
	cmd.Env = append(os.Environ(), workerEnv+"="+dir)
	return cmd
}

// Twenty processes at once lose nothing of one another.
func TestProcesses(t *testing.T) {
	s := open(t)
	var running []*exec.Cmd
	var out []*strings.Builder
	for range 20 {
		cmd, text := worker(s.Dir()), &strings.Builder{}
		cmd.Stdout, cmd.Stderr = text, text
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running, out = append(running, cmd), append(out, text)
	}
	for i, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, out[i])
			continue
		}
		if _, err := s.Find(fmt.Sprintf("own:%d", cmd.Process.Pid)); err != nil {
			t.Error(err)
		}
	}
	sound(t, s)
	if _, err := s.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := sound(t, s); r.Garbage != (store.Garbage{}) {
		t.Errorf("%+v", r.Garbage)
	}
}

// Processes that are killed at any point leave a store that is in order.
func TestKilled(t *testing.T) {
	s := open(t)
	for range 10 {
		a, b := worker(s.Dir()), worker(s.Dir())
		for _, cmd := range []*exec.Cmd{a, b} {
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
		}
		for _, cmd := range []*exec.Cmd{a, b} {
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
			cmd.Process.Kill()
			cmd.Wait()
		}
		sound(t, s)
	}
	if _, err := s.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := sound(t, s); r.Garbage != (store.Garbage{}) {
		t.Errorf("%+v", r.Garbage)
	}
	if left, _ := os.ReadDir(filepath.Join(s.Dir(), "ingest")); len(left) > 0 {
		t.Errorf("%d writes are left", len(left))
	}
}

// Nothing is collected while somebody holds the store; what was garbage goes with
// the release.
func TestHold(t *testing.T) {
	s := open(t)
	other, err := store.Open(s.Dir()) // as another process has it
	if err != nil {
		t.Fatal(err)
	}
	release, err := other.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	manifest(t, other, "amd64", "not named yet")
	w, err := other.Content().Writer(t.Context(), content.WithRef("x"))
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("half a blo"))
	put(t, s, manifest(t, s, "amd64", "1"), "x")
	put(t, s, manifest(t, s, "amd64", "2"), "x")
	if g, err := s.Collect(t.Context()); err != nil || g != (store.Garbage{}) || blobCount(t, s) != 9 {
		t.Errorf("%+v %v", g, err)
	}
	w.Close()
	release()
	if n := blobCount(t, s); n != 3 {
		t.Errorf("%d blobs", n)
	}
	if left, _ := os.ReadDir(filepath.Join(s.Dir(), "ingest")); len(left) > 0 {
		t.Errorf("%d writes are left", len(left))
	}
}

// Two processes that write a blob under the same name do not meet.
func TestSameWrite(t *testing.T) {
	s := open(t)
	other, err := store.Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(strings.Repeat("0123456789", 1000))
	d := ocispecs.Descriptor{Digest: digest.FromBytes(text), Size: int64(len(text))}
	var writers []content.Writer
	for _, one := range []*store.Store{s, other} {
		w, err := one.Content().Writer(t.Context(), content.WithRef("layer"), content.WithDescriptor(d))
		if err != nil {
			t.Fatal(err)
		}
		writers = append(writers, w)
	}
	for i := 0; i < len(text); i += 1000 {
		for _, w := range writers {
			w.Write(text[i : i+1000])
		}
	}
	for i, w := range writers {
		if err := w.Commit(t.Context(), d.Size, d.Digest); (err == nil) != (i == 0) {
			t.Errorf("%d: %v", i, err)
		}
		w.Close()
	}
	sound(t, s)
}

// A write goes on where it was left.
func TestResume(t *testing.T) {
	s := open(t)
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	text := "first half, second half"
	for _, part := range []string{text[:10], text[10:]} {
		w, err := s.Content().Writer(t.Context(), content.WithRef("x"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Content().Writer(t.Context(), content.WithRef("x")); err == nil {
			t.Error("two write the same")
		}
		io.WriteString(w, part)
		w.Close()
	}
	w, err := s.Content().Writer(t.Context(), content.WithRef("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), int64(len(text)), digest.SHA512.FromString(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), 0, ""); err == nil {
		t.Error("it was committed twice")
	}
}

func TestDamage(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, s *store.Store, layer string){
		"changed": func(t *testing.T, _ *store.Store, layer string) {
			info, _ := os.Stat(layer)
			os.Chmod(layer, 0o644)
			os.WriteFile(layer, make([]byte, info.Size()), 0o644)
		},
		"cut off": func(t *testing.T, _ *store.Store, layer string) {
			os.Chmod(layer, 0o644)
			os.Truncate(layer, 3)
		},
		"missing": func(t *testing.T, _ *store.Store, layer string) { os.Remove(layer) },
		"no index": func(t *testing.T, s *store.Store, layer string) {
			os.Remove(layer)
			os.WriteFile(filepath.Join(s.Dir(), "index.json"), []byte(`{"manifests":[`), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			bad := put(t, s, manifest(t, s, "amd64", "bad"), "bad")
			put(t, s, index(t, s, manifest(t, s, "amd64", "good"), manifest(t, s, "arm64", "good")), "good")
			damage(t, s, blobFile(s, bad.Variants[0].Manifest.Layers[0].Digest))
			r, err := s.Check(t.Context())
			if err != nil || len(r.Problems) == 0 {
				t.Errorf("%+v %v", r, err)
			}
			r, err = s.Repair(t.Context())
			if err != nil || len(r.Dropped) != 1 || r.Images != 1 {
				t.Errorf("%+v %v", r, err)
			}
			list, err := s.Images()
			if err != nil || len(list) != 1 || len(list[0].Variants) != 2 {
				t.Errorf("%+v %v", list, err)
			}
			if r := sound(t, s); r.Garbage != (store.Garbage{}) {
				t.Errorf("%+v", r.Garbage)
			}
			// And it is usable again.
			put(t, s, manifest(t, s, "amd64", "bad"), "bad")
			sound(t, s)
		})
	}
}

// A repair does not pull the rug from under others.
func TestRepairBusy(t *testing.T) {
	s := open(t)
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	var d diag.Diagnostic
	if _, err := s.Repair(t.Context()); !errors.As(err, &d) || d.Code != "store-busy" {
		t.Errorf("%v", err)
	}
}

// mounted gives a small file system of its own.
func mounted(t *testing.T, size string) string {
	t.Helper()
	if os.Getuid() != 0 || runtime.GOOS != "linux" {
		t.Skip("only root mounts file systems")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no tmpfs here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestDiskFull(t *testing.T) {
	s, err := store.Open(filepath.Join(mounted(t, "2m"), "store"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, manifest(t, s, "amd64", "small"), "small")
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var d diag.Diagnostic
	_, err = s.Write(t.Context(), "x", make([]byte, 4<<20))
	if err = s.Explain(err); !errors.As(err, &d) || d.Code != "disk-full" || d.Hint == "" {
		t.Errorf("%v", err)
	}
	release()
	if r := sound(t, s); r.Images != 1 || r.Garbage != (store.Garbage{}) {
		t.Errorf("%+v", r)
	}
	// There is room again.
	put(t, s, manifest(t, s, "amd64", "another"), "another")
}

func TestReadOnly(t *testing.T) {
	dir := mounted(t, "2m")
	s, err := store.Open(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	img := put(t, s, manifest(t, s, "amd64", "x"), "x")
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("cannot make it read-only: %v", err)
	}
	if s, err = store.Open(s.Dir()); err != nil {
		t.Fatal(err)
	}
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if got, err := s.Find("x"); err != nil || got.ID != img.ID {
		t.Errorf("%v", err)
	}
	if _, err := s.Size(t.Context(), img.Variants[0]); err != nil {
		t.Error(err)
	}
	sound(t, s)
	for what, err := range map[string]error{
		"tag":   s.Tag(t.Context(), img, "y"),
		"open":  second(store.Open(filepath.Join(dir, "other"))),
		"write": s.Explain(second(s.Write(t.Context(), "x", []byte("new")))),
	} {
		var d diag.Diagnostic
		if !errors.As(err, &d) || d.Code != "store-read-only" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Who waits for a lock can be interrupted.
func TestInterrupted(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Hold(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
