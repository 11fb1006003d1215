package tarball

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/go-archive/compression"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/diag"
)

// finish puts the images of the archive into the store.
func (l *loader) finish(ctx context.Context) ([]Loaded, error) {
	var loaded []Loaded
	found, err := l.images(ctx)
	if err == nil {
		loaded, err = l.put(ctx, found)
	}
	var unneeded int
	if err == nil {
		unneeded, err = l.unneeded(loaded)
	}
	if err != nil || unneeded > 0 {
		l.store.Litter()
	}
	return loaded, err
}

// entry is an image that an archive lists. Its descriptor has the annotations to keep.
type entry struct {
	target ocispecs.Descriptor
	names  []string // full
}

// images tells what the archive has, all of whose blobs are in the store.
func (l *loader) images(ctx context.Context) ([]entry, error) {
	if data, ok := l.documents[indexFile]; ok {
		return l.layout(ctx, data)
	}
	if data, ok := l.documents[manifestFile]; ok {
		return l.docker(ctx, data)
	}
	switch {
	case l.entries == 0:
		return nil, notAnArchive("it is empty")
	case l.documents["repositories"] != nil:
		return nil, fail("invalid-archive", "save it again with a current docker", "a docker before 1.10 made this archive, which has no manifest.json")
	case l.tree:
		return nil, fail("invalid-archive", "make an image of it with `strake import`", "this is not an archive of images but of a file tree")
	}
	return nil, notAnArchive("it has neither index.json nor manifest.json")
}

// unneeded counts the files that no image consists of.
func (l *loader) unneeded(loaded []Loaded) (int, error) {
	needed := map[string]bool{}
	for _, one := range loaded {
		list, err := l.store.Blobs(one.Image.Descriptor)
		if err != nil {
			return 0, err
		}
		for _, d := range list {
			needed[d.Digest.String()] = true
		}
	}
	n := 0
	for _, d := range l.files {
		if !needed[d.Digest.String()] {
			n++
		}
	}
	return n, nil
}

// layout loads an OCI image layout.
func (l *loader) layout(ctx context.Context, data []byte) ([]entry, error) {
	var index ocispecs.Index
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fail("invalid-archive", "make it anew", "index.json in the archive: %v", err)
	}
	var found []entry
	for _, d := range index.Manifests {
		if store.IsAttestation(d) || !images.IsManifestType(d.MediaType) && !images.IsIndexType(d.MediaType) {
			continue
		}
		// An archive may have a part of the platforms that its index lists.
		target, err := l.store.Narrow(ctx, d, func(child ocispecs.Descriptor) bool {
			return l.store.Complete(child) == nil
		})
		if err != nil {
			return nil, unusable(err, d)
		}
		e := entry{target: ocispecs.Descriptor{MediaType: target.MediaType, Digest: target.Digest, Size: target.Size}}
		if target.Digest != d.Digest { // it was read out of that index
			e.target.Annotations = map[string]string{store.AnnotationOrigin: d.Digest.String()}
		}
		if name := nameOf(d); name != "" {
			e.names = []string{name}
		}
		found = append(found, e)
	}
	if len(found) == 0 {
		return nil, notAnArchive("its index.json lists no image")
	}
	return found, nil
}

const remake = "copy or download it again, or make it anew with `strake save` or `docker save`"

// unusable explains why an image that the archive lists is none. What the user can fix
// otherwise than by another archive stays as it is.
func unusable(err error, d ocispecs.Descriptor) error {
	var (
		known diag.Diagnostic
		at    *fs.PathError
	)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail("invalid-archive", "copy or download it again", "the archive lacks blob %s", d.Digest)
	case errors.As(err, &known) && slices.Contains([]string{"incomplete-image", "unusable-image", "no-such-platform"}, known.Code):
		return fail("invalid-archive", remake, "the archive is damaged: %s", known.Message)
	case errors.As(err, &known) && known.Code == "digest-mismatch":
		known.Message = "the archive lies: " + known.Message
		known.Hint = "take an archive from whom you trust, or fetch the image from its registry with `strake pull`"
		return known
	case errors.As(err, &known), errors.As(err, &at), errors.Is(err, context.Canceled):
		return err
	}
	return fail("invalid-archive", remake, "the archive is damaged: image %s: %v", d.Digest, err)
}

// nameOf is the full name of an entry of index.json, "" when it has none: a tag
// alone is no name.
func nameOf(d ocispecs.Descriptor) string {
	name := d.Annotations[annotationName]
	if ref := d.Annotations[ocispecs.AnnotationRefName]; name == "" && strings.ContainsAny(ref, "/:") {
		name = ref
	}
	full, err := store.Normalize(name)
	if err != nil {
		return ""
	}
	return full
}

