package image

import (
	"slices"

	"github.com/distribution/reference"

	"github.com/seed-e0495807/strake/backend/store"
)

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
