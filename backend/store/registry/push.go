package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/backend/store"
)

// Push sends an image, with its attestations, to the registry of a name. The store
// must be held. What the registry has is not sent; the name comes last, so that
// it never stands for something incomplete. It gives what the name stands for: the
// image, or with a platform its manifest for that.
func (c *Client) Push(ctx context.Context, s *store.Store, img store.Image, ref, platform string) (ocispecs.Descriptor, error) {
	target := img.Descriptor
	if platform != "" {
		v, err := img.Variant(platform)
		if err != nil {
			return target, err
		}
		target = v.Desc
		target.Platform, target.Annotations = nil, nil
	}
	full, err := store.Normalize(ref)
	if err != nil {
		return target, err
	}
	named, err := reference.ParseNormalizedNamed(full)
	if err != nil {
		return target, err
	}
	if err := c.push(ctx, s, target, named); err != nil {
		return target, c.explain(ctx, err, named, "push")
	}
	return target, nil
}

func (c *Client) push(ctx context.Context, s *store.Store, target ocispecs.Descriptor, named reference.Named) error {
	list, err := s.Blobs(target)
	if err != nil {
		return err
	}
	// With the digest behind it, the name is given to the target alone.
	pusher, err := c.resolver(ctx).Pusher(ctx, fmt.Sprintf("%s@%s", named, target.Digest))
	if err != nil {
		return err
	}
	var leaves, documents []ocispecs.Descriptor
	for _, d := range list {
		d.Annotations, d.URLs = nil, nil
		if images.IsManifestType(d.MediaType) || images.IsIndexType(d.MediaType) {
			documents = append(documents, d)
			continue
		}
		leaves = append(leaves, d)
		c.report(d, Planned, 0)
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, d := range leaves {
		group.Go(func() error { return c.send(gctx, s, pusher, d) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, d := range slices.Backward(documents) { // what refers to others comes before them
		if err := c.send(ctx, s, pusher, d); err != nil {
			return err
		}
	}
	return nil
}

// send sends one blob or manifest.
func (c *Client) send(ctx context.Context, s *store.Store, pusher remotes.Pusher, d ocispecs.Descriptor) error {
	ra, err := s.Content().ReaderAt(ctx, d)
	if err != nil {
		return err
	}
	defer ra.Close()
	state := Done
	err = retry(ctx, func() error {
		w, err := pusher.Push(ctx, d)
		if errdefs.IsAlreadyExists(err) {
			state = Present
			return nil
		}
		if err != nil {
			return err
		}
		defer w.Close()
		r := &section{io.NewSectionReader(ra, 0, d.Size), func(n int64) { c.report(d, Moved, n) }}
		err = content.Copy(ctx, w, r, d.Size, d.Digest)
		if err != nil && ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		return err
	})
	if err != nil {
		return blobError{d, err}
	}
	c.report(d, state, 0)
	return nil
}

// section reads a blob, and tells how many bytes were read.
type section struct {
	*io.SectionReader
	count func(int64)
}

func (s *section) Read(p []byte) (int, error) {
	n, err := s.SectionReader.Read(p)
	s.count(int64(n))
	return n, err
}
