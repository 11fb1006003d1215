package store

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"

	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/lang/regular"
)

const (
	// annotationName holds the full name of an image, like
	// docker.io/library/busybox:latest, as containerd and BuildKit have it.
	annotationName = "io.containerd.image.name"
	// annotationRecord is the digest of the blob with the image's Record.
	annotationRecord = "io.strake.record"

	// AnnotationOrigin is the digest under which a registry has the name, when that
	// is not the image's own: an image pulled for one platform out of an index.
	AnnotationOrigin = "io.strake.origin"

	// maxIndex bounds index.json, and what else the store keeps as JSON, in bytes: it is
	// the size of one with half a million names.
	maxIndex = 256 << 20
)

// Normalize gives the full form of a name: docker.io/library/busybox:latest for
// busybox.
func Normalize(name string) (string, error) {
	named, err := parseName(name)
	if err != nil {
		return "", err
	}
	return named.String(), nil
}

func parseName(name string) (reference.Named, error) {
	named, err := reference.ParseDockerRef(name)
	if err != nil {
		return nil, fail("invalid-reference", "write it as [HOST/]NAME[:TAG], in lower case", "%q is not the name of an image: %v", name, err)
	}
	return named, nil
}

func nameOf(entry ocispecs.Descriptor) string { return entry.Annotations[annotationName] }

func (s *Store) readIndex() (ocispecs.Index, error) {
	var index ocispecs.Index
	data, err := regular.Read(s.path(ocispecs.ImageIndexFile), maxIndex)
	if err == nil {
		err = json.Unmarshal(data, &index)
	}
	if err != nil {
		return index, fail("store-damaged", "run `strake fsck --repair`", "the image store %s has no usable index.json: %v", s.dir, err)
	}
	return index, nil
}

func (s *Store) writeIndex(index ocispecs.Index) error {
	index.SchemaVersion, index.MediaType = 2, ocispecs.MediaTypeImageIndex
	if index.Manifests == nil {
		index.Manifests = []ocispecs.Descriptor{} // the specification wants an array
	}
	return s.writeJSON(ocispecs.ImageIndexFile, index)
}

