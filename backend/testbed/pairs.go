package testbed

import (
	"maps"
	"os"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
)

// Pairs are Dockerfiles that are built before and after a rewrite, which is to change no file of the
// image.
type Pairs struct {
	N     int                           // how many are built; 250 where STRAKE_LONG is set
	Next  func() (before, after string) // the next one; after is "" where nothing is rewritten
	Files map[string]string             // of the build context
	Dirs  []string                      // what is compared: these files, and what is below
}

// Compare builds them on a real BuildKit: both fail, or the files are the same, with their owners. It is
// an error if less than half of them build.
func (p Pairs) Compare(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds with a real BuildKit")
	}
	n := p.N
	if os.Getenv("STRAKE_LONG") != "" {
		n = 250
	}
	s := NewSolver(t, StartDaemon(t, StartRegistry(t, Debian)))
	var group errgroup.Group
	group.SetLimit(2)
	asked, built := 0, atomic.Int64{}
	for found := 0; found < n; asked++ {
		before, after := p.Next()
		if after == "" {
			continue
		}
		found++
		group.Go(func() error {
			a, ok := p.image(s, before)
			b, _ := p.image(s, after)
			if a != b {
				t.Errorf("%s\nrewritten:\n%s\ndiffers:\n%s", before, after, Difference(a, b))
			}
			if ok {
				built.Add(1)
			}
			return nil
		})
	}
	_ = group.Wait()
	if built.Load() < int64(n)/2 {
		t.Errorf("only %d of %d build", built.Load(), n)
	}
	t.Logf("of %d Dockerfiles %d are rewritten, and %d of these build", asked, n, built.Load())
}

// image lists the files of a build, if it does not fail. Files of a build are of this year; the times
// of older ones, which steps set, are compared.
func (p Pairs) image(s *Solver, text string) (string, bool) {
	files := map[string]string{"Dockerfile": text, ".dockerignore": "Dockerfile\n.dockerignore\n"}
	maps.Copy(files, p.Files)
	img, err := s.Image(Source{Files: files})
	if err != nil {
		return "it fails\n", false
	}
	list, err := Entries(img, 2025, p.Dirs...)
	if err != nil {
		return err.Error(), false
	}
	return list, true
}
