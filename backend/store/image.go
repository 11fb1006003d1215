package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// maxDepth bounds indexes in indexes; one level is common, two are rare.
const maxDepth = 8

// Image is an image of the store.
type Image struct {
	// ID is the digest of the config, when the image is for one platform, and else
	// the digest of the index.
	ID digest.Digest
	// Names are the full names, with a tag or a digest, in order. None is fine.
	Names []string
	// Digests are the names by which a registry has, or would have, the image, like
	// docker.io/library/busybox@sha256:…
	Digests []string
	// Descriptor is the manifest or the index that the names stand for. It has no
	// annotations.
	Descriptor ocispecs.Descriptor
	// Variants are the images for each platform, in the order of the index.
	// Attestations are not among them.
	Variants []Variant
	// Err tells why the image cannot be used: a blob is missing or damaged.
	Err error

	record  digest.Digest     // of the Record, may be ""
	sources map[string]string // by full name, see AnnotationSource
	lies    []string          // names that are not proven
}

// Variant is an image for one platform.
type Variant struct {
	Desc     ocispecs.Descriptor // of the manifest, with the platform
	Manifest ocispecs.Manifest
	Config   dockerspec.DockerOCIImage
}

// document is what a manifest and an index have.
type document struct {
	Manifests []ocispecs.Descriptor `json:"manifests"`
	Config    *ocispecs.Descriptor  `json:"config"`
	Layers    []ocispecs.Descriptor `json:"layers"`
}

// children gives what a manifest or an index refers to.
func (s *Store) children(desc ocispecs.Descriptor) ([]ocispecs.Descriptor, error) {
	if err := desc.Digest.Validate(); err != nil {
		return nil, fmt.Errorf("%q is no digest: %w", desc.Digest, err)
	}
	isIndex := images.IsIndexType(desc.MediaType)
	if !isIndex && !images.IsManifestType(desc.MediaType) {
		return nil, nil
	}
	data, err := s.read(desc.Digest)
	if err != nil {
		return nil, err
	}
	var doc document
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s is no %s: %w", desc.Digest, desc.MediaType, err)
	}
	if isIndex {
		return doc.Manifests, nil
	}
	if doc.Config == nil {
		return nil, fmt.Errorf("manifest %s has no config", desc.Digest)
	}
	return append([]ocispecs.Descriptor{*doc.Config}, doc.Layers...), nil
}

// walk visits a descriptor and all below it, each digest once. Of a manifest or an
// index that cannot be read, visit learns why.
func (s *Store) walk(root ocispecs.Descriptor, visit func(ocispecs.Descriptor, error) error) error {
	seen := map[digest.Digest]bool{}
	var down func(ocispecs.Descriptor, int) error
	down = func(d ocispecs.Descriptor, depth int) error {
		if seen[d.Digest] {
			return nil
		}
		seen[d.Digest] = true
		children, err := s.children(d)
		if depth == maxDepth && len(children) > 0 {
			children, err = nil, errors.New("its indexes are nested too deeply")
		}
		if err := visit(d, err); err != nil {
			return err
		}
		for _, child := range children {
			if err := down(child, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return down(root, 0)
}

// Blobs lists all that an image consists of and that is there.
func (s *Store) Blobs(root ocispecs.Descriptor) ([]ocispecs.Descriptor, error) {
	var list []ocispecs.Descriptor
	err := s.walk(root, func(d ocispecs.Descriptor, err error) error {
		if s.has(d) || err == nil && !images.IsNonDistributable(d.MediaType) {
			list = append(list, d)
		}
		return err
	})
	return list, err
}

// Images lists the images, the newest first.
func (s *Store) Images() ([]Image, error) {
	index, err := s.readIndex()
	if err != nil {
		return nil, err
	}
	list := group(index.Manifests)
	for i := range list {
		s.load(&list[i])
	}
	slices.SortStableFunc(list, func(a, b Image) int {
		return cmp.Or(b.created().Compare(a.created()), slices.Compare(a.Names, b.Names))
	})
	return list, nil
}

// group makes one image of all entries with the same target.
func group(entries []ocispecs.Descriptor) []Image {
	var list []Image
	at := map[digest.Digest]int{}
	for _, entry := range entries {
		i, ok := at[entry.Digest]
		if !ok {
			i = len(list)
			at[entry.Digest] = i
			list = append(list, Image{Descriptor: bare(entry)})
		}
		list[i].add(entry)
	}
	return list
}

// add takes over what an entry says of the image.
func (i *Image) add(entry ocispecs.Descriptor) {
	if r := entry.Annotations[annotationRecord]; r != "" {
		i.record = digest.Digest(r)
	}
	name := nameOf(entry)
	if i.sources == nil {
		i.sources = map[string]string{}
	}
	i.sources[name] = entry.Annotations[AnnotationSource]
	if name == "" {
		return
	}
	i.Names = append(i.Names, name)
	slices.Sort(i.Names)
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return
	}
	if !proven(name, entry.Digest, entry.Annotations[AnnotationOrigin]) {
		i.lies = append(i.lies, name)
	}
	d := cmp.Or(entry.Annotations[AnnotationOrigin], entry.Digest.String())
	if full := named.Name() + "@" + d; !slices.Contains(i.Digests, full) {
		i.Digests = append(i.Digests, full)
		slices.Sort(i.Digests)
	}
}

// load reads what the image consists of.
func (s *Store) load(i *Image) {
	i.ID = i.Descriptor.Digest
	i.Variants, i.Err = s.variants(i.Descriptor, 0)
	if i.Err == nil && len(i.Variants) == 1 {
		i.ID = i.Variants[0].Manifest.Config.Digest
	}
}

func (s *Store) variants(desc ocispecs.Descriptor, depth int) ([]Variant, error) {
	switch {
	case depth > maxDepth:
		return nil, errors.New("its indexes are nested too deeply")
	case images.IsManifestType(desc.MediaType):
		v, err := s.variant(desc)
		return []Variant{v}, err
	case !images.IsIndexType(desc.MediaType):
		return nil, fmt.Errorf("%s is no image but %s", desc.Digest, desc.MediaType)
	}
	children, err := s.children(desc)
	if err != nil {
		return nil, err
	}
	var list []Variant
	for _, child := range children {
		if IsAttestation(child) || !images.IsIndexType(child.MediaType) && !images.IsManifestType(child.MediaType) {
			continue
		}
		more, err := s.variants(child, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

func (s *Store) variant(desc ocispecs.Descriptor) (Variant, error) {
	v := Variant{Desc: desc}
	data, err := s.read(desc.Digest)
	if err == nil {
		err = json.Unmarshal(data, &v.Manifest)
	}
	if err == nil {
		data, err = s.read(v.Manifest.Config.Digest)
	}
	if err == nil {
		err = json.Unmarshal(data, &v.Config)
	}
	if v.Desc.Platform == nil {
		p := platforms.Normalize(v.Config.Platform)
		v.Desc.Platform = &p
	}
	return v, err
}

// title is what messages call the image.
func (i Image) title() string {
	if len(i.Names) > 0 {
		return Familiar(i.Names[0])
	}
	return i.ID.Encoded()[:12]
}

// Familiar is the short form of a full name: busybox:latest.
func Familiar(name string) string {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return name
	}
	return reference.FamiliarString(named)
}

// Record gives how the image's history came about, nil when that is not known.
func (s *Store) Record(img Image) (*Record, error) {
	if img.record == "" {
		return nil, nil
	}
	data, err := s.read(img.record)
	if err != nil {
		return nil, err
	}
	rec := &Record{}
	return rec, json.Unmarshal(data, rec)
}
