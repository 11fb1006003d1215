package tarball

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	"github.com/klauspost/compress/gzip"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
)

// Import makes an image of one layer out of the archive of a file tree, which may
// be compressed. The store must be held. Config is that of the image, without what
// Import knows: its layers, history and time.
func Import(ctx context.Context, s *store.Store, r io.Reader, config dockerspec.DockerOCIImage, message string, now time.Time) (ocispecs.Descriptor, error) {
	layer, diffID, err := importLayer(ctx, s, r)
	if err != nil {
		s.Litter()
		return ocispecs.Descriptor{}, err
	}
	config.Created = &now
	config.RootFS = ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{diffID}}
	config.History = []ocispecs.History{{Created: &now, Comment: message}}
	m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest, Layers: []ocispecs.Descriptor{layer}}
	m.SchemaVersion = 2
	if m.Config, err = writeJSON(ctx, s, ocispecs.MediaTypeImageConfig, config); err != nil {
		return ocispecs.Descriptor{}, err
	}
	return writeJSON(ctx, s, m.MediaType, m)
}

func writeJSON(ctx context.Context, s *store.Store, mediaType string, v any) (ocispecs.Descriptor, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	return s.Write(ctx, mediaType, data)
}

// importLayer makes a layer of an archive, and gives the digest of the plain tar.
func importLayer(ctx context.Context, s *store.Store, r io.Reader) (ocispecs.Descriptor, digest.Digest, error) {
	plain, err := decompress(ctx, r)
	if err != nil {
		return ocispecs.Descriptor{}, "", err
	}
	defer plain.Close()
	return WriteLayer(ctx, s, func(w io.Writer) error { return readTree(io.TeeReader(plain, w)) })
}

// WriteLayer makes a compressed layer of the tar that write writes, and gives the digest of that.
// The store must be held.
func WriteLayer(ctx context.Context, s *store.Store, write func(io.Writer) error) (layer ocispecs.Descriptor, diffID digest.Digest, err error) {
	const ref = "import"
	w, err := content.OpenWriter(ctx, s.Content(), content.WithRef(ref))
	if err != nil {
		return layer, "", err
	}
	defer func() {
		if err != nil {
			w.Close()
			s.Content().Abort(context.WithoutCancel(ctx), ref)
		}
	}()
	hash := digest.Canonical.Digester()
	z := gzip.NewWriter(w)
	if err := write(io.MultiWriter(hash.Hash(), z)); err != nil {
		return layer, "", err
	}
	if err := z.Close(); err != nil {
		return layer, "", err
	}
	st, err := w.Status()
	if err != nil {
		return layer, "", err
	}
	layer = ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageLayerGzip, Digest: w.Digest(), Size: st.Offset}
	if err := w.Commit(ctx, layer.Size, layer.Digest); err != nil && !errdefs.IsAlreadyExists(err) {
		return layer, "", err
	}
	return layer, hash.Digest(), nil
}

// readTree reads a tar to its end, and checks that it is one.
func readTree(r io.Reader) error {
	first := make([]byte, 1)
	if _, err := io.ReadFull(r, first); errors.Is(err, io.EOF) {
		return notATree("it is empty")
	}
	t := tar.NewReader(io.MultiReader(bytes.NewReader(first), r))
	for entries := 0; ; entries++ {
		_, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			_, err := io.Copy(io.Discard, r) // what follows the end belongs to it
			return err
		case errors.Is(err, tar.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF) && entries == 0:
			return notATree("it is no tar")
		case errors.Is(err, io.ErrUnexpectedEOF):
			return fail("invalid-archive", "copy or download it again", "the archive is cut off")
		case err != nil:
			return err
		}
	}
}

func notATree(why string) error {
	return fail("invalid-archive", "give a tar of a file tree", "this is not an archive of files: %s", why)
}
