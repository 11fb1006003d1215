//go:build linux

package commit

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/lang/diag"
)

// world is a store with an image, and a container of it.
type world struct {
	store  *store.Store
	set    *container.Set
	layers *rootfs.Layers
	c      *container.Container
	root   string // of the container, mounted
	base   store.Variant
}

func newWorld(t *testing.T, home string, docker bool) *world {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root mounts layers")
	}
	s, err := store.Open(filepath.Join(home, "store"))
	if err != nil {
		t.Fatal(err)
	}
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	w := &world{store: s, set: container.Open(filepath.Join(home, "containers"))}
	w.base = putBase(t, s, docker)
	w.c, err = w.set.Create(t.Context(), container.Config{
		Name: "it", Image: "base", ImageID: w.base.Manifest.Config.Digest, Manifest: w.base.Desc.Digest, DiffIDs: w.base.Config.RootFS.DiffIDs,
		Args: []string{"sh", "-c", "curl -H 'Authorization: Bearer hunter2' x"}, Env: []string{"PATH=/bin", "TOKEN=hunter2"}, User: "nobody", Cwd: "/given",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.c.Release)
	if w.layers, err = rootfs.Open(filepath.Join(home, "layers")); err == nil {
		err = w.layers.Unpack(t.Context(), s.Content(), w.base.Manifest, w.c.DiffIDs)
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := w.layers.Mount(t.Context(), w.c.Dir(), w.c.DiffIDs, rootfs.Options{
		Points: []rootfs.Point{{Path: "/mnt/given"}, {Path: "/etc/hosts", File: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Unmount() })
	w.root = m.Path
	return w
}

// putBase puts an image into a store, as docker or as OCI has it.
func putBase(t *testing.T, s *store.Store, docker bool) store.Variant {
	t.Helper()
	layer, diffID, err := tarball.WriteLayer(t.Context(), s, func(w io.Writer) error {
		z := tar.NewWriter(w)
		z.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "etc/", Mode: 0o755})
		z.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "etc/os-release", Mode: 0o644, Size: 2})
		z.Write([]byte("x\n"))
		return z.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	created := time.Unix(1700000000, 0).UTC()
	config := dockerspec.DockerOCIImage{}
	config.OS, config.Architecture, config.Created, config.Author = "linux", "amd64", &created, "somebody"
	config.Config.Env, config.Config.Cmd, config.Config.User = []string{"PATH=/bin"}, []string{"sh"}, "app"
	config.Config.OnBuild = []string{"RUN x"}
	config.RootFS = ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{diffID}}
	config.History = []ocispecs.History{{Created: &created, CreatedBy: "ADD rootfs.tar /"}}
	m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest, Layers: []ocispecs.Descriptor{layer}, Annotations: map[string]string{"a": "b"}}
	m.SchemaVersion = 2
	kind := ocispecs.MediaTypeImageConfig
	if docker {
		m.MediaType, kind = images.MediaTypeDockerSchema2Manifest, images.MediaTypeDockerSchema2Config
		m.Layers[0].MediaType = images.MediaTypeDockerSchema2LayerGzip
	}
	if m.Config, err = writeJSON(t.Context(), s, kind, config); err != nil {
		t.Fatal(err)
	}
	desc, err := writeJSON(t.Context(), s, m.MediaType, m)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), desc, []string{"base"}, &store.Record{Dockerfile: "Dockerfile", Entries: []store.Entry{{Line: 1, Text: "ADD"}}}); err != nil {
		t.Fatal(err)
	}
	img, err := s.Find("base")
	if err != nil {
		t.Fatal(err)
	}
	return img.Variants[0]
}

func (w *world) commit(t *testing.T, o Options) (store.Variant, store.Image) {
	t.Helper()
	o.Now = time.Unix(1800000000, 0).UTC()
	desc, err := Commit(t.Context(), w.store, w.layers, w.c, o)
	if err != nil {
		t.Fatal(err)
	}
	img, err := w.store.Find(desc.Digest.String())
	if err != nil {
		t.Fatal(err)
	}
	return img.Variants[0], img
}

