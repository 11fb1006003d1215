package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes"
	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/backend/store"
)

// AllPlatforms, in place of a platform, pulls an index as it is, with the images
// for all platforms and their attestations.
const AllPlatforms = "all"

const (
	documentLimit = 4 << 20 // bytes of a manifest or an index, containerd's limit as well
	maxDepth      = 8       // of indexes in indexes
)

// Pulled is an image that came from a registry.
type Pulled struct {
	Name   string        // full
	Digest digest.Digest // that the registry has under the name
	New    bool          // the store had something else under that name, or nothing
}

// Pull fetches the image that a registry has under a name, for one platform ("" is
// this machine's), and names it in the store, which must be held. Blobs that the
// store has are not fetched; after a failure those that came stay until the next
// garbage collection.
func (c *Client) Pull(ctx context.Context, s *store.Store, ref, platform string) (Pulled, error) {
	full, err := store.Normalize(ref)
	if err != nil {
		return Pulled{}, err
	}
	named, err := reference.ParseNormalizedNamed(full)
	if err != nil {
		return Pulled{}, err
	}
	p := &pull{Client: c, store: s, named: named}
	target, root, err := p.target(ctx, platform)
	if err == nil && target.Platform == nil && platform != "" && platform != AllPlatforms {
		err = p.suits(ctx, target, platform)
	}
	if err == nil {
		err = p.fetchAll(ctx, target)
	}
	if err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			s.Litter() // what came takes the space that others need
		}
		return Pulled{}, c.explain(ctx, err, named, "pull")
	}
	before, err := s.Find(full)
	was := before.Descriptor.Digest
	if err != nil {
		was = ""
	}
	if target.Digest != root.Digest {
		target.Annotations = map[string]string{store.AnnotationOrigin: root.Digest.String()}
	}
	if err := s.Put(ctx, target, []string{full}, nil); err != nil {
		return Pulled{}, err
	}
	return Pulled{Name: full, Digest: root.Digest, New: was != target.Digest}, nil
}

// pull is one pull.
type pull struct {
	*Client
	store   *store.Store
	named   reference.Named
	fetcher remotes.Fetcher
}

// target finds the manifest or the index to fetch, with the platform if an index tells
// it, and what the registry has under the name.
func (p *pull) target(ctx context.Context, platform string) (target, root ocispecs.Descriptor, err error) {
	resolver := p.resolver(ctx)
	err = retry(ctx, func() error {
		_, root, err = resolver.Resolve(ctx, p.named.String())
		return err
	})
	if err != nil {
		return target, root, err
	}
	root = ocispecs.Descriptor{MediaType: root.MediaType, Digest: root.Digest, Size: root.Size}
	if p.fetcher, err = resolver.Fetcher(ctx, p.named.String()); err != nil || platform == AllPlatforms {
		return root, root, err
	}
	match := platforms.Default()
	if platform != "" {
		want, err := platforms.Parse(platform)
		if err != nil {
			return target, root, fail("invalid-platform", "write it like linux/arm64", "%q is not a platform: %v", platform, err)
		}
		match = platforms.Only(want)
	}
	target = root
	for depth := 0; images.IsIndexType(target.MediaType); depth++ {
		if depth == maxDepth {
			return target, root, contentError("its indexes are nested too deeply")
		}
		data, err := p.document(ctx, target)
		if err != nil {
			return target, root, err
		}
		var index ocispecs.Index
		if err := json.Unmarshal(data, &index); err != nil {
			return target, root, contentError("its index is not JSON")
		}
		chosen, err := p.choose(index.Manifests, match, platform)
		if err != nil {
			return target, root, err
		}
		target = ocispecs.Descriptor{MediaType: chosen.MediaType, Digest: chosen.Digest, Size: chosen.Size, Platform: chosen.Platform}
	}
	if !images.IsManifestType(target.MediaType) {
		return target, root, contentError("it has the media type " + target.MediaType)
	}
	return target, root, nil
}

// choose takes the best entry of an index for a platform. One that does not tell
// its platform is better than none.
func (p *pull) choose(list []ocispecs.Descriptor, match platforms.MatchComparer, platform string) (ocispecs.Descriptor, error) {
	var best *ocispecs.Descriptor
	var have []string
	for i, d := range list {
		switch {
		case store.IsAttestation(d):
			continue
		case d.Platform == nil:
			if best == nil {
				best = &list[i]
			}
			continue
		}
		have = append(have, platforms.FormatAll(*d.Platform))
		if match.Match(*d.Platform) && (best == nil || best.Platform == nil || match.Less(*d.Platform, *best.Platform)) {
			best = &list[i]
		}
	}
	if best == nil {
		return ocispecs.Descriptor{}, errNoPlatform(p.named, platform, have)
	}
	return *best, nil
}

// suits looks into the config of a manifest of which no index tells the platform: the
// image may be for another one.
func (p *pull) suits(ctx context.Context, target ocispecs.Descriptor, platform string) error {
	want, err := platforms.Parse(platform)
	if err != nil {
		return err
	}
	var (
		manifest ocispecs.Manifest
		have     ocispecs.Platform
	)
	data, err := p.document(ctx, target)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		return contentError("its manifest is not JSON")
	}
	if data, err = p.document(ctx, manifest.Config); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &have); err != nil {
		return contentError("its config is not JSON")
	}
	if !store.Fits(want, have) {
		return errNoPlatform(p.named, platform, []string{store.FormatPlatform(have)})
	}
	return nil
}