// update changes the entries of index.json, which is written when they differ
// after that. Images that have no entry any more are garbage.
func (s *Store) update(ctx context.Context, change func([]ocispecs.Descriptor) ([]ocispecs.Descriptor, error)) error {
	unlock, err := s.lockIndex(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	index, err := s.readIndex()
	if err != nil {
		return err
	}
	before := index.Manifests
	index.Manifests, err = change(slices.Clone(before))
	if err != nil || reflect.DeepEqual(before, index.Manifests) {
		return err
	}
	err = s.writeIndex(index)
	if noSpace(err) && len(index.Manifests) < len(before) && os.Remove(s.path(reserveFile)) == nil {
		err = s.writeIndex(index)
	}
	if err != nil {
		return s.Explain(err)
	}
	if slices.ContainsFunc(before, func(d ocispecs.Descriptor) bool { return !slices.ContainsFunc(index.Manifests, same(d)) }) {
		s.Litter()
	}
	return nil
}

// same compares what entries keep alive.
func same(a ocispecs.Descriptor) func(ocispecs.Descriptor) bool {
	return func(b ocispecs.Descriptor) bool {
		return a.Digest == b.Digest && a.Annotations[annotationRecord] == b.Annotations[annotationRecord]
	}
}

// Put names an image whose blobs are in the store, at once or not at all. An image
// that loses its last name by that is dropped, unless it is used; one that never had a
// name, as names is empty, stays until it is removed. Rec may be nil. Of the descriptor's
// annotations only AnnotationOrigin and AnnotationSource are kept. A digest in a name has
// to be that of the content, and all of the image has to be usable.
func (s *Store) Put(ctx context.Context, desc ocispecs.Descriptor, names []string, rec *Record) error {
	release, err := s.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	full := make([]string, len(names))
	for i, name := range names {
		if full[i], err = Normalize(name); err != nil {
			return err
		}
	}
	if err := s.Acceptable(desc, full...); err != nil {
		return err
	}
	kept := map[string]string{
		AnnotationOrigin: desc.Annotations[AnnotationOrigin], AnnotationSource: desc.Annotations[AnnotationSource],
	}
	if rec != nil {
		if kept[annotationRecord], err = s.writeRecord(ctx, rec); err != nil {
			return s.Explain(err)
		}
	}
	if err := s.settle(desc, digest.Digest(kept[annotationRecord])); err != nil {
		return s.Explain(err)
	}
	return s.update(ctx, func(list []ocispecs.Descriptor) ([]ocispecs.Descriptor, error) {
		return s.keepUsed(slices.Clone(list), place(list, bare(desc), kept, full))
	})
}

// settle makes sure that the blobs of an image stay. Those that an entry refers to do
// already.
func (s *Store) settle(desc ocispecs.Descriptor, record digest.Digest) error {
	index, err := s.readIndex()
	if err != nil {
		return err
	}
	var list []ocispecs.Descriptor
	if !digests(index.Manifests)[desc.Digest] {
		if list, err = s.Blobs(desc); err != nil {
			return err
		}
	}
	known := slices.ContainsFunc(index.Manifests, func(d ocispecs.Descriptor) bool { return d.Annotations[annotationRecord] == record.String() })
	if record != "" && !known {
		list = append(list, ocispecs.Descriptor{Digest: record})
	}
	return s.content.sync(list)
}

// place makes entries of the names, or one without a name when there is none.
func place(list []ocispecs.Descriptor, entry ocispecs.Descriptor, annotations map[string]string, names []string) []ocispecs.Descriptor {
	if len(names) == 0 {
		if slices.ContainsFunc(list, func(d ocispecs.Descriptor) bool { return d.Digest == entry.Digest }) {
			return list
		}
		names = []string{""}
	}
	for _, name := range names {
		e := entry
		e.Annotations = map[string]string{}
		for key, value := range annotations {
			if value != "" {
				e.Annotations[key] = value
			}
		}
		if name != "" {
			e.Annotations[annotationName], e.Annotations[ocispecs.AnnotationRefName] = name, name
		}
		if len(e.Annotations) == 0 {
			e.Annotations = nil // as it is read again
		}
		if slices.ContainsFunc(list, func(d ocispecs.Descriptor) bool { return reflect.DeepEqual(d, e) || vouched(d, e) }) {
			continue
		}
		list = append(slices.DeleteFunc(list, func(d ocispecs.Descriptor) bool {
			// An image that gets a name is no longer without one.
			return name != "" && nameOf(d) == name || nameOf(d) == "" && d.Digest == e.Digest
		}), e)
	}
	return list
}

// keepUsed keeps those images of a list that have lost their last name and are used.
func (s *Store) keepUsed(before, after []ocispecs.Descriptor) ([]ocispecs.Descriptor, error) {
	have := digests(after)
	lost := slices.DeleteFunc(before, func(d ocispecs.Descriptor) bool { return have[d.Digest] })
	if s.Used == nil || len(lost) == 0 {
		return after, nil
	}
	used, err := s.Used()
	if err != nil {
		return nil, err
	}
	for _, d := range lost {
		blobs, err := s.Blobs(d)
		stands := func(d ocispecs.Descriptor) bool { return used[d.Digest] }
		if err != nil || have[d.Digest] || !stands(d) && !slices.ContainsFunc(blobs, stands) {
			continue
		}
		have[d.Digest] = true
		annotations := maps.Clone(d.Annotations)
		delete(annotations, annotationName)
		delete(annotations, ocispecs.AnnotationRefName)
		after = place(after, bare(d), annotations, nil)
	}
	return after, nil
}

// vouched tells whether an archive says what is known already, and from a better source.
func vouched(have, e ocispecs.Descriptor) bool {
	return e.Annotations[AnnotationSource] == SourceArchive && have.Digest == e.Digest && nameOf(have) == nameOf(e)
}

// Tag gives an image one more name, which another image may lose by that.
func (s *Store) Tag(ctx context.Context, img Image, name string) error {
	full, err := Normalize(name)
	if err != nil {
		return err
	}
	if !proven(full, img.Descriptor.Digest, "") {
		return spoofed(full, img.Descriptor.Digest)
	}
	release, err := s.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	return s.update(ctx, func(list []ocispecs.Descriptor) ([]ocispecs.Descriptor, error) {
		if !digests(list)[img.Descriptor.Digest] {
			return nil, fail("no-such-image", "list the images with `strake images`", "no such image: %s was removed meanwhile", img.ID)
		}
		// The registry's digest is of another name, and does not come along.
		kept := map[string]string{annotationRecord: img.record.String(), AnnotationSource: img.Source("")}
		return s.keepUsed(slices.Clone(list), place(list, img.Descriptor, kept, []string{full}))
	})
}

// bare is a descriptor as the index of a registry would have it.
func bare(d ocispecs.Descriptor) ocispecs.Descriptor {
	return ocispecs.Descriptor{MediaType: d.MediaType, Digest: d.Digest, Size: d.Size}
}

// digests gives the set of the digests of a list.
func digests(list []ocispecs.Descriptor) map[digest.Digest]bool {
	set := make(map[digest.Digest]bool, len(list))
	for _, d := range list {
		set[d.Digest] = true
	}
	return set
}
