package bench

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/backend/validate/verify"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/slim"
	"github.com/seed-e0495807/strake/plugins/config"
)

// bed is what builds: a BuildKit with a cache of its own.
type bed struct {
	daemon   *testbed.Daemon
	engine   *engine.Engine
	images   *store.Store
	progress *build.Progress
	bases    map[string]bool // digests of the layers of base images
}

func noEnv(string) (string, bool) { return "", false }

func newBed(t testing.TB, hub *testbed.Registry, bases []testbed.Base) *bed {
	t.Helper()
	b := &bed{daemon: testbed.StartDaemon(t, hub), bases: map[string]bool{}}
	var err error
	if b.engine, err = engine.Find(t.Context(), engine.Options{Addr: b.daemon.Addr, Dir: t.TempDir(), Env: noEnv}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.engine.Close() })
	if b.images, err = store.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if b.progress, err = build.NewProgress(io.Discard, "quiet"); err != nil {
		t.Fatal(err)
	}
	for _, base := range bases {
		layers, err := testbed.Image(t, base).Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range layers {
			d, err := l.Digest()
			if err != nil {
				t.Fatal(err)
			}
			b.bases[d.String()] = true
		}
	}
	return b
}

// request is a build of a directory by a Dockerfile in it or elsewhere, behind a row of plugins; nil
// is none. What is mounted as a cache has a space of names.
func (b *bed) request(ctx context.Context, dir, file string, row *config.Plugins, space string) (build.Request, error) {
	options := map[string]string{"build-arg:BUILDKIT_CACHE_MOUNT_NS": space}
	flags := testbed.ProxyFlags()
	for i := 1; i < len(flags); i += 2 {
		options["build-arg:"+flags[i]] = os.Getenv(flags[i])
	}
	found, err := input.Find(ctx, input.Request{Path: dir, File: file, Options: options})
	r := build.Request{Input: found, Engine: b.engine, Images: b.images, Env: noEnv, Progress: b.progress,
		Outputs:      []build.Output{{Type: build.CacheOnly}},
		Attestations: []build.Attestation{{Type: "provenance", Disabled: true}}}
	r.Compile.Plugins, r.Compile.Files, r.Compile.Whole = row, found, true // a row reads the context
	return r, err
}

// cost is what builds took: by the clock, and of the processors for the daemon and its steps.
type cost struct{ clock, work time.Duration }

func (c cost) plus(d cost) cost { return cost{c.clock + d.clock, c.work + d.work} }

// build builds, into the cache alone.
func (b *bed) build(t testing.TB, dir, file, space string, cold bool) (cost, error) {
	r, err := b.request(t.Context(), dir, file, nil, space)
	if err != nil {
		return cost{}, err
	}
	if cold {
		r.Input.Options["no-cache"] = ""
	}
	work, start := b.daemon.Processor(t), time.Now()
	_, err = build.Run(t.Context(), r)
	return cost{time.Since(start), b.daemon.Processor(t) - work}, err
}

// size is that of an image in bytes, its layers compressed: all of them, and those that are not
// of its base.
type size struct{ all, own int64 }

// size builds out of the cache.
func (b *bed) size(t testing.TB, dir, file, space string) (s size, err error) {
	r, err := b.request(t.Context(), dir, file, nil, space)
	if err != nil {
		return s, err
	}
	layout := filepath.Join(t.TempDir(), "image")
	defer os.RemoveAll(layout)
	r.Outputs = []build.Output{{Type: client.ExporterOCI, Dest: layout, Attrs: map[string]string{"tar": "false"}}}
	if _, err := build.Run(t.Context(), r); err != nil {
		return s, err
	}
	layers, err := testbed.LoadImage(t, layout).Layers()
	if err != nil {
		return s, err
	}
	for _, l := range layers {
		n, err := l.Size()
		if err != nil {
			return s, err
		}
		d, err := l.Digest()
		if err != nil {
			return s, err
		}
		s.all += n
		if !b.bases[d.String()] {
			s.own += n
		}
	}
	return s, nil
}

// experiment is one with the images that a directory gives without plugins.
func (b *bed) experiment(t testing.TB, dir, run string) (*verify.Experiment, error) {
	before, err := b.request(t.Context(), dir, in(dir), nil, "verify")
	if err != nil {
		return nil, err
	}
	o := verify.Options{A: verify.Build{Name: "before", Request: before}, Limits: validate.Usual()}
	if run != "" {
		o.Run = []string{run}
	}
	return verify.New(t.Context(), o)
}

func pluginsOf(t testing.TB, row optimize.Row, builtins map[string]func() plugins.Plugin) *config.Plugins {
	t.Helper()
	p, err := row.Plugins(t.Context(), builtins, false)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// expand gives the Dockerfile behind a row, and the patterns of files that its image lacks on
// purpose.
func (b *bed) expand(t testing.TB, dir string, row *config.Plugins) (text string, dropped []string, err error) {
	r, err := b.request(t.Context(), dir, in(dir), row, "look")
	if err != nil {
		return "", nil, err
	}
	r.Look = func(ctx context.Context, s *compile.Snapshot) error {
		m, _, err := s.Targeted(ctx)
		if err == nil {
			dropped = slim.Declared(m)
			text, err = dockerfile.Print(m)
		}
		return err
	}
	_, err = build.Run(t.Context(), r)
	return text, dropped, err
}

// in is the Dockerfile of a directory.
func in(dir string) string { return filepath.Join(dir, "Dockerfile") }

// basesOf are the base images that Dockerfiles name.
func basesOf(list []*project) (bases []testbed.Base) {
	for name, b := range map[string]testbed.Base{"busybox": testbed.Busybox, "debian": testbed.Debian, "ubuntu": testbed.Debian, "golang": testbed.Golang, "node": testbed.Node} {
		if !slices.Contains(bases, b) && slices.ContainsFunc(list, func(p *project) bool { return strings.Contains("\n"+p.files["Dockerfile"], "\nFROM "+name) }) {
			bases = append(bases, b)
		}
	}
	return bases
}
