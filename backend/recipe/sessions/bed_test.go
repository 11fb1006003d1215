package sessions

import (
	"cmp"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/validate"
)

// images are the bases that package testbed makes, and what a Dockerfile calls them.
var images = map[string]struct {
	base testbed.Base
	name string
}{
	"busybox": {testbed.Busybox, "busybox:latest"},
	"debian":  {testbed.Debian, "debian:12"},
	"node":    {testbed.Node, "node:22"},
}

// bed is what builds: a BuildKit, and a store in which bases and what is built are.
type bed struct {
	home     string // of the store, and of containers
	program  string // strake
	engine   *engine.Engine
	images   *store.Store
	progress *build.Progress
}

func noEnv(string) (string, bool) { return "", false }

// newBed starts a BuildKit, or takes that of $BUILDKIT_HOST. The store is in $STRAKE_SESSIONS_DIR, where
// what sessions have made is found by the next run, or else goes away.
func newBed(t testing.TB) *bed {
	t.Helper()
	b := &bed{home: cmp.Or(os.Getenv("STRAKE_SESSIONS_DIR"), t.TempDir()), program: testbed.Strake(t)}
	addr := os.Getenv("BUILDKIT_HOST")
	if addr == "" {
		addr = testbed.StartDaemon(t).Addr
	}
	var err error
	if b.engine, err = engine.Find(t.Context(), engine.Options{Addr: addr, Dir: t.TempDir(), Env: noEnv}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.engine.Close() })
	if b.images, err = store.Open(filepath.Join(b.home, "store")); err != nil {
		t.Fatal(err)
	}
	release, err := b.images.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	if b.progress, err = build.NewProgress(io.Discard, "quiet"); err != nil {
		t.Fatal(err)
	}
	return b
}

// base makes a base image, if it is not in the store, and gives its name.
func (b *bed) base(t testing.TB, name string) string {
	t.Helper()
	if made, ok := images[name]; ok {
		if _, err := b.images.Find(made.name); err != nil {
			b.load(t, made.base, made.name)
		}
		return made.name
	}
	text, err := os.ReadFile(baseFile(name))
	if err != nil {
		t.Fatal(err)
	}
	b.base(t, "debian")
	ref := name + "-base:" + (&session{base: name}).key()
	if _, err := b.images.Find(ref); err != nil {
		if err := b.build(t.Context(), write(t, string(text)), ref); err != nil {
			t.Fatalf("base %s: %v", name, err)
		}
	}
	return ref
}

// load takes an image of package testbed into the store.
func (b *bed) load(t testing.TB, base testbed.Base, name string) {
	t.Helper()
	dir := t.TempDir()
	path, err := layout.Write(dir, empty.Index)
	if err == nil {
		err = path.AppendImage(testbed.Image(t, base))
	}
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := tarball.LoadDir(t.Context(), b.images, dir)
	if err == nil {
		err = b.images.Tag(t.Context(), loaded[0].Image, name)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// request is what all builds have.
func (b *bed) request() build.Request {
	return build.Request{Engine: b.engine, Images: b.images, Env: noEnv, Progress: b.progress,
		Attestations: []build.Attestation{{Type: "provenance", Disabled: true}}}
}

// build builds a directory into the store.
func (b *bed) build(ctx context.Context, dir, name string) error {
	r := b.request()
	var err error
	if r.Input, err = input.Find(ctx, input.Request{Path: dir}); err != nil {
		return err
	}
	full, err := store.Normalize(name)
	if err != nil {
		return err
	}
	r.Tags, r.Outputs = []string{full}, []build.Output{{Type: build.Store}}
	_, err = build.Run(ctx, r)
	return err
}

// image gives one of the store.
func (b *bed) image(t testing.TB, name string) *validate.Image {
	t.Helper()
	found, err := b.images.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := found.Variant("")
	if err != nil {
		t.Fatal(err)
	}
	img, err := validate.FromStore(t.Context(), b.images, name, found, v)
	if err != nil {
		t.Fatal(err)
	}
	img.Manifest = v.Desc.Digest
	return img
}

// plain gives an image of the store to code that knows no store.
func (b *bed) plain(t testing.TB, img *validate.Image) v1.Image {
	t.Helper()
	path, err := layout.FromPath(b.images.Dir())
	if err != nil {
		t.Fatal(err)
	}
	digest, err := v1.NewHash(img.Manifest.String())
	if err != nil {
		t.Fatal(err)
	}
	out, err := path.Image(digest)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// write makes a build context that is a Dockerfile alone.
func write(t testing.TB, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}
