package rootfs

import (
	"context"
	"io"
	"os"
	"path/filepath"

	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/ocilayer"
)

// fillName is what a layer becomes before it is that which a container changed.
const fillName = "fill"

// Fill gives a new container what it is to have changed, the archive of a layer, compressed or
// not. It tells whether that is any change but of the times of directories, and what could not be
// made on this machine, a line each. The layers are unpacked, and Hold keeps them until the container is there; after an
// error, dir is for who made it to remove.
func (l *Layers) Fill(ctx context.Context, dir string, diffIDs []digest.Digest, layer io.Reader) (changed bool, skipped []string, err error) {
	image, err := l.image(diffIDs)
	if err == nil {
		err = l.initialize(dir, image, diffIDs, nil)
	}
	if err != nil {
		return false, nil, explain(dir, err)
	}
	trees := append([]tree{{filepath.Join(dir, initName), l.marked()}}, image...)
	if skipped, err = l.fill(ctx, dir, trees, layer); err != nil {
		return false, nil, explain(dir, err)
	}
	changed, err = l.changes(ctx, dir, diffIDs, io.Discard)
	return changed, skipped, err
}

func (l *Layers) fill(ctx context.Context, dir string, trees []tree, layer io.Reader) ([]string, error) {
	plain, err := ocilayer.Decompress(layer)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	over := filepath.Join(dir, fillName)
	if err := mkdirLike(over, trees[0].dir); err != nil {
		return nil, err
	}
	x := newExtractor(over, l.marked(), l.userns)
	if err := x.extract(ctx, plain); err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, plain); err != nil { // to its checksum
		return nil, err
	}
	if !l.marked().plain() {
		return x.skipped, os.Rename(over, filepath.Join(dir, upperName))
	}
	if err := copyAll(ctx, dir, append([]tree{{over, l.marked()}}, trees...)); err != nil {
		return nil, err
	}
	return x.skipped, os.RemoveAll(over)
}

// Hold keeps the layers that are unpacked from now on, until release.
func (l *Layers) Hold(ctx context.Context) (release func(), err error) { return l.share(ctx) }
