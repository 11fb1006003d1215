package effects_test

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/irtest"
)

// TestTruthOnBuildKit holds the same of RUN and WORKDIR on a real BuildKit, whose layers are
// compared. It runs with STRAKE_LONG=1, as root.
func TestTruthOnBuildKit(t *testing.T) {
	if os.Getenv("STRAKE_LONG") == "" {
		t.Skip("it takes minutes: set STRAKE_LONG=1, as make effects-truth does")
	}
	img := testbed.Image(t, testbed.Debian)
	solver := testbed.NewSolver(t, testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Debian)))
	base := entries(t, img, 0)
	tr := &truth{links: symlinks(base)}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	list := slices.Concat(systemScripts()[:8], made(20), corpusScripts(t, 20))
	for _, s := range list {
		if strings.Contains(s.text, "#") { // the rest of the line
			continue
		}
		file := "FROM debian:12\nWORKDIR " + s.dir + "\nENV DEBIAN_FRONTEND=noninteractive\nRUN ( " + s.text + " ) || true\n"
		m, ok := irtest.Build("Dockerfile", file)
		if !ok {
			continue
		}
		built, err := solver.Image(testbed.Source{Files: map[string]string{"Dockerfile": file}})
		if err != nil {
			t.Errorf("%s: %v", s.text, err)
			continue
		}
		steps := effects.Stage(m, 0, states(m, true).Stage(0), false)
		var all []effects.Effects
		for _, step := range steps {
			all = append(all, step.Effects)
			tr.count(step)
		}
		e := effects.Join(all...)
		tr.ran++
		tr.grades[e.Grade()]++
		have := entries(t, built, len(layers))
		own := symlinks(have)
		for name, h := range have {
			if below := base[name]; below != nil && sameEntry(h, below) || mountPoint(name) {
				continue
			}
			if !tr.leads(name, own, e.Touches) {
				tr.outside++
				t.Errorf("%s is changed, and not predicted\n\tin %s: %s\n\t%s", name, s.dir, s.text, e)
			}
		}
	}
	t.Log(tr.table("BuildKit"))
}

// entries are those of the layers of an image behind the first n. What a whiteout takes away has
// a header without a name.
func entries(t *testing.T, img v1.Image, n int) map[string]*tar.Header {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*tar.Header{}
	for _, l := range layers[n:] {
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		for files := tar.NewReader(r); ; {
			h, err := files.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			name := path.Clean("/" + h.Name)
			if gone, ok := strings.CutPrefix(path.Base(name), ".wh."); ok {
				name, h = path.Join(path.Dir(name), strings.TrimPrefix(gone, ".wh..opq")), &tar.Header{}
			}
			out[name] = h
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// sameEntry tells a directory around what has changed, or a file that was taken up as it was.
func sameEntry(a, b *tar.Header) bool {
	return a.Typeflag == b.Typeflag && a.Mode == b.Mode && a.Uid == b.Uid && a.Gid == b.Gid && a.Linkname == b.Linkname &&
		(a.Typeflag == tar.TypeDir || a.Size == b.Size && a.ModTime.Unix() == b.ModTime.Unix())
}

// symlinks are those among entries, by where they lead.
func symlinks(list map[string]*tar.Header) map[string][]string {
	out := map[string][]string{}
	for name, h := range list {
		if h.Typeflag == tar.TypeSymlink {
			to := h.Linkname
			if !path.IsAbs(to) {
				to = path.Join(path.Dir(name), to)
			}
			out[path.Clean(to)] = append(out[path.Clean(to)], name)
		}
	}
	return out
}
