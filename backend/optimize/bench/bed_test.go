package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
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
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config"
)

// bed is what builds: a BuildKit with a cache of its own, and a directory to which images go.
type bed struct {
	daemon   *testbed.Daemon
	engine   *engine.Engine
	images   *store.Store
	progress *build.Progress
	bases    map[string]bool   // digests of the layers of base images
	args     map[string]string // build arguments, with which downloads are kept
	layout   string            // of the images
}

func noEnv(string) (string, bool) { return "", false }

func newBed(t testing.TB, hub *testbed.Registry, bases []testbed.Base, args map[string]string) *bed {
	t.Helper()
	b := &bed{daemon: testbed.StartDaemon(t, hub), bases: map[string]bool{}, args: args, layout: t.TempDir()}
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
	for name, value := range b.args {
		options["build-arg:"+name] = value
	}
	found, err := input.Find(ctx, input.Request{Path: dir, File: file, Options: options})
	r := build.Request{Input: found, Engine: b.engine, Images: b.images, Env: noEnv, Progress: b.progress,
		Outputs:      []build.Output{{Type: build.CacheOnly}},
		Attestations: []build.Attestation{{Type: "provenance", Disabled: true}}}
	r.Compile.Plugins, r.Compile.Files, r.Compile.Whole = row, found, true // a row reads the context
	return r, err
}

// cost is what builds took: by the clock, and of the processors for the daemon and its steps.
type cost struct {
	Clock time.Duration `json:"clock"`
	Work  time.Duration `json:"work"`
}

func (c *cost) add(d cost) { c.Clock, c.Work = c.Clock+d.Clock, c.Work+d.Work }

// build builds into the cache alone, as it is between edits; or without it, and then the layers of
// the image are packed and written, where those of its base are already.
func (b *bed) build(t testing.TB, dir, file, space string, cold bool) (cost, error) {
	r, err := b.request(t.Context(), dir, file, nil, space)
	if err != nil {
		return cost{}, err
	}
	if cold {
		r.Input.Options["no-cache"] = ""
		r.Outputs = b.image(b.layout)
	}
	work, start := b.daemon.Processor(t), time.Now()
	_, err = build.Run(t.Context(), r)
	return cost{time.Since(start), b.daemon.Processor(t) - work}, err
}

// image is an image in a directory.
func (*bed) image(layout string) []build.Output {
	return []build.Output{{Type: client.ExporterOCI, Dest: layout, Attrs: map[string]string{"tar": "false"}}}
}

// warm fetches and unpacks the base images that a Dockerfile names, and writes them, so that
// no side has them first.
func (b *bed) warm(t testing.TB, dockerfile string) error {
	dir := t.TempDir()
	for _, from := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(dockerfile, -1) {
		if from[1] == "scratch" {
			continue
		}
		put(t, in(dir), fmt.Sprintf("FROM %s\nRUN [\"true\"]\n", from[1]))
		if _, err := b.build(t, dir, in(dir), "warm", true); err != nil {
			return err
		}
	}
	return nil
}

// size is that of an image in bytes, its layers compressed: all of them, and those that are not
// of its base.
type size struct {
	All int64 `json:"all"`
	Own int64 `json:"own"`
}

// size builds out of the cache.
func (b *bed) size(t testing.TB, dir, file, space string) (s size, err error) {
	r, err := b.request(t.Context(), dir, file, nil, space)
	if err != nil {
		return s, err
	}
	layout := filepath.Join(t.TempDir(), "image")
	defer os.RemoveAll(layout)
	r.Outputs = b.image(layout)
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
		s.All += n
		if !b.bases[d.String()] {
			s.Own += n
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

// expand gives the module behind a row, and the Dockerfile that it is.
func (b *bed) expand(t testing.TB, dir string, row *config.Plugins) (m *ir.Module, text string, err error) {
	r, err := b.request(t.Context(), dir, in(dir), row, "look")
	if err != nil {
		return nil, "", err
	}
	r.Look = func(ctx context.Context, s *compile.Snapshot) (err error) {
		if m, _, err = s.Targeted(ctx); err == nil {
			text, err = dockerfile.Print(m)
		}
		return err
	}
	_, err = build.Run(t.Context(), r)
	return m, text, err
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
