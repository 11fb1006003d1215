package build

import (
	"context"
	"errors"

	"github.com/containerd/containerd/v2/core/content"

	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
)

// storeID is what the session calls the local image store.
const storeID = "strake-images"

// localImage finds a base image in the local store. With --pull registries are
// asked all the same. An image that is here for other platforms only does not
// answer: it is llb.Unfit.
func (j *job) localImage(ctx context.Context, r plan.ImageRequest) (plan.ImageInfo, bool, error) {
	if j.Pull {
		return plan.ImageInfo{}, false, nil
	}
	b, ok, err := findBase(ctx, j.Images, r)
	if !ok || err != nil {
		return plan.ImageInfo{}, false, err
	}
	if j.classic() {
		name, err := j.lend(ctx, b.image, b.variant, r)
		return plan.ImageInfo{Ref: name, Config: b.config, Note: b.note}, true, err
	}
	return plan.ImageInfo{Ref: r.Ref, Digest: b.image.Descriptor.Digest, Config: b.config, Store: storeID, Note: b.note}, true, nil
}

// StoreImages finds base images in a local store for who compiles without an engine: the
// config and the digest are those of a build, and the reference is that of a registry, as
// whoever runs the result elsewhere has no such store. Errors may be llb.Unfit.
func StoreImages(s *store.Store) gateway.LocalImages {
	return func(ctx context.Context, r plan.ImageRequest) (plan.ImageInfo, bool, error) {
		b, ok, err := findBase(ctx, s, r)
		if !ok || err != nil {
			return plan.ImageInfo{}, false, err
		}
		return plan.ImageInfo{Ref: r.Ref, Digest: b.image.Descriptor.Digest, Config: b.config, Note: b.note}, true, nil
	}
}

// base is an image of the store that answers for a platform.
type base struct {
	image   store.Image
	variant store.Variant
	config  []byte // JSON
	note    string // see plan.ImageInfo
}

func findBase(ctx context.Context, s *store.Store, r plan.ImageRequest) (b base, ok bool, err error) {
	b.image, err = s.Find(r.Ref)
	if errors.Is(err, store.ErrNotFound) {
		return b, false, nil
	} else if err != nil {
		return b, false, err
	}
	b.variant, err = b.image.For(r.Platform)
	var unfit diag.Diagnostic
	if errors.As(err, &unfit) {
		return b, false, llb.Unfit{Diagnostic: unfit}
	} else if err != nil {
		return b, false, err
	}
	switch b.image.Source(r.Ref) {
	case store.SourceArchive:
		b.note = "is in the image store out of an archive (`strake load`): no registry was asked for it"
	case store.SourceFiles:
		b.note = "is in the image store as a file tree (`strake import`): no registry was asked for it"
	}
	b.config, err = content.ReadBlob(ctx, s.Content(), b.variant.Manifest.Config)
	return b, err == nil, err
}
