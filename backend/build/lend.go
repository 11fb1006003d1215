package build

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/identity"
	"github.com/moby/moby/client"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/ir/plan"
)

// A classic Docker Engine builds from its own images and those of registries only. A
// base image of the local store is lent to it.

const (
	lentName  = "strake.local/base" // repository of names for the time of a build
	untagTime = 5 * time.Second     // for taking them back
)

// lend makes an image of the local store one of the Docker Engine, and gives its name
// there: its own, where it stays, or one for this build alone when another image has
// that. The variant is the one for the platform.
func (j *job) lend(ctx context.Context, img store.Image, v store.Variant, r plan.ImageRequest) (string, error) {
	name, id := r.Ref, v.Manifest.Config.Digest
	switch there, err := j.Engine.Docker.ImageID(ctx, name); {
	case err != nil:
		return "", err
	case there == id.String():
		return name, nil
	case there != "" || strings.Contains(name, "@"): // a digest is no name to give
		name = lentName + ":" + identity.NewID()
	}
	if there, err := j.Engine.Docker.ImageID(ctx, id.String()); err != nil {
		return "", err
	} else if there == "" {
		if err := j.sendToDocker(ctx, img, platforms.FormatAll(*v.Desc.Platform)); err != nil {
			return "", err
		}
	}
	if _, err := j.Engine.Docker.API.ImageTag(ctx, client.ImageTagOptions{Source: id.String(), Target: name}); err != nil {
		return "", err
	}
	if name != r.Ref {
		j.mu.Lock()
		j.lent = append(j.lent, name)
		j.mu.Unlock()
	}
	return name, nil
}

// sendToDocker loads an image of the local store, without a name.
func (j *job) sendToDocker(ctx context.Context, img store.Image, platform string) error {
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		w.CloseWithError(tarball.Save(ctx, j.Images, w, []tarball.Item{{Image: img}}, platform))
		close(done)
	}()
	err := j.Engine.Docker.Load(ctx, r)
	r.Close()
	<-done
	return err
}

// takeBack drops the names for this build. An image that has no other goes, too.
func (j *job) takeBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), untagTime)
	defer cancel()
	for _, name := range j.lent {
		// What is not untagged is in nobody's way.
		_, _ = j.Engine.Docker.API.ImageRemove(ctx, name, client.ImageRemoveOptions{})
	}
}
