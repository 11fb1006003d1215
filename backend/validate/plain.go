package validate

import (
	"context"
	"errors"
	"io"

	"github.com/containerd/containerd/v2/core/content"

	"github.com/seed-e0495807/strake/backend/ocilayer"
)

// Plain reads a layer of an image without its compression. It is not checked against its diff ID.
func Plain(ctx context.Context, img *Image, layer int) (io.ReadCloser, error) {
	at, err := img.Content.ReaderAt(ctx, img.Layers[layer])
	if err != nil {
		return nil, err
	}
	plain, err := ocilayer.Decompress(&cancellable{ctx, content.NewReader(at)})
	if err != nil {
		return nil, errors.Join(err, at.Close())
	}
	return &unpacking{plain, at}, nil
}

// unpacking closes the blob, too.
type unpacking struct {
	io.ReadCloser
	blob io.Closer
}

func (u *unpacking) Close() error { return errors.Join(u.ReadCloser.Close(), u.blob.Close()) }
