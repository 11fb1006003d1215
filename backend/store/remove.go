package store

import (
	"context"
	"slices"
	"strings"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Removed is what a removal did.
type Removed struct {
	Untagged []string        // full names
	Deleted  []digest.Digest // what stood for the images, see Handles
}

// Remove takes a name off its image, and drops the image with its last name. With an
// id it drops the image, if that has one name at most or force is set. An id that
// several images have drops none of them, unless force is set: then all. The blobs go
// when the store is released.
func (s *Store) Remove(ctx context.Context, name string, force bool) (Removed, error) {
	var r Removed
	err := s.update(ctx, func(list []ocispecs.Descriptor) ([]ocispecs.Descriptor, error) {
		all := group(list)
		found, full, err := s.find(all, name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(found[0].Names, full) {
			if err := free(found, name); err != nil && !force {
				return nil, err
			}
			full = ""
		}
		r = s.removed(all, found, full)
		gone := map[digest.Digest]bool{}
		for _, img := range found {
			gone[img.Descriptor.Digest] = true
		}
		return slices.DeleteFunc(list, func(d ocispecs.Descriptor) bool {
			return gone[d.Digest] && (nameOf(d) == "" || slices.Contains(r.Untagged, nameOf(d)))
		}), nil
	})
	if err != nil {
		return Removed{}, err
	}
	return r, nil
}

// removed tells what goes: of one image a name, or with "" all names of images.
func (s *Store) removed(all, found []Image, full string) Removed {
	if full != "" && len(found[0].Names) > 1 {
		return Removed{Untagged: []string{full}}
	}
	for i := range all {
		s.load(&all[i])
	}
	handles := Handles(all)
	var r Removed
	for _, img := range found {
		r.Untagged = append(r.Untagged, img.Names...)
		i := slices.IndexFunc(all, func(other Image) bool { return other.Descriptor.Digest == img.Descriptor.Digest })
		r.Deleted = append(r.Deleted, handles[i])
	}
	return r
}

// free keeps an id from taking away more than the user thinks of, as docker does.
func free(found []Image, id string) error {
	if len(found) > 1 {
		return fail("shared-id", "remove one by its name or its digest, or all of them with -f", "%s", shared(found, id))
	}
	if names := found[0].Names; len(names) > 1 {
		return fail("image-in-use", "remove it by a name, or all of them with -f",
			"image %s has %d names: %s", id, len(names), strings.Join(short(names), ", "))
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
