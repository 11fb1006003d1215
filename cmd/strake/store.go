package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/distribution/reference"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
)

// storeDir is the directory of the image store.
func storeDir(home string) string { return filepath.Join(home, "store") }

// withStore calls fn with the image store, which is held meanwhile: no blob goes
// away that fn sees.
func (p *process) withStore(ctx context.Context, fn func(*store.Store) error) error {
	home, err := p.home()
	if err != nil {
		return err
	}
	s, err := store.Open(storeDir(home))
	if err != nil {
		return err
	}
	release, err := s.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	return s.Explain(fn(s))
}

// heldStore is the image store, held until the process ends, for who needs none: nil when
// there is no store yet, or no place for one.
func (p *process) heldStore(ctx context.Context) (*store.Store, error) {
	home, err := p.home()
	if err != nil {
		return nil, nil
	}
	if _, err := os.Stat(filepath.Join(storeDir(home), ocispecs.ImageLayoutFile)); err != nil {
		return nil, nil
	}
	s, err := store.Open(storeDir(home))
	if err != nil {
		return nil, err
	}
	release, err := s.Hold(ctx)
	if err != nil {
		return nil, err
	}
	p.atExit(func() { release() })
	return s, nil
}

// tagged is an image and one of its names.
type tagged struct {
	image store.Image
	name  string // full; "" for an image that was given by its id
}

// lookup finds what an argument stands for. With all, a name without a tag stands
// for all tags of its repository, as in docker save.
func lookup(s *store.Store, arg string, all bool) ([]tagged, error) {
	named, err := reference.ParseNormalizedNamed(arg)
	if err == nil && all && reference.IsNameOnly(named) {
		list, err := s.Images()
		if err != nil {
			return nil, err
		}
		var found []tagged
		for _, img := range list {
			for _, name := range img.Names {
				if n, err := reference.ParseNormalizedNamed(name); err == nil && n.Name() == named.Name() {
					found = append(found, tagged{img, name})
				}
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	img, err := s.Find(arg)
	if err != nil {
		return nil, err
	}
	if full, err := store.Normalize(arg); err == nil && slices.Contains(img.Names, full) {
		return []tagged{{img, full}}, nil
	}
	return []tagged{{img, ""}}, nil
}

// shortID is an id as tables show it.
func shortID(id string, full bool) string {
	const prefix = "sha256:"
	if full || len(id) < len(prefix)+12 {
		return id
	}
	return id[len(prefix) : len(prefix)+12]
}