// put names the images in the store: all of them, or none when one is not what the archive
// says. One that the archive has under several names is listed once.
func (l *loader) put(ctx context.Context, found []entry) ([]Loaded, error) {
	for _, e := range found {
		if err := l.store.Acceptable(e.target, e.names...); err != nil {
			return nil, unusable(err, e.target)
		}
	}
	var loaded []Loaded
	for _, e := range found {
		if e.target.Annotations == nil {
			e.target.Annotations = map[string]string{}
		}
		e.target.Annotations[store.AnnotationSource] = store.SourceArchive
		if err := l.store.Put(ctx, e.target, e.names, nil); err != nil {
			return nil, err
		}
		img, err := l.store.Find(e.target.Digest.String())
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(loaded, func(one Loaded) bool { return one.Image.Descriptor.Digest == img.Descriptor.Digest })
		if i < 0 {
			loaded = append(loaded, Loaded{e.names, img})
			continue
		}
		loaded[i].Names = append(loaded[i].Names, e.names...)
	}
	return loaded, nil
}

// docker loads the images that docker's manifest.json lists.
func (l *loader) docker(ctx context.Context, data []byte) ([]entry, error) {
	var list []dockerManifest
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fail("invalid-archive", "make it anew", "manifest.json in the archive: %v", err)
	}
	var found []entry
	for _, m := range list {
		target, err := l.manifest(ctx, m)
		if err != nil {
			return nil, err
		}
		e := entry{target: target}
		for _, name := range m.RepoTags {
			full, err := store.Normalize(name)
			if err != nil {
				return nil, fail("invalid-archive", "make it anew", "manifest.json in the archive: %v", err)
			}
			e.names = append(e.names, full)
		}
		found = append(found, e)
	}
	if len(found) == 0 {
		return nil, notAnArchive("its manifest.json lists no image")
	}
	return found, nil
}

// manifest makes an OCI manifest of an image that has none.
func (l *loader) manifest(ctx context.Context, m dockerManifest) (ocispecs.Descriptor, error) {
	var none ocispecs.Descriptor
	config, err := l.lookup(m.Config)
	if err != nil {
		return none, err
	}
	data, err := content.ReadBlob(ctx, l.store.Content(), config)
	if err != nil {
		return none, err
	}
	var image dockerspec.DockerOCIImage
	if err := json.Unmarshal(data, &image); err != nil {
		return none, fail("invalid-archive", "make it anew", "%s in the archive is no config of an image: %v", m.Config, err)
	}
	config.MediaType = ocispecs.MediaTypeImageConfig
	out := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest, Config: config, Layers: []ocispecs.Descriptor{}}
	out.SchemaVersion = 2
	if len(image.RootFS.DiffIDs) != len(m.Layers) {
		return none, fail("invalid-archive", "make it anew", "image %s has %d layers, and its config %d", m.Config, len(m.Layers), len(image.RootFS.DiffIDs))
	}
	for i, name := range m.Layers {
		layer, err := l.lookup(name)
		if err == nil {
			layer.MediaType, err = l.layerType(ctx, layer)
		}
		if err != nil {
			return none, err
		}
		if layer.MediaType == ocispecs.MediaTypeImageLayer && layer.Digest != image.RootFS.DiffIDs[i] {
			return none, fail("invalid-archive", "copy or download it again", "layer %s of the archive is damaged", name)
		}
		out.Layers = append(out.Layers, layer)
	}
	if data, err = json.Marshal(out); err != nil {
		return none, err
	}
	return l.store.Write(ctx, out.MediaType, data)
}

// lookup finds a file of the archive, through links.
func (l *loader) lookup(name string) (ocispecs.Descriptor, error) {
	at := path.Clean("/" + name)[1:]
	for range 16 {
		if d, ok := l.files[at]; ok {
			return d, nil
		}
		next, ok := l.links[at]
		if !ok {
			break
		}
		at = next
	}
	return ocispecs.Descriptor{}, fail("invalid-archive", "copy or download it again", "the archive lacks %s", cmp.Or(name, "a config"))
}

// layerType tells by its first bytes how a layer is compressed.
func (l *loader) layerType(ctx context.Context, d ocispecs.Descriptor) (string, error) {
	ra, err := l.store.Content().ReaderAt(ctx, d)
	if err != nil {
		return "", err
	}
	defer ra.Close()
	magic := make([]byte, 10)
	n, err := ra.ReadAt(magic, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch c := compression.Detect(magic[:n]); c {
	case compression.None:
		return ocispecs.MediaTypeImageLayer, nil
	case compression.Gzip:
		return ocispecs.MediaTypeImageLayerGzip, nil
	case compression.Zstd:
		return ocispecs.MediaTypeImageLayerZstd, nil
	default:
		return "", fmt.Errorf("layer %s is compressed with %s, which images cannot have", d.Digest, c.Extension())
	}
}
