package build

import (
	"context"
	"errors"

	"github.com/containerd/containerd/v2/core/content"

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
	img, err := j.Images.Find(r.Ref)
	if errors.Is(err, store.ErrNotFound) {
		return plan.ImageInfo{}, false, nil
	} else if err != nil {
		return plan.ImageInfo{}, false, err
	}
	v, err := img.For(r.Platform)
	var unfit diag.Diagnostic
	if errors.As(err, &unfit) {
		return plan.ImageInfo{}, false, llb.Unfit{Diagnostic: unfit}
	} else if err != nil {
		return plan.ImageInfo{}, false, err
	}
	config, err := content.ReadBlob(ctx, j.Images.Content(), v.Manifest.Config)
	if err != nil {
		return plan.ImageInfo{}, false, err
	}
	if j.classic() {
		name, err := j.lend(ctx, img, v, r)
		return plan.ImageInfo{Ref: name, Config: config}, true, err
	}
	return plan.ImageInfo{Ref: r.Ref, Digest: img.Descriptor.Digest, Config: config, Store: storeID}, true, nil
}
