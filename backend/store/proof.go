package store

import (
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// AnnotationSource tells where the content of a name came from, when that was no
// registry: one of the Source constants. A registry answers for its names; an archive
// may call its images what it likes.
const AnnotationSource = "io.strake.source"

// Where an image can come from.
const (
	SourceRegistry = ""
	SourceBuild    = "build"
	SourceArchive  = "archive" // of images, by Load
	SourceFiles    = "files"   // of a machine, by Import
)

// pin is the digest in a full name, "" when there is none.
func pin(full string) digest.Digest {
	named, err := reference.ParseNormalizedNamed(full)
	if err != nil {
		return ""
	}
	if d, ok := named.(reference.Digested); ok {
		return d.Digest()
	}
	return ""
}

// Pinned tells whether a full name has a digest: content then has the name by itself.
func Pinned(full string) bool { return pin(full) != "" }

// proven tells whether content may have a full name. A digest in it has to be that of
// the content, or of the index that the content was taken out of: see AnnotationOrigin.
func proven(full string, content digest.Digest, origin string) bool {
	d := pin(full)
	return d == "" || d == content || d.String() == origin
}

func spoofed(full string, content digest.Digest) error {
	return fail("digest-mismatch", "a name with a digest stands for the content of that digest alone: name it with a tag",
		"%s is not the name of this image: its digest is %s", Familiar(full), content)
}

// Acceptable tells why an image may not be named so, or cannot be used. All of its blobs
// should be in the store; what is acceptable is in order for Check.
func (s *Store) Acceptable(desc ocispecs.Descriptor, names ...string) error {
	for _, full := range names {
		if !proven(full, desc.Digest, desc.Annotations[AnnotationOrigin]) {
			return spoofed(full, desc.Digest)
		}
	}
	if err := s.Complete(desc); err != nil {
		return err
	}
	variants, err := s.variants(desc, 0)
	if err == nil && len(variants) == 0 {
		err = errors.New("it is an index of no images")
	}
	return unusable(desc, err)
}

// Complete tells what an image lacks whose blobs should all be in the store. Layers
// that may not be distributed may be missing.
func (s *Store) Complete(desc ocispecs.Descriptor) error {
	return s.walk(desc, func(d ocispecs.Descriptor, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !s.has(d) && !images.IsNonDistributable(d.MediaType) {
			return fail("incomplete-image", "run `strake fsck --repair`, and build, load or pull it again", "image %s lacks the blob %s", desc.Digest, d.Digest)
		}
		return unusable(desc, err)
	})
}

// unusable explains an error in the content of an image. Others stay as they are.
func unusable(desc ocispecs.Descriptor, err error) error {
	var at *fs.PathError
	if err == nil || errors.As(err, &at) {
		return err
	}
	return fail("unusable-image", "build, load or pull it again", "image %s cannot be used: %v", desc.Digest, err)
}

// Source tells where the image came from by one of its full names, or by any other
// reference to its content: then one registry that has it is enough.
func (i Image) Source(full string) string {
	if from, ok := i.sources[full]; ok {
		return from
	}
	if len(i.sources) == 0 {
		return SourceRegistry
	}
	all := slices.Collect(maps.Values(i.sources))
	for _, from := range []string{SourceRegistry, SourceBuild, SourceArchive} {
		if slices.Contains(all, from) {
			return from
		}
	}
	return SourceFiles
}
