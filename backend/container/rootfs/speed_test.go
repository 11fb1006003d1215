//go:build linux

package rootfs

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestSpeed compares the first use of images with GNU tar, which unpacks the same archives,
// one after the other, into one directory.
func TestSpeed(t *testing.T) {
	if os.Getenv("STRAKE_BENCH") == "" {
		t.Skip("it measures: set STRAKE_BENCH=1")
	}
	if os.Getuid() != 0 {
		t.Skip("only root unpacks what belongs to all users")
	}
	const rounds = 6
	for _, b := range []testbed.Base{testbed.Debian, testbed.Golang} {
		i := pulled(t, b)
		dir := t.TempDir()
		var archives []string
		for n, desc := range i.manifest.Layers {
			name := filepath.Join(dir, fmt.Sprintf("%d.tar.gz", n))
			if err := os.WriteFile(name, i.Blobs[desc.Digest], 0o600); err != nil {
				t.Fatal(err)
			}
			archives = append(archives, name)
		}
		var ours, tars []time.Duration
		for n := range rounds {
			to := filepath.Join(dir, fmt.Sprint(n))
			strake := func() error {
				l, err := Open(to + "-strake")
				if err != nil {
					return err
				}
				if err := l.Unpack(t.Context(), i, i.manifest, i.diffIDs); err != nil {
					return err
				}
				m, err := l.Mount(t.Context(), to+"-container", i.diffIDs, Options{})
				if err != nil {
					return err
				}
				return m.Unmount()
			}
			tar := func() error { return untar(to+"-tar", archives) }
			if n%2 == 0 { // what the first one has written slows the second one down
				tars, ours = append(tars, timed(t, tar)), append(ours, timed(t, strake))
			} else {
				ours, tars = append(ours, timed(t, strake)), append(tars, timed(t, tar))
			}
			for _, d := range []string{to + "-tar", to + "-strake", to + "-container"} {
				os.RemoveAll(d)
			}
		}
		slices.Sort(ours)
		slices.Sort(tars)
		ratio := float64(ours[rounds/2]) / float64(tars[rounds/2])
		t.Logf("%s: %d layers: strake %v, tar -x %v: %.2f", b, len(archives), ours[rounds/2], tars[rounds/2], ratio)
		if ratio > 1.1 {
			t.Errorf("%s takes %.2f times as long as tar -x, at most 1.1 is the aim", b, ratio)
		}
	}
}

func timed(t *testing.T, do func() error) time.Duration {
	t.Helper()
	begin := time.Now()
	if err := do(); err != nil {
		t.Fatal(err)
	}
	return time.Since(begin)
}

func untar(dir string, archives []string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for _, a := range archives {
		if out, err := exec.Command("tar", "-C", dir, "--numeric-owner", "-xpzf", a).CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
	}
	return nil
}

// pulled gives a base image of the testbed.
func pulled(t *testing.T, b testbed.Base) *image {
	t.Helper()
	layers, err := testbed.Image(t, b).Layers()
	if err != nil {
		t.Fatal(err)
	}
	i := imageOf()
	for _, l := range layers {
		r, err := l.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		var blob bytes.Buffer
		if _, err := blob.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		r.Close()
		d, err := l.DiffID()
		if err != nil {
			t.Fatal(err)
		}
		i.add(blob.Bytes(), nil)
		i.diffIDs[len(i.diffIDs)-1] = digest.Digest(d.String())
	}
	return i
}
