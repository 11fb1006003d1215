package testbed

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"
)

// Solver builds with BuildKit's own frontend. Several builds may run at once.
type Solver struct {
	client *client.Client
	t      testing.TB
}

// NewSolver connects to a daemon.
func NewSolver(t testing.TB, d *Daemon) *Solver {
	t.Helper()
	c, err := client.New(t.Context(), d.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &Solver{c, t}
}

// Source is what a build is of.
type Source struct {
	Files  map[string]string // of the context, the Dockerfile included
	Images map[string]string // directories that stand in for images, by their names
	Attrs  map[string]string // for the frontend, like "no-cache"
}

// Export builds a Dockerfile and gives the directory with the files of its last stage. The
// error is that of the build.
func (f *Solver) Export(s Source) (string, error) {
	out := f.t.TempDir()
	return out, f.solve(s, client.ExportEntry{Type: client.ExporterLocal, OutputDir: out})
}

// Image builds a Dockerfile and gives the image of its last stage.
func (f *Solver) Image(s Source) (v1.Image, error) {
	file := filepath.Join(f.t.TempDir(), "image.tar")
	create := func(map[string]string) (io.WriteCloser, error) { return os.Create(file) }
	if err := f.solve(s, client.ExportEntry{Type: client.ExporterOCI, Output: create}); err != nil {
		return nil, err
	}
	return LoadImage(f.t, file), nil
}

// solve builds a Dockerfile.
func (f *Solver) solve(s Source, export client.ExportEntry) error {
	dir := f.t.TempDir()
	for name, data := range s.Files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			return err
		}
	}
	local, err := fsutil.NewFS(dir)
	if err != nil {
		return err
	}
	opt := client.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: map[string]string{},
		LocalMounts:   map[string]fsutil.FS{"context": local, "dockerfile": local},
		Exports:       []client.ExportEntry{export},
	}
	for name, root := range s.Images {
		key := "image" + strings.ReplaceAll(root, "/", "-")
		if opt.LocalMounts[key], err = fsutil.NewFS(root); err != nil {
			return err
		}
		opt.FrontendAttrs["context:"+name] = "local:" + key
	}
	for key, value := range s.Attrs {
		opt.FrontendAttrs[key] = value
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), 5*time.Minute)
	defer cancel()
	_, err = f.client.Solve(ctx, nil, opt, nil)
	return err
}

// Difference tells the lines that only one text has.
func Difference(a, b string) string {
	var out strings.Builder
	for i, pair := range [][2]string{{a, b}, {b, a}} {
		has := map[string]bool{}
		for line := range strings.Lines(pair[1]) {
			has[line] = true
		}
		for line := range strings.Lines(pair[0]) {
			if !has[line] {
				fmt.Fprintf(&out, "%c %s", "-+"[i], line)
			}
		}
	}
	return out.String()
}
