package store

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/lang/diag"
)

// ErrNotFound is what errors.Is finds in the error for a name that no image has.
var ErrNotFound = errors.New("no such image")

// notFound is a diagnostic that programs can tell from others.
type notFound struct{ diag.Diagnostic }

func (e notFound) Unwrap() error        { return e.Diagnostic }
func (e notFound) Is(target error) bool { return target == ErrNotFound }

// Find gives the image that a name, an id or a unique prefix of an id stands for.
func (s *Store) Find(name string) (Image, error) {
	index, err := s.readIndex()
	if err != nil {
		return Image{}, err
	}
	img, _, err := s.find(group(index.Manifests), name)
	return img, err
}

// find looks for an image in a list. It tells, too, which of the image's names it
// was, "" for an id.
func (s *Store) find(list []Image, name string) (Image, string, error) {
	if named, err := reference.ParseDockerRef(name); err == nil {
		if i, full := byName(list, named); i >= 0 {
			s.load(&list[i])
			return list[i], full, nil
		}
	}
	for i := range list {
		s.load(&list[i])
	}
	img, err := byID(list, name)
	return img, "", err
}

// byName looks for a name among those of the images. A digest is that of the
// image, or that under which a registry has it; a tag beside it does not matter.
func byName(list []Image, named reference.Named) (int, string) {
	full := named.String()
	for i, img := range list {
		if slices.Contains(img.Names, full) {
			return i, full
		}
	}
	if _, ok := named.(reference.Digested); !ok {
		return -1, ""
	}
	for i, img := range list {
		if slices.Contains(img.Digests, full) || hasRepository(img, named.Name()) && full == named.Name()+"@"+img.Descriptor.Digest.String() {
			return i, full
		}
	}
	return -1, ""
}

func hasRepository(img Image, repository string) bool {
	return slices.ContainsFunc(img.Digests, func(d string) bool { return strings.HasPrefix(d, repository+"@") })
}

var idPrefix = regexp.MustCompile(`^(sha256:)?[0-9a-f]{1,64}$`)

// byID looks for what an id or the digest of a target starts with.
func byID(list []Image, name string) (Image, error) {
	if !idPrefix.MatchString(name) {
		return Image{}, unknown(list, name)
	}
	prefix := strings.TrimPrefix(name, "sha256:")
	fits := func(d digest.Digest) bool { return strings.HasPrefix(d.Encoded(), prefix) }
	var found []Image
	for _, img := range list {
		if fits(img.ID) || fits(img.Descriptor.Digest) {
			found = append(found, img)
		}
	}
	// Several targets may have the same config: the id stands for all of them.
	switch ids := distinctIDs(found); {
	case len(ids) == 0:
		return Image{}, unknown(list, name)
	case len(ids) > 1:
		return Image{}, fail("ambiguous-id", "give more digits: "+strings.Join(ids, ", "), "%d images have an id that starts with %s", len(ids), name)
	}
	return found[0], nil
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
		Hint: "list the images with `strake images`, or fetch it with `strake pull " + name + "`"}
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
