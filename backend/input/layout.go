package input

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/content"
	manifests "github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/platforms"
	distribution "github.com/distribution/reference"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/lang/regular"
)

// maxDocument is the most bytes of an index, a manifest or a config in an OCI layout, as
// of those in a registry.
const maxDocument = 8 << 20

// fromLayout gives the config of an image in an OCI layout, as a daemon does that gets at
// it through the session. The reference has the digest.
func (g *gateway) fromLayout(ctx context.Context, ref string, opt *sourceresolver.ResolveOCILayoutOpt) (string, digest.Digest, []byte, error) {
	dir, ok := g.input.Layouts[opt.Store.StoreID]
	if !ok {
		return "", "", nil, fmt.Errorf("there is no OCI layout %s", opt.Store.StoreID)
	}
	named, err := distribution.ParseNormalizedNamed(ref)
	if err != nil {
		return "", "", nil, err
	}
	pinned, ok := named.(distribution.Digested)
	if !ok {
		return "", "", nil, fmt.Errorf("%s has no digest", ref)
	}
	platform := builder()
	if opt.Platform != nil {
		platform = *opt.Platform
	}
	config, err := layout(dir).config(ctx, pinned.Digest(), platform)
	if err != nil {
		return "", "", nil, fail("no-layout", "write the image there again, or name another with "+layoutScheme+"DIR:TAG", "cannot use the OCI layout %s: %v", dir, err)
	}
	return ref, pinned.Digest(), config, nil
}

// layout is a directory with an OCI layout.
type layout string

func (l layout) config(ctx context.Context, d digest.Digest, platform ocispecs.Platform) ([]byte, error) {
	data, err := l.blob(d)
	if err != nil {
		return nil, err
	}
	var document struct {
		Config *ocispecs.Descriptor `json:"config"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("%s is no manifest", d)
	}
	desc := ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageIndex, Digest: d, Size: int64(len(data))}
	if document.Config != nil {
		desc.MediaType = ocispecs.MediaTypeImageManifest
	}
	found, err := manifests.Config(ctx, l, desc, platforms.Only(platform))
	if err != nil {
		return nil, err
	}
	return l.blob(found.Digest)
}

// blob reads one and holds it against its digest.
func (l layout) blob(d digest.Digest) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	data, err := regular.Read(filepath.Join(string(l), ocispecs.ImageBlobsDir, d.Algorithm().String(), d.Encoded()), maxDocument)
	if err == nil && d.Algorithm().FromBytes(data) != d {
		err = fmt.Errorf("%s has other bytes than its digest says", d)
	}
	return data, err
}

// ReaderAt implements content.Provider.
func (l layout) ReaderAt(_ context.Context, d ocispecs.Descriptor) (content.ReaderAt, error) {
	data, err := l.blob(d.Digest)
	if err != nil {
		return nil, err
	}
	return document{bytes.NewReader(data)}, nil
}

type document struct{ *bytes.Reader }

func (document) Close() error { return nil }
