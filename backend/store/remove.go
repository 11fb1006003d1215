package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Removed is what a removal did.
type Removed struct {
	Untagged []string        // full names
	Deleted  []digest.Digest // ids of images
}

// Remove takes a name off its image, and drops the image with its last name. With
// an id it drops the image, if all its names are of one repository or force is set.
// The blobs go when the store is released.
func (s *Store) Remove(ctx context.Context, name string, force bool) (Removed, error) {
	var r Removed
	err := s.update(ctx, func(list []ocispecs.Descriptor) ([]ocispecs.Descriptor, error) {
		img, full, err := s.find(group(list), name)
		if err != nil {
			return nil, err
		}
		r.Untagged = img.Names
		if slices.Contains(img.Names, full) {
			r.Untagged = []string{full}
		} else if err := oneRepository(img.Names, name); err != nil && !force {
			return nil, err
		}
		if len(r.Untagged) == len(img.Names) {
			r.Deleted = []digest.Digest{img.ID}
		}
		return slices.DeleteFunc(list, func(d ocispecs.Descriptor) bool {
			return d.Digest == img.Descriptor.Digest && (nameOf(d) == "" || slices.Contains(r.Untagged, nameOf(d)))
		}), nil
	})
	if err != nil {
		return Removed{}, err
	}
	return r, nil
}

// oneRepository keeps an id from taking away more names than the user thinks of.
func oneRepository(names []string, id string) error {
	repositories := map[string]bool{}
	for _, name := range names {
		if named, err := reference.ParseNormalizedNamed(name); err == nil {
			repositories[named.Name()] = true
		}
	}
	if len(repositories) > 1 {
		return fail("image-in-use", "remove it by a name, or all of them with -f",
			"image %s has names in %d repositories: %s", id, len(repositories), fmt.Sprint(short(names)))
	}
	return nil
}

func short(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = Familiar(name)
	}
	return out
}
