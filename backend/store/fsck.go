package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/containerd/containerd/v2/core/images"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/lang/regular"
)

// Report is what a check of the store found.
type Report struct {
	Images, Blobs int
	Bytes         int64    // of all blobs
	Problems      []string // what is damaged, or within reach of others
	Garbage       Garbage  // what the next collection deletes
	Dropped       []string // by a repair: the images that cannot be used
	Untagged      []string // by a repair: the names that are not of their content
}

// Check reads every blob and follows every reference. It waits for nobody: what
// others write meanwhile is no problem, but it may count as garbage.
func (s *Store) Check(ctx context.Context) (Report, error) {
	release, err := s.Hold(ctx)
	if err != nil {
		return Report{}, err
	}
	defer release()
	var r Report
	damaged, err := s.checkBlobs(ctx, &r)
	if err != nil {
		return r, err
	}
	if problem := s.exposed(); problem != "" {
		r.Problems = append(r.Problems, problem)
	}
	index, err := s.readIndex()
	if err != nil {
		r.Problems = append(r.Problems, err.Error())
		return r, nil
	}
	for _, img := range group(index.Manifests) {
		r.Images++
		s.load(&img)
		for _, problem := range s.checkImage(img, damaged) {
			r.Problems = append(r.Problems, fmt.Sprintf("image %s: %s", img.title(), problem))
		}
	}
	if len(r.Problems) == 0 {
		r.Garbage, err = s.sweep(ctx, func(string) error { return nil })
	}
	return r, err
}

// Repair drops the images that cannot be used, and all garbage. Nobody else may
// use the store.
func (s *Store) Repair(ctx context.Context) (Report, error) {
	unlock, ok, err := s.exclude()
	if err != nil {
		return Report{}, s.Explain(err)
	}
	if !ok {
		return Report{}, fail("store-busy", "wait until they end, and try again", "other processes use the image store %s", s.dir)
	}
	defer unlock()
	var r Report
	damaged, err := s.checkBlobs(ctx, &r)
	if err != nil {
		return r, err
	}
	r.Problems = nil
	for d := range damaged {
		if err := os.RemoveAll(s.content.file(d)); err != nil {
			return r, s.Explain(err)
		}
	}
	if _, err := s.readIndex(); err != nil {
		if err := s.rebuild(&r); err != nil {
			return r, s.Explain(err)
		}
	}
	err = s.update(ctx, func(list []ocispecs.Descriptor) ([]ocispecs.Descriptor, error) {
		list, r.Untagged = honest(list)
		for _, img := range group(list) {
			s.load(&img)
			r.Images++
			if len(s.checkImage(img, damaged)) == 0 {
				continue
			}
			r.Images--
			r.Dropped = append(r.Dropped, img.title())
			list = slices.DeleteFunc(list, func(d ocispecs.Descriptor) bool { return d.Digest == img.Descriptor.Digest })
		}
		return list, nil
	})
	if err == nil {
		r.Garbage, err = s.sweep(ctx, os.RemoveAll)
	}
	return r, s.Explain(err)
}

// checkBlobs reads all blobs and gives those that are not what they are called.
func (s *Store) checkBlobs(ctx context.Context, r *Report) (map[digest.Digest]bool, error) {
	var (
		mu      sync.Mutex
		damaged = map[digest.Digest]bool{}
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	err := s.content.each(func(d digest.Digest, info fs.FileInfo) error {
		r.Blobs++
		r.Bytes += info.Size()
		group.Go(func() error {
			err := s.checkBlob(ctx, d)
			if err == nil || errors.Is(err, fs.ErrNotExist) || ctx.Err() != nil {
				return context.Cause(ctx)
			}
			mu.Lock()
			defer mu.Unlock()
			damaged[d] = true
			return nil
		})
		return context.Cause(ctx)
	})
	if werr := group.Wait(); err == nil {
		err = werr
	}
	for d := range damaged {
		r.Problems = append(r.Problems, fmt.Sprintf("blob %s: its content has another digest", d))
	}
	slices.Sort(r.Problems)
	return damaged, err
}

func (s *Store) checkBlob(ctx context.Context, d digest.Digest) error {
	if err := d.Validate(); err != nil {
		return err
	}
	f, err := regular.Open(s.content.file(d))
	if err != nil {
		return err
	}
	defer f.Close()
	v := d.Verifier()
	if _, err := io.Copy(v, &interruptible{ctx, f}); err != nil {
		return err
	}
	if !v.Verified() {
		return errors.New("it is damaged")
	}
	return nil
}

// interruptible ends with its context.
type interruptible struct {
	ctx context.Context
	io.Reader
}

func (r *interruptible) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}

