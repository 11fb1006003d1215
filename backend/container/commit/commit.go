// Package commit makes an image of a container: that which it was made of, and one layer more,
// of what was changed in it. What it was started with, as variables and mounts, is not in the
// image.
package commit

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Options say what else is in the image.
type Options struct {
	Names           []string // of the image, none is fine
	Author, Comment string
	// Change alters the config, which is else that of the container's image; nil is no change.
	Change func(dockerspec.DockerOCIImage) (dockerspec.DockerOCIImage, error)
	// Pause calls its argument while the container stands still; nil lets it run.
	Pause func(func() error) error
	Now   time.Time
}

// Commit makes an image of a container, and names it. The store must be held.
func Commit(ctx context.Context, s *store.Store, layers *rootfs.Layers, c *container.Container, o Options) (ocispecs.Descriptor, error) {
	for _, name := range o.Names { // before much is read
		if _, err := store.Normalize(name); err != nil {
			return ocispecs.Descriptor{}, err
		}
	}
	b, err := baseOf(ctx, s, c)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	if o.Change != nil {
		if b.config, err = o.Change(b.config); err != nil {
			return ocispecs.Descriptor{}, err
		}
	}
	layer, diffID, err := changed(ctx, s, layers, c, o.Pause)
	if err != nil {
		s.Litter()
		return ocispecs.Descriptor{}, err
	}
	b.add(layer, diffID, ocispecs.History{
		Created: &o.Now, CreatedBy: record.Redact(strings.Join(c.Args, " ")), Author: o.Author, Comment: o.Comment, EmptyLayer: diffID == rootfs.NoChange,
	})
	desc, err := b.write(ctx, s)
	if err != nil {
		return desc, err
	}
	return desc, s.Put(ctx, desc, o.Names, b.record)
}

// base is an image that another one is made of.
type base struct {
	manifest ocispecs.Manifest
	config   dockerspec.DockerOCIImage
	record   *store.Record
}

// baseOf reads the image that a container was made of, and makes sure that it is there.
func baseOf(ctx context.Context, s *store.Store, c *container.Container) (*base, error) {
	desc := ocispecs.Descriptor{Digest: c.Manifest}
	info, err := s.Content().Info(ctx, c.Manifest)
	if errdefs.IsNotFound(err) {
		return nil, gone(c)
	}
	if err != nil {
		return nil, err
	}
	desc.Size = info.Size
	b := &base{}
	data, err := content.ReadBlob(ctx, s.Content(), desc)
	if err == nil {
		err = json.Unmarshal(data, &b.manifest)
	}
	if err != nil {
		return nil, fmt.Errorf("read the image of container %s: %w", c.Name, err)
	}
	for _, d := range append([]ocispecs.Descriptor{b.manifest.Config}, b.manifest.Layers...) {
		if _, err := s.Content().Info(ctx, d.Digest); err != nil && !images.IsNonDistributable(d.MediaType) {
			return nil, gone(c)
		}
	}
	if b.manifest.MediaType == "" { // which the specification allows
		b.manifest.MediaType = ocispecs.MediaTypeImageManifest
	}
	if data, err = content.ReadBlob(ctx, s.Content(), b.manifest.Config); err == nil {
		err = json.Unmarshal(data, &b.config)
	}
	if err == nil {
		b.record, err = recordOf(s, c.Manifest)
	}
	return b, err
}

func gone(c *container.Container) error {
	hint := "pull or build " + c.Image + " again, the same one: then the container can be committed"
	if c.OwnImage {
		hint = "it was made for this container alone, and cannot be made again: take what you need with `strake cp`, then `strake rm " + c.Name + "`"
	}
	return diag.Diagnostic{
		Code: "image-gone", Message: fmt.Sprintf("the image store no longer has the image that container %s was made of", c.Name), Hint: hint,
	}
}

// recordOf gives the record of the image that has a manifest, nil if there is none.
func recordOf(s *store.Store, manifest digest.Digest) (*store.Record, error) {
	list, err := s.Images()
	if err != nil {
		return nil, err
	}
	for _, img := range list {
		for _, v := range img.Variants {
			if v.Desc.Digest == manifest {
				return s.Record(img)
			}
		}
	}
	return nil, nil
}

// changed writes the layer of what was changed in a container.
func changed(ctx context.Context, s *store.Store, layers *rootfs.Layers, c *container.Container, pause func(func() error) error) (layer ocispecs.Descriptor, diffID digest.Digest, err error) {
	if pause == nil {
		pause = func(fn func() error) error { return fn() }
	}
	err = pause(func() (err error) {
		layer, diffID, err = tarball.WriteLayer(ctx, s, func(w io.Writer) error { return layers.Changes(ctx, c.Dir(), c.DiffIDs, w) })
		return err
	})
	if ctx.Err() == nil && c.Gone() { // part of its files may have been, too
		err = diag.Diagnostic{Code: "no-such-container", Message: fmt.Sprintf("container %s was removed meanwhile", c.Name), Hint: "list the containers with `strake ps -a`"}
	}
	return layer, diffID, err
}

// add adds a layer to the image, with its entry of the history.
func (b *base) add(layer ocispecs.Descriptor, diffID digest.Digest, h ocispecs.History) {
	if !h.EmptyLayer {
		if images.IsDockerType(b.manifest.MediaType) {
			layer.MediaType = images.MediaTypeDockerSchema2LayerGzip
		}
		b.manifest.Layers = append(b.manifest.Layers, layer)
		b.config.RootFS.DiffIDs = append(b.config.RootFS.DiffIDs, diffID)
	}
	b.manifest.Annotations = nil // they were about the other one
	b.config.Created, b.config.Author = h.Created, h.Author
	if b.record != nil && len(b.record.Entries) == len(b.config.History) {
		b.record.Entries = append(b.record.Entries, store.Entry{})
	} else {
		b.record = nil
	}
	b.config.History = append(b.config.History, h)
}

// write writes config and manifest.
func (b *base) write(ctx context.Context, s *store.Store) (desc ocispecs.Descriptor, err error) {
	if b.manifest.Config, err = writeJSON(ctx, s, b.manifest.Config.MediaType, b.config); err != nil {
		return desc, err
	}
	if desc, err = writeJSON(ctx, s, b.manifest.MediaType, b.manifest); err != nil {
		return desc, err
	}
	desc.Annotations = map[string]string{store.AnnotationSource: store.SourceFiles}
	return desc, nil
}

func writeJSON(ctx context.Context, s *store.Store, mediaType string, v any) (ocispecs.Descriptor, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	return s.Write(ctx, mediaType, data)
}