// document reads a manifest, a config or an index, from the store if it is there.
func (p *pull) document(ctx context.Context, d ocispecs.Descriptor) ([]byte, error) {
	if d.Size > documentLimit {
		return nil, contentError(fmt.Sprintf("a document of it has more than %d bytes", documentLimit))
	}
	if data, err := content.ReadBlob(ctx, p.store.Content(), d); err == nil {
		return data, nil
	}
	var data []byte
	err := retry(ctx, func() error {
		r, err := p.fetcher.Fetch(ctx, d)
		if err != nil {
			return err
		}
		defer r.Close()
		data, err = io.ReadAll(io.LimitReader(r, documentLimit+1))
		return err
	})
	switch {
	case err != nil:
		return nil, blobError{d, err}
	case d.Digest.Algorithm().FromBytes(data) != d.Digest:
		return nil, contentError("what the registry sent for " + d.Digest.String() + " has another digest")
	}
	return data, nil
}

// fetchAll fetches all that an image consists of into the store.
func (p *pull) fetchAll(ctx context.Context, target ocispecs.Descriptor) error {
	if err := p.fetch(ctx, target); err != nil {
		return err
	}
	// Manifests come first, one level after the other: they tell what to expect.
	level := []ocispecs.Descriptor{target}
	seen := map[digest.Digest]bool{target.Digest: true}
	var leaves []ocispecs.Descriptor
	for depth := 0; len(level) > 0; depth++ {
		if depth == maxDepth {
			return contentError("its indexes are nested too deeply")
		}
		var next []ocispecs.Descriptor
		for _, d := range level {
			children, err := images.Children(ctx, p.store.Content(), d)
			if err != nil {
				return contentError(err.Error())
			}
			for _, child := range children {
				if seen[child.Digest] || images.IsNonDistributable(child.MediaType) {
					continue
				}
				seen[child.Digest] = true
				child.URLs = nil // other hosts than the registry are not asked
				if images.IsIndexType(child.MediaType) || images.IsManifestType(child.MediaType) {
					next = append(next, child)
				} else {
					leaves = append(leaves, child)
				}
			}
		}
		if err := p.each(ctx, next); err != nil {
			return err
		}
		level = next
	}
	for _, d := range leaves {
		p.report(d, Planned, 0)
	}
	return p.each(ctx, leaves)
}

func (p *pull) each(ctx context.Context, list []ocispecs.Descriptor) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, d := range list {
		group.Go(func() error { return p.fetch(ctx, d) })
	}
	return group.Wait()
}

// fetch gets one blob into the store. A retry goes on where the connection broke.
func (p *pull) fetch(ctx context.Context, d ocispecs.Descriptor) error {
	if err := d.Digest.Validate(); err != nil {
		return contentError(err.Error())
	}
	if _, err := p.store.Content().Info(ctx, d.Digest); err == nil {
		p.report(d, Present, 0)
		return nil
	}
	counted := remotes.FetcherFunc(func(ctx context.Context, d ocispecs.Descriptor) (io.ReadCloser, error) {
		r, err := p.fetcher.Fetch(ctx, d)
		return &counter{ReadCloser: r, count: func(n int64) { p.report(d, Moved, n) }}, err
	})
	key := remotes.MakeRefKey(ctx, d)
	err := retry(ctx, func() error {
		err := remotes.Fetch(ctx, p.store.Content(), counted, d)
		var status remoteerrors.ErrUnexpectedStatus
		if errors.As(err, &status) && status.StatusCode == http.StatusRequestedRangeNotSatisfiable {
			// Not every registry can go on in the middle. That is no failure of it: the
			// blob has as many tries there as elsewhere.
			p.store.Content().Abort(ctx, key)
			err = remotes.Fetch(ctx, p.store.Content(), counted, d)
		}
		return err
	})
	switch {
	case err == nil || errdefs.IsAlreadyExists(err):
		p.report(d, Done, 0)
		return nil
	case errdefs.IsFailedPrecondition(err) || errdefs.IsInvalidArgument(err):
		err = contentError(err.Error())
	}
	abort := p.store.Content().Abort(context.WithoutCancel(ctx), key)
	if abort != nil && !errdefs.IsNotFound(abort) {
		err = errors.Join(err, abort)
	}
	return blobError{d, err}
}

// counter tells how many bytes were read. It can go back, as containerd's retries
// need that.
type counter struct {
	io.ReadCloser
	count func(int64)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.count(int64(n))
	return n, err
}

// Seek implements io.Seeker.
func (c *counter) Seek(offset int64, whence int) (int64, error) {
	if s, ok := c.ReadCloser.(io.Seeker); ok {
		return s.Seek(offset, whence)
	}
	return 0, errdefs.ErrNotImplemented
}

// Digest gives that of what a registry has under a name: of the index, where there is one.
func (c *Client) Digest(ctx context.Context, ref string) (digest.Digest, error) {
	full, err := store.Normalize(ref)
	if err != nil {
		return "", err
	}
	named, err := reference.ParseNormalizedNamed(full)
	if err != nil {
		return "", err
	}
	var found ocispecs.Descriptor
	err = retry(ctx, func() error {
		_, found, err = c.resolver(ctx).Resolve(ctx, named.String())
		return err
	})
	if err != nil {
		return "", c.explain(ctx, err, named, "pull")
	}
	return found.Digest, nil
}
