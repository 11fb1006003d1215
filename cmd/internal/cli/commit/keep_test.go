//go:build linux

package commit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	containers "github.com/seed-e0495807/strake/cmd/internal/cli/container"
)

// keeper is where changes are kept.
type keeper struct {
	*testing.T
	*containers.World
	out bytes.Buffer
}

func newKeeper(t *testing.T) *keeper {
	if os.Geteuid() != 0 {
		t.Skip("only root unpacks layers")
	}
	k := &keeper{T: t}
	home := t.TempDir()
	w, err := containers.Open(t.Context(), &cli.Process{Stdout: &k.out, Stderr: &k.out, Env: func(name string) (string, bool) { return home, name == "STRAKE_HOME" }})
	k.World = w
	k.check(err)
	return k
}

func (k *keeper) check(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// write writes a blob.
func (k *keeper) write(s *store.Store, kind string, v any) ocispecs.Descriptor {
	k.Helper()
	data, err := json.Marshal(v)
	k.check(err)
	desc, err := s.Write(k.Context(), kind, data)
	k.check(err)
	return desc
}

// changed is a change of an image of one file.
func (k *keeper) changed(s *store.Store, items ...layertest.Item) *build.Changed {
	k.Helper()
	c := &build.Changed{Command: []string{"/bin/sh"}, Exit: 3, About: "These lines are for a test"}
	layer := func(items ...layertest.Item) (desc ocispecs.Descriptor) {
		desc, diffID, err := tarball.WriteLayer(k.Context(), s, func(w io.Writer) error { _, err := w.Write(layertest.Tar(k.T, items...)); return err })
		k.check(err)
		c.DiffID = diffID
		return desc
	}
	m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest, Layers: []ocispecs.Descriptor{layer(layertest.Dir("etc"), layertest.File("etc/motd", "hi\n"))}}
	m.SchemaVersion = 2
	config := ocispecs.Image{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}}
	config.RootFS.Type, config.RootFS.DiffIDs = "layers", append(config.RootFS.DiffIDs, c.DiffID)
	m.Config = k.write(s, ocispecs.MediaTypeImageConfig, config)
	c.Image = k.write(s, m.MediaType, m)
	c.Layer = layer(items...)
	return c
}

// keep keeps a change.
func (k *keeper) keep(ctx context.Context, items ...layertest.Item) error {
	return k.WithStore(ctx, func(s *store.Store) error { return keepHere(ctx, k.Process, s, k.changed(s, items...)) })
}

// has holds how many images and containers there are, and that no other files are left.
func (k *keeper) has(when string, images, containers int) {
	k.Helper()
	k.check(k.WithStore(context.WithoutCancel(k.Context()), func(s *store.Store) error {
		list, err := s.Images()
		if len(list) != images {
			k.Errorf("%s: there are images %+v", when, list)
		}
		return err
	}))
	list, err := k.Set.List()
	if err != nil || len(list) != containers || len(k.Set.Litter()) > 0 {
		k.Errorf("%s: there are %d containers, and of dead ones %q: %v", when, len(list), k.Set.Litter(), err)
	}
}

// container tells whether the container is there.
func (k *keeper) container() bool {
	list, err := k.Set.List()
	return err == nil && len(list) == 1
}

// blocked calls what needs to change the list of images while that cannot be done, until something is so.
func (k *keeper) blocked(do func(context.Context) error, until func() bool, meanwhile func()) {
	k.Helper()
	lock := flock.New(filepath.Join(filepath.Join(filepath.Dir(k.Set.Dir()), "store"), "index.lock"))
	k.check(lock.Lock())
	defer lock.Close()
	ctx, cancel := context.WithCancel(k.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- do(ctx) }()
	for end := time.Now().Add(20 * time.Second); !until(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			k.Fatal("it does not come to that")
		}
	}
	meanwhile()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		k.Errorf("%v", err)
	}
}

// TestKeep holds that changes are kept with the image that they are of, and that both go together.
func TestKeep(t *testing.T) {
	k := newKeeper(t)
	k.check(k.keep(t.Context(), layertest.Dir("etc"), layertest.File("etc/motd", "hello\n")))
	k.has("kept", 1, 1)
	list, err := k.Set.List()
	k.check(err)
	if c := list[0]; c.ExitCode != 3 || !strings.Contains(k.out.String(), "strake rm "+c.Name) || c.About == "" {
		t.Errorf("%+v: %s", c, k.out.String())
	}
	k.check(k.RemoveOne(t.Context(), list[0], false))
	k.has("removed", 0, 0)
	k.check(k.keep(t.Context(), layertest.Dir("etc"), layertest.File("etc/motd", "hi\n")))
	k.has("nothing was changed", 0, 0)
}

// TestKeepKilled holds that at no time, when a kill may come, there is the image without the container that
// takes it along: neither while they are made nor while they are removed.
func TestKeepKilled(t *testing.T) {
	k := newKeeper(t)
	k.check(k.WithStore(t.Context(), func(*store.Store) error { return nil })) // makes it
	layer := layertest.File("new", "x")
	k.blocked(func(ctx context.Context) error { return k.keep(ctx, layer) }, k.container, func() { k.has("before the image has a name", 0, 1) })
	k.has("interrupted", 0, 0)

	k.check(k.keep(t.Context(), layer))
	list, err := k.Set.List()
	k.check(err)
	entered := make(chan struct{})
	k.blocked(func(ctx context.Context) error { close(entered); return k.RemoveOne(ctx, list[0], false) }, func() bool { <-entered; time.Sleep(200 * time.Millisecond); return true },
		func() { k.has("before the image has gone", 1, 1) })
	k.check(k.WithStore(t.Context(), func(s *store.Store) error { return containers.RemoveOwn(t.Context(), s, list[0]) }))
	k.has("killed behind that", 0, 1)
	k.check(k.RemoveOne(t.Context(), list[0], false))
	k.has("removed again", 0, 0)
}
