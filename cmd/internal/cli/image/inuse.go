package image

import (
	"fmt"
	"slices"

	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/diag"
)

// inUse tells why an image may not be removed by a name or an id: a container was made of it,
// which runs, or which can be committed as long as the image is there. The words are docker's.
func inUse(s *store.Store, containers []*container.Container, name string, force bool) error {
	if len(containers) == 0 {
		return nil
	}
	img, err := s.Find(name)
	if err != nil {
		return nil // Remove knows, too
	}
	full, err := store.Normalize(name)
	named := err == nil && slices.Contains(img.Names, full)
	if named && len(img.Names) > 1 {
		return nil // the image stays
	}
	only, err := onlyIn(s, img)
	if err != nil {
		return err
	}
	id := img.ID.Encoded()[:12]
	for _, c := range containers {
		if c.Err != nil || !only[c.Manifest] {
			continue
		}
		d := diag.Diagnostic{Code: "image-in-use", Hint: "remove the container with `strake rm " + c.Name + "`, or the image with -f: then the container can no longer be committed"}
		switch running := c.Status == container.Running || c.Status == container.Paused; {
		case running && (force || !named):
			d.Message = fmt.Sprintf("conflict: unable to delete %s (cannot be forced) - image is being used by running container %s", id, c.ShortID())
			d.Hint = "stop the container with `strake stop " + c.Name + "`"
		case force:
			continue
		case named:
			d.Message = fmt.Sprintf("conflict: unable to remove repository reference %q (must force) - container %s is using its referenced image %s", name, c.ShortID(), id)
		default:
			d.Message = fmt.Sprintf("conflict: unable to delete %s (must be forced) - image is being used by stopped container %s", id, c.ShortID())
		}
		return d
	}
	return nil
}

// onlyIn gives the manifests that no other image has.
func onlyIn(s *store.Store, img store.Image) (map[digest.Digest]bool, error) {
	all, err := s.Images()
	if err != nil {
		return nil, err
	}
	only := map[digest.Digest]bool{}
	for _, v := range img.Variants {
		only[v.Desc.Digest] = true
	}
	for _, other := range all {
		if other.Descriptor.Digest == img.Descriptor.Digest {
			continue
		}
		for _, v := range other.Variants {
			delete(only, v.Desc.Digest)
		}
	}
	return only, nil
}
