package tarball

import (
	"archive/tar"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/distribution/reference"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
)

// Item is an image to save, under some of its names.
type Item struct {
	Image store.Image
	Names []string // full
}

// Save writes an archive that is an OCI image layout, and that docker load takes.
// The store must be held. The same images give the same bytes.
func Save(ctx context.Context, s *store.Store, w io.Writer, items []Item, platform string) error {
	index := ocispecs.Index{MediaType: ocispecs.MediaTypeImageIndex}
	index.SchemaVersion = 2
	var manifests []dockerManifest
	blobs := map[string]ocispecs.Descriptor{}
	for _, item := range items {
		// An archive of docker has one platform.
		v, err := item.Image.Variant(platform)
		if err != nil {
			return err
		}
		target := item.Image.Descriptor
		if platform != "" {
			target = ocispecs.Descriptor{MediaType: v.Desc.MediaType, Digest: v.Desc.Digest, Size: v.Desc.Size}
		}
		list, err := s.Blobs(target)
		if err != nil {
			return err
		}
		for _, d := range list {
			blobs[blobPath(d.Digest)] = d
		}
		index.Manifests = append(index.Manifests, entries(target, item.Names)...)
		manifests = append(manifests, manifestOf(v, item.Names))
	}
	t := tar.NewWriter(w)
	paths := make([]string, 0, len(blobs))
	for path := range blobs {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		if err := writeBlob(ctx, t, s.Content(), path, blobs[path]); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name string
		v    any
	}{
		{indexFile, index},
		{manifestFile, manifests},
		{layoutFile, ocispecs.ImageLayout{Version: ocispecs.ImageLayoutVersion}},
	} {
		if err := writeDocument(t, f.name, f.v); err != nil {
			return err
		}
	}
	return t.Close()
}

// entries lists an image in index.json, with each name as docker save has it. A digest in
// a name becomes that of what is saved, which may be a part of what the name stands for.
func entries(target ocispecs.Descriptor, names []string) []ocispecs.Descriptor {
	if len(names) == 0 {
		return []ocispecs.Descriptor{target}
	}
	var list []ocispecs.Descriptor
	for _, name := range names {
		d := target
		d.Annotations = map[string]string{annotationName: name}
		if named, err := reference.ParseNormalizedNamed(name); err == nil {
			if t, ok := named.(reference.Tagged); ok {
				d.Annotations[ocispecs.AnnotationRefName] = t.Tag()
			}
			if _, ok := named.(reference.Digested); ok {
				d.Annotations[annotationName] = named.Name() + "@" + target.Digest.String()
			}
		}
		list = append(list, d)
	}
	return list
}

func manifestOf(v store.Variant, names []string) dockerManifest {
	m := dockerManifest{Config: blobPath(v.Manifest.Config.Digest)}
	for _, name := range names {
		if named, err := reference.ParseNormalizedNamed(name); err == nil && reference.TagNameOnly(named).String() == name {
			if _, pinned := named.(reference.Digested); !pinned {
				m.RepoTags = append(m.RepoTags, reference.FamiliarString(named))
			}
		}
	}
	for _, layer := range v.Manifest.Layers {
		m.Layers = append(m.Layers, blobPath(layer.Digest))
	}
	return m
}

func writeBlob(ctx context.Context, t *tar.Writer, from content.Provider, path string, d ocispecs.Descriptor) error {
	ra, err := from.ReaderAt(ctx, d)
	if err != nil {
		return err
	}
	defer ra.Close()
	if err := t.WriteHeader(header(path, ra.Size())); err != nil {
		return err
	}
	for offset := int64(0); offset < ra.Size(); offset += chunk {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, err := io.Copy(t, io.NewSectionReader(ra, offset, min(chunk, ra.Size()-offset))); err != nil {
			return err
		}
	}
	return nil
}

// chunk is how many bytes are written between looks at the context.
const chunk = 8 << 20

func writeDocument(t *tar.Writer, name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	err = t.WriteHeader(header(name, int64(len(data))))
	_, werr := t.Write(data)
	return cmp.Or(err, werr)
}

func header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o444, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
}
