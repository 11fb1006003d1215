package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// ErrNotFound is what errors.Is finds in the error for a name that no image has.
var ErrNotFound = errors.New("no such image")

// notFound is a diagnostic that programs can tell from others.
type notFound struct{ diag.Diagnostic }

func (e notFound) Unwrap() error        { return e.Diagnostic }
func (e notFound) Is(target error) bool { return target == ErrNotFound }

// Find gives the image that a name, an id or a unique prefix of an id stands for. An id
// that several images have stands for none of them.
func (s *Store) Find(name string) (Image, error) {
	index, err := s.readIndex()
	if err != nil {
		return Image{}, err
	}
	found, _, err := s.find(group(index.Manifests), name)
	switch {
	case err != nil:
		return Image{}, err
	case len(found) > 1:
		return Image{}, fail("shared-id", "name one of them", "%s", shared(found, name))
	}
	return found[0], nil
}

// find looks for images in a list: one by a name or the digest of its target, and by an
// id all that have it. It tells, too, which of the image's names it was, "" for an id.
func (s *Store) find(list []Image, name string) ([]Image, string, error) {
	if named, err := reference.ParseDockerRef(name); err == nil {
		if i, full := byName(list, named); i >= 0 {
			s.load(&list[i])
			return list[i : i+1], full, nil
		}
	}
	for i := range list {
		s.load(&list[i])
	}
	found, err := byID(list, name)
	return found, "", err
}

// Handles gives, for each of all images, the digest that stands for it alone: its id, or
// that of its target where several images have the same config. These are the same image
// with other attestations, annotations or compression.
func Handles(list []Image) []digest.Digest {
	count := map[digest.Digest]int{}
	for _, img := range list {
		count[img.ID]++
	}
	handles := make([]digest.Digest, len(list))
	for i, img := range list {
		handles[i] = img.ID
		if count[img.ID] > 1 {
			handles[i] = img.Descriptor.Digest
		}
	}
	return handles
}

// Handle is the digest that stands for an image of the store alone, see Handles.
func (s *Store) Handle(img Image) (digest.Digest, error) {
	list, err := s.Images()
	if err != nil {
		return "", err
	}
	for i, handle := range Handles(list) {
		if list[i].Descriptor.Digest == img.Descriptor.Digest {
			return handle, nil
		}
	}
	return img.Descriptor.Digest, nil
}

// shared tells of images with the same id, and what stands for each.
func shared(list []Image, id string) string {
	var each []string
	for _, img := range list {
		each = append(each, img.Descriptor.Digest.Encoded()[:12]+" "+cmp.Or(strings.Join(short(img.Names), " "), "without a name"))
	}
	return fmt.Sprintf("%d images have the id %s: %s", len(list), id, strings.Join(each, ", "))
}

// byName looks for a name among those of the images. A digest is that of the
// image, or that under which a registry has it: what a name says of itself proves
// nothing. A tag beside a digest does not matter.
func byName(list []Image, named reference.Named) (int, string) {
	full := named.String()
	digested, ok := named.(reference.Digested)
	i := slices.IndexFunc(list, func(img Image) bool {
		switch {
		case !ok:
			return slices.Contains(img.Names, full)
		case img.Descriptor.Digest == digested.Digest():
			return hasRepository(img, named.Name())
		}
		return slices.Contains(img.Digests, full)
	})
	if i < 0 {
		return -1, ""
	}
	return i, full
}

func hasRepository(img Image, repository string) bool {
	return slices.ContainsFunc(img.Digests, func(d string) bool { return strings.HasPrefix(d, repository+"@") })
}

var idPrefix = late.Regexp(`^(sha256:)?[0-9a-f]{1,64}$`)

// shownDigits is how many digits of an id or a digest are shown.
const shownDigits = 12

// byID looks for what an id or the digest of a target starts with.
func byID(list []Image, name string) ([]Image, error) {
	if !idPrefix().MatchString(name) {
		return nil, unknown(list, name)
	}
	prefix := strings.TrimPrefix(name, "sha256:")
	fits := func(d digest.Digest) bool { return strings.HasPrefix(d.Encoded(), prefix) }
	var found []Image
	for _, img := range list {
		// A few digits mean what is shown in most cases, and no image that is another there.
		if fits(img.ID) || len(prefix) >= shownDigits && fits(img.Descriptor.Digest) {
			found = append(found, img)
		}
	}
	switch ids := distinctIDs(found); {
	case len(ids) == 0:
		return nil, unknown(list, name)
	case len(ids) > 1:
		return nil, fail("ambiguous-id", "give more digits: "+strings.Join(ids, ", "), "%d images have an id that starts with %s", len(ids), name)
	}
	return found, nil
}

func distinctIDs(list []Image) []string {
	var ids []string
	for _, img := range list {
		if id := img.ID.Encoded()[:12]; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// unknown is the error for what is no image, with the names that are near.
func unknown(list []Image, name string) error {
	d := diag.Diagnostic{Code: "no-such-image", Message: "no such image: " + name,
		Hint: "list the images with `strake images`"}
	repository, tagged := name, false
	if named, err := reference.ParseNormalizedNamed(name); err == nil {
		repository, tagged = reference.FamiliarName(named), !reference.IsNameOnly(named)
	}
	var all, tags []string
	for _, img := range list {
		for _, full := range img.Names {
			named, err := reference.ParseNormalizedNamed(full)
			if err != nil {
				continue
			}
			all = append(all, reference.FamiliarString(named))
			if !tagged {
				all = append(all, reference.FamiliarName(named))
			}
			if t, ok := named.(reference.Tagged); ok && reference.FamiliarName(named) == repository {
				tags = append(tags, t.Tag())
			}
		}
	}
	if len(tags) > 0 {
		slices.Sort(tags)
		d.Hint = repository + " is there with these tags: " + strings.Join(tags, ", ")
	} else if near := diag.Suggest(name, all); near != "" {
		d.Hint = "did you mean `" + near + "`?"
	}
	return notFound{d}
}
