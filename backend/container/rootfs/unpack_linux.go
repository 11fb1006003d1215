package rootfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	"github.com/gofrs/flock"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/ocilayer"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Unpack makes sure that each layer of an image is there. It verifies each against its diff
// ID, and leaves nothing of one that is not sound.
func (l *Layers) Unpack(ctx context.Context, p content.Provider, manifest ocispecs.Manifest, diffIDs []digest.Digest) error {
	if len(manifest.Layers) != len(diffIDs) {
		return fail("damaged-image", "pull or build it again", "the image has %d layers, and its config lists %d", len(manifest.Layers), len(diffIDs))
	}
	release, err := l.share(ctx)
	if err != nil {
		return err
	}
	defer release()
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	seen := map[digest.Digest]bool{}
	for i, d := range diffIDs {
		if err := d.Validate(); err != nil {
			return fail("damaged-image", "pull or build it again", "%q is no digest of a layer", d)
		}
		if seen[d] {
			continue
		}
		seen[d] = true
		group.Go(func() error { return l.ensure(within, p, manifest.Layers[i], d) })
	}
	if err := group.Wait(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return explain(l.dir, err)
	}
	return nil
}

// ensure unpacks a layer, unless it is there or another process does it meanwhile.
func (l *Layers) ensure(ctx context.Context, p content.Provider, desc ocispecs.Descriptor, d digest.Digest) error {
	v, err := l.read(d)
	if err == nil {
		l.settle(d, v)
		return nil
	}
	dir := l.path(d)
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	lock := flock.New(dir + ".lock")
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return err
	}
	defer lock.Close()
	if _, err := l.read(d); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	part := dir + ".part"
	for _, left := range []string{part, dir} { // by a process that died, or a machine that crashed
		if err := os.RemoveAll(left); err != nil {
			return err
		}
	}
	if err := l.unpack(ctx, p, desc, d, part); err != nil {
		os.RemoveAll(part)
		return damaged(desc, err)
	}
	if err := os.Rename(part, dir); err != nil {
		return err
	}
	return os.Remove(lock.Path()) // who waits for it finds the layer
}

// damaged explains what is wrong with the blob of a layer.
func damaged(desc ocispecs.Descriptor, err error) error {
	var d diag.Diagnostic
	switch {
	case errors.As(err, &d), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), ofMachine(err):
		return err
	case errdefs.IsNotFound(err):
		return fail("layer-missing", "pull or build the image again", "the layer %s is not in the image store", desc.Digest)
	}
	return fail("damaged-layer", "run `strake fsck --repair`, then pull or build the image again", "the layer %s cannot be unpacked: %v", desc.Digest, err)
}

// ofMachine tells whether it is no layer's fault.
func ofMachine(err error) bool {
	return slices.ContainsFunc([]error{unix.ENOSPC, unix.EDQUOT, unix.EROFS, unix.EMFILE, unix.ENFILE, unix.EIO, unix.EACCES},
		func(known error) bool { return errors.Is(err, known) })
}

// unpack unpacks a layer into a directory that is not there yet.
func (l *Layers) unpack(ctx context.Context, p content.Provider, desc ocispecs.Descriptor, d digest.Digest, dir string) error {
	blob, err := p.ReaderAt(ctx, desc)
	if err != nil {
		return err
	}
	defer blob.Close()
	plain, err := ocilayer.Decompress(content.NewReader(blob))
	if err != nil {
		return err
	}
	defer plain.Close()
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	tree := filepath.Join(dir, treeName)
	if err := os.Mkdir(tree, 0o755); err != nil {
		return err
	}
	hash := d.Verifier()
	// Decompressing is half of the work: it is done ahead of the rest.
	stream := readAhead(ctx, io.TeeReader(plain, hash))
	defer stream.Close()
	x := newExtractor(tree, l.marked(), l.userns)
	if err := x.extract(ctx, stream); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return err
	}
	if !hash.Verified() {
		return fmt.Errorf("it is not what the image's config lists as %s", d)
	}
	return writeDetails(dir, details{Implied: x.implied(), Skipped: x.skipped, Boot: Boot()})
}
