package validate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/registry"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
)

// What an argument may begin with, as in --build-context.
const (
	fromRegistry = "docker-image://"
	fromLayout   = "oci-layout://"
)

// finder finds images. What is in no store of the user's is read into one that goes away
// again.
type finder struct {
	*cli.Process
	platform string
	home     *store.Store // nil when there is none
	dir      string       // of the stores that go away; "" when there are none
}

func (c *diffRun) finder(ctx context.Context) (*finder, error) {
	home, err := c.HeldStore(ctx)
	return &finder{Process: c.Process, platform: c.platform, home: home}, err
}

// close removes what was read.
func (f *finder) close() error {
	if f.dir == "" {
		return nil
	}
	return os.RemoveAll(f.dir)
}

// find finds what an argument stands for: an image of the store, a file or directory, or what
// it begins with.
func (f *finder) find(ctx context.Context, arg string) (*validate.Image, error) {
	if ref, ok := strings.CutPrefix(arg, fromRegistry); ok {
		return f.pull(ctx, arg, ref)
	}
	if dir, ok := strings.CutPrefix(arg, fromLayout); ok {
		return f.load(ctx, arg, dir)
	}
	if f.home != nil {
		img, err := f.home.Find(arg)
		if err == nil {
			return f.variant(ctx, f.home, arg, img)
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, f.home.Explain(err)
		}
	}
	if _, err := os.Stat(arg); err == nil {
		return f.load(ctx, arg, arg)
	}
	return nil, diag.Diagnostic{Code: "no-such-image", Message: "no such image: " + arg,
		Hint: fmt.Sprintf("list the images of the store with `strake images`; name a file or a directory by its path, and an image of a registry with %s%s", fromRegistry, arg)}
}

func (f *finder) variant(ctx context.Context, s *store.Store, arg string, img store.Image) (*validate.Image, error) {
	v, err := img.Variant(f.platform)
	if err != nil {
		return nil, err
	}
	return validate.FromStore(ctx, s, arg, img, v)
}

// passing makes a store that goes away.
func (f *finder) passing() (*store.Store, error) {
	if f.dir == "" {
		dir, err := os.MkdirTemp("", "strake-images-")
		if err != nil {
			return nil, err
		}
		f.dir = dir
	}
	dir, err := os.MkdirTemp(f.dir, "")
	if err != nil {
		return nil, err
	}
	return store.Open(filepath.Join(dir, "store"))
}

// pull fetches an image from its registry.
func (f *finder) pull(ctx context.Context, arg, ref string) (*validate.Image, error) {
	s, err := f.passing()
	if err != nil {
		return nil, err
	}
	pulled, err := registry.New(registry.Options{}).Pull(ctx, s, ref, f.platform)
	if err != nil {
		return nil, s.Explain(err)
	}
	img, err := s.Find(pulled.Name)
	if err != nil {
		return nil, err
	}
	return f.variant(ctx, s, arg, img)
}

// load reads the image of an archive or a layout, which has one.
func (f *finder) load(ctx context.Context, arg, name string) (*validate.Image, error) {
	s, err := f.passing()
	if err != nil {
		return nil, err
	}
	loaded, err := loadInto(ctx, s, name)
	var d diag.Diagnostic
	switch {
	case errors.As(err, &d):
		d.Message = name + ": " + d.Message
		return nil, d
	case err != nil:
		return nil, err
	case len(loaded) != 1:
		return nil, diag.Diagnostic{Code: "several-images", Message: fmt.Sprintf("%s has %d images, and one is compared", name, len(loaded)),
			Hint: "take it into the store with `strake load`, and name the one"}
	}
	return f.variant(ctx, s, arg, loaded[0].Image)
}

func loadInto(ctx context.Context, s *store.Store, name string) ([]tarball.Loaded, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, diag.Diagnostic{Code: "no-such-file", Message: "there is no " + name}
	case err != nil:
		return nil, err
	case info.IsDir():
		return tarball.LoadDir(ctx, s, name)
	}
	file, err := regular.Stream(ctx, name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return tarball.Load(ctx, s, file)
}
