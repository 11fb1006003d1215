package store

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"runtime"

	"github.com/containerd/containerd/v2/core/images"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/backend/ocilayer"
	"github.com/seed-e0495807/strake/lang/regular"
)

const sizesFile = "sizes.json"

// Sizes tells how many bytes the files of each layer have, as docker history
// does. No manifest says that, so it takes reading the layers, all at once; what
// it found is kept. A layer that is no tar, or may be missing, has the size of its
// blob.
func (s *Store) Sizes(ctx context.Context, layers []ocispecs.Descriptor) ([]int64, error) {
	known := s.knownSizes()
	sizes := make([]int64, len(layers))
	found := make([]int64, len(layers)) // -1 is nothing new
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, layer := range layers {
		n, ok := known[layer.Digest]
		sizes[i], found[i] = n, -1
		if ok {
			continue
		}
		group.Go(func() error {
			n, err := s.unpackedSize(ctx, layer)
			sizes[i], found[i] = n, n
			if errors.Is(err, os.ErrNotExist) && images.IsNonDistributable(layer.MediaType) {
				sizes[i], found[i], err = layer.Size, -1, nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	s.learnSizes(layers, found)
	return sizes, nil
}

// Size is how many bytes the files of all layers have.
func (s *Store) Size(ctx context.Context, v Variant) (int64, error) {
	sizes, err := s.Sizes(ctx, v.Manifest.Layers)
	var total int64
	for _, n := range sizes {
		total += n
	}
	return total, err
}

func (s *Store) unpackedSize(ctx context.Context, layer ocispecs.Descriptor) (int64, error) {
	if err := layer.Digest.Validate(); err != nil {
		return 0, err
	}
	f, err := regular.Open(s.content.file(layer.Digest))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r, err := ocilayer.Decompress(f)
	if err != nil {
		return layer.Size, nil
	}
	defer r.Close()
	var total int64
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return total, nil
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case err != nil:
			return layer.Size, nil // it is no tar
		case h.Typeflag == tar.TypeReg:
			total += h.Size
		}
	}
}

func (s *Store) knownSizes() map[digest.Digest]int64 {
	known := map[digest.Digest]int64{}
	if data, err := regular.Read(s.path(sizesFile), maxIndex); err == nil && json.Unmarshal(data, &known) != nil {
		clear(known) // a damaged cache is an empty one
	}
	return known
}

// learnSizes keeps what was found; sizes of layers that are gone are dropped. When
// two processes do it at once, one of them will read some layers again.
func (s *Store) learnSizes(layers []ocispecs.Descriptor, found []int64) {
	known := s.knownSizes()
	news := false
	for i, layer := range layers {
		if found[i] >= 0 {
			known[layer.Digest] = found[i]
			news = true
		}
	}
	if !news {
		return
	}
	maps.DeleteFunc(known, func(d digest.Digest, _ int64) bool {
		if d.Validate() != nil {
			return true
		}
		_, err := os.Stat(s.content.file(d))
		return err != nil
	})
	if err := s.writeJSON(sizesFile, known); err != nil {
		return // it is a cache, and a store may be read-only
	}
}