// checkImage lists what an image lacks.
func (s *Store) checkImage(img Image, damaged map[digest.Digest]bool) []string {
	var problems []string
	s.walk(img.Descriptor, func(d ocispecs.Descriptor, err error) error {
		switch {
		case damaged[d.Digest]:
			problems = append(problems, fmt.Sprintf("blob %s is damaged", d.Digest))
		case errors.Is(err, fs.ErrNotExist) || err == nil && !s.has(d) && !images.IsNonDistributable(d.MediaType):
			problems = append(problems, fmt.Sprintf("blob %s is missing or has another size", d.Digest))
		case err != nil:
			problems = append(problems, err.Error())
		}
		return nil
	})
	if img.record != "" {
		if _, err := s.read(img.record); err != nil {
			problems = append(problems, fmt.Sprintf("its record: %v", err))
		}
	}
	if len(problems) == 0 && img.Err != nil {
		problems = append(problems, img.Err.Error())
	}
	for _, name := range img.lies {
		problems = append(problems, fmt.Sprintf("its digest is %s, and its name %s", img.Descriptor.Digest, Familiar(name)))
	}
	return problems
}

// honest takes off the names that have another digest than their content. An image stays
// without them, as what is wrong is the name.
func honest(list []ocispecs.Descriptor) (kept []ocispecs.Descriptor, untagged []string) {
	var nameless []ocispecs.Descriptor
	for _, e := range list {
		name := nameOf(e)
		if proven(name, e.Digest, e.Annotations[AnnotationOrigin]) {
			kept = append(kept, e)
			continue
		}
		untagged = append(untagged, Familiar(name))
		e.Annotations = maps.Clone(e.Annotations)
		delete(e.Annotations, annotationName)
		delete(e.Annotations, ocispecs.AnnotationRefName)
		nameless = append(nameless, e)
	}
	for _, e := range nameless {
		if !digests(kept)[e.Digest] {
			kept = append(kept, e)
		}
	}
	return kept, untagged
}

// rebuild makes an index.json of the images whose blobs are there and that no
// other image consists of. Their names are lost.
func (s *Store) rebuild(r *Report) error {
	var roots []ocispecs.Descriptor
	below := map[digest.Digest]bool{}
	err := s.content.each(func(d digest.Digest, info fs.FileInfo) error {
		if info.Size() > documentLimit {
			return nil
		}
		data, err := s.read(d)
		if err != nil {
			return err
		}
		var doc struct {
			MediaType string `json:"mediaType"`
			document
		}
		if json.Unmarshal(data, &doc) != nil || !images.IsManifestType(doc.MediaType) && !images.IsIndexType(doc.MediaType) {
			return nil
		}
		for _, m := range doc.Manifests {
			below[m.Digest] = true
		}
		roots = append(roots, ocispecs.Descriptor{MediaType: doc.MediaType, Digest: d, Size: info.Size()})
		return nil
	})
	if err != nil {
		return err
	}
	roots = slices.DeleteFunc(roots, func(d ocispecs.Descriptor) bool { return below[d.Digest] })
	return s.writeIndex(ocispecs.Index{Manifests: roots})
}
