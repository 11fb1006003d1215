package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/containerd/containerd/v2/core/images"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Narrow leaves the platforms of an image that keep accepts. What is left of an
// index with one image is that image's manifest; what is left with several is a
// new index, with the attestations of these images.
func (s *Store) Narrow(ctx context.Context, desc ocispecs.Descriptor, keep func(ocispecs.Descriptor) bool) (ocispecs.Descriptor, error) {
	if !images.IsIndexType(desc.MediaType) {
		return desc, nil
	}
	data, err := s.read(desc.Digest)
	if err != nil {
		return desc, err
	}
	var index ocispecs.Index
	if err := json.Unmarshal(data, &index); err != nil {
		return desc, fmt.Errorf("%s is no index: %w", desc.Digest, err)
	}
	var kept []ocispecs.Descriptor
	for _, d := range index.Manifests {
		if !IsAttestation(d) && keep(d) {
			kept = append(kept, d)
		}
	}
	total := len(index.Manifests)
	subjects := digests(kept)
	for _, d := range index.Manifests {
		if IsAttestation(d) && subjects[digest.Digest(d.Annotations["vnd.docker.reference.digest"])] {
			kept = append(kept, d)
		}
	}
	switch {
	case len(subjects) == 0:
		return desc, fail("no-such-platform", "choose one of its platforms with --platform", "image %s has no such platform", desc.Digest)
	case len(kept) == total:
		return desc, nil
	case len(subjects) == 1:
		return kept[0], nil
	}
	index.Manifests = kept
	if data, err = json.Marshal(index); err != nil {
		return desc, err
	}
	return s.Write(ctx, desc.MediaType, data)
}