func TestCommit(t *testing.T) {
	for _, docker := range []bool{false, true} {
		w := newWorld(t, t.TempDir(), docker)
		if err := os.WriteFile(filepath.Join(w.root, "new"), []byte("new"), 0o600); err != nil {
			t.Fatal(err)
		}
		paused := 0
		v, img := w.commit(t, Options{Names: []string{"mine:1"}, Author: "me", Comment: "by hand", Pause: func(fn func() error) error { paused++; return fn() }})
		if paused != 1 || !reflect.DeepEqual(img.Names, []string{"docker.io/library/mine:1"}) {
			t.Errorf("%d, %v", paused, img.Names)
		}
		if len(v.Manifest.Layers) != 2 || v.Manifest.Layers[1].MediaType != w.base.Manifest.Layers[0].MediaType || v.Manifest.Annotations != nil {
			t.Errorf("%+v", v.Manifest)
		}
		if !reflect.DeepEqual(v.Config.Config, w.base.Config.Config) {
			t.Errorf("the config is %+v, that of the image %+v", v.Config.Config, w.base.Config.Config)
		}
		data, err := json.Marshal(v.Config)
		if err != nil || bytes.Contains(data, []byte("hunter2")) || bytes.Contains(data, []byte("given")) {
			t.Errorf("%s %v", data, err)
		}
		h := v.Config.History[1]
		if len(v.Config.History) != 2 || h.Author != "me" || h.Comment != "by hand" || h.EmptyLayer || !strings.HasPrefix(h.CreatedBy, "sh -c") || v.Config.Author != "me" {
			t.Errorf("%+v", v.Config.History)
		}
		steps, err := w.store.History(t.Context(), img, v)
		if err != nil || len(steps) != 2 || steps[0].Line != 1 || steps[1].Size != 3 {
			t.Errorf("%+v %v", steps, err)
		}
		// The same changes are the same layer; nothing more is no layer.
		again, _ := w.commit(t, Options{})
		if again.Manifest.Layers[1].Digest != v.Manifest.Layers[1].Digest {
			t.Error("the layer differs")
		}
		os.Remove(filepath.Join(w.root, "new"))
		os.Chtimes(w.root, time.Time{}, time.Unix(5, 0))
		none, _ := w.commit(t, Options{Change: func(c dockerspec.DockerOCIImage) (dockerspec.DockerOCIImage, error) {
			c.Config.User = "other"
			return c, nil
		}})
		if len(none.Manifest.Layers) != 1 || !none.Config.History[1].EmptyLayer || none.Config.Config.User != "other" {
			t.Errorf("%+v %+v", none.Manifest, none.Config)
		}
	}
}

func TestFaults(t *testing.T) {
	code := func(want string, err error) {
		t.Helper()
		var d diag.Diagnostic
		if !errors.As(err, &d) || d.Code != want || d.Hint == "" {
			t.Errorf("%v, not %s", err, want)
		}
	}
	commit := func(w *world, ctx context.Context, o Options) error {
		_, err := Commit(ctx, w.store, w.layers, w.c, o)
		return w.store.Explain(err)
	}
	w := newWorld(t, t.TempDir(), false)
	code("invalid-reference", commit(w, t.Context(), Options{Names: []string{"Not/A Name"}}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := commit(w, ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	layer := filepath.Join(w.store.Dir(), "blobs", "sha256", w.base.Manifest.Layers[0].Digest.Encoded())
	if err := os.Remove(layer); err != nil {
		t.Fatal(err)
	}
	code("image-gone", commit(w, t.Context(), Options{}))
	if err := os.Remove(filepath.Join(w.store.Dir(), "blobs", "sha256", w.c.Manifest.Encoded())); err != nil {
		t.Fatal(err)
	}
	code("image-gone", commit(w, t.Context(), Options{}))
	w.c.OwnImage = true
	var own diag.Diagnostic
	if err := commit(w, t.Context(), Options{}); !errors.As(err, &own) || own.Code != "image-gone" || !strings.Contains(own.Hint, "strake rm") {
		t.Errorf("an image that nobody can make again: %+v", own)
	}

	w = newWorld(t, t.TempDir(), false)
	code("no-such-container", commit(w, t.Context(), Options{Pause: func(fn func() error) error {
		unix.Unmount(w.root, unix.MNT_DETACH)
		if err := w.set.Remove(t.Context(), w.c); err != nil {
			t.Error(err)
		}
		return fn()
	}}))
	if list, err := w.store.Images(); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}

	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("no tmpfs here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(small, unix.MNT_DETACH) })
	w = newWorld(t, small, false)
	noise := make([]byte, 2<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	if err := os.WriteFile(filepath.Join(w.root, "big"), noise, 0o600); err != nil {
		t.Fatal(err)
	}
	fill := filepath.Join(small, "fill")
	os.WriteFile(fill, make([]byte, 2600<<10), 0o600)
	code("disk-full", commit(w, t.Context(), Options{Names: []string{"x"}}))
	if list, err := w.store.Images(); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	os.Remove(fill)
	if err := commit(w, t.Context(), Options{Names: []string{"x"}}); err != nil {
		t.Error(err)
	}
}
