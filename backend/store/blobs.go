package store

import (
	"context"
	_ "crypto/sha512" // digests may be of it
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/lang/regular"
)

const (
	ingestDir     = "ingest"
	documentLimit = 8 << 20 // bytes of a manifest, an index, a config or a record
)

// blobs is the content of the store, for BuildKit and containerd's packages.
//
// Containerd has one of its own for such a directory, which is for one process: it
// resumes a write by its name, which here could be what another process writes.
// It also syncs several small files for each blob, which takes longer than writing
// most blobs. Here a write belongs to its process, and blobs are synced together
// when an image is named; until then nothing refers to them.
type blobs struct {
	dir string

	mu     sync.Mutex
	writes map[string]*ingest // that were not committed, by name
}

var _ content.Store = (*blobs)(nil)

func newBlobs(dir string) *blobs { return &blobs{dir: dir, writes: map[string]*ingest{}} }

// Info implements content.Store.
func (b *blobs) Info(_ context.Context, d digest.Digest) (content.Info, error) {
	info, err := b.stat(d)
	if err != nil {
		return content.Info{}, err
	}
	return content.Info{Digest: d, Size: info.Size(), CreatedAt: info.ModTime(), UpdatedAt: info.ModTime()}, nil
}

func (b *blobs) stat(d digest.Digest) (fs.FileInfo, error) {
	if err := d.Validate(); err != nil {
		return nil, fmt.Errorf("blob %q: %w: %w", d, err, errdefs.ErrInvalidArgument)
	}
	info, err := os.Stat(b.file(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("blob %s: %w", d, errdefs.ErrNotFound)
	}
	return info, err
}

// ReaderAt implements content.Store.
func (b *blobs) ReaderAt(_ context.Context, desc ocispecs.Descriptor) (content.ReaderAt, error) {
	info, err := b.stat(desc.Digest)
	if err != nil {
		return nil, err
	}
	f, err := regular.Open(b.file(desc.Digest))
	if err != nil {
		return nil, err
	}
	return sizedFile{f, info.Size()}, nil
}

type sizedFile struct {
	*os.File
	size int64
}

// Size implements content.ReaderAt.
func (f sizedFile) Size() int64 { return f.size }

// Walk implements content.Store.
func (b *blobs) Walk(ctx context.Context, visit content.WalkFunc, filters ...string) error {
	if len(filters) > 0 {
		return fmt.Errorf("blobs have nothing to filter by: %w", errdefs.ErrNotImplemented)
	}
	return b.each(func(d digest.Digest, _ fs.FileInfo) error {
		info, err := b.Info(ctx, d)
		if err != nil {
			return err
		}
		return visit(info)
	})
}

// each visits the files of all blobs.
func (b *blobs) each(visit func(digest.Digest, fs.FileInfo) error) error {
	root := filepath.Join(b.dir, ocispecs.ImageBlobsDir)
	algorithms, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // none were written, or somebody has deleted them
	} else if err != nil {
		return err
	}
	for _, a := range algorithms {
		if !a.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(root, a.Name()))
		if err != nil {
			return err
		}
		for _, f := range files {
			info, err := f.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil {
				err = visit(digest.NewDigestFromEncoded(digest.Algorithm(a.Name()), f.Name()), info)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Update implements content.Store: there are no labels.
func (b *blobs) Update(context.Context, content.Info, ...string) (content.Info, error) {
	return content.Info{}, fmt.Errorf("the image store has no labels: %w", errdefs.ErrFailedPrecondition)
}

// Delete implements content.Store: only the garbage collection deletes.
func (b *blobs) Delete(context.Context, digest.Digest) error {
	return fmt.Errorf("blobs of the image store are not deleted one by one: %w", errdefs.ErrFailedPrecondition)
}

// sync makes blobs survive a crash of the machine. All are synced at once, as the
// file system then has less to do.
func (b *blobs) sync(list []ocispecs.Descriptor) error {
	var group errgroup.Group
	group.SetLimit(4 * runtime.GOMAXPROCS(0)) // they wait for the disk
	dirs := map[string]bool{}
	for _, d := range list {
		dirs[filepath.Dir(b.file(d.Digest))] = true
		group.Go(func() error {
			f, err := regular.Open(b.file(d.Digest))
			if err != nil {
				return err
			}
			defer f.Close()
			return f.Sync()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for dir := range dirs {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// file is the path of a blob, whose digest must be valid.
func (b *blobs) file(d digest.Digest) string {
	return filepath.Join(b.dir, ocispecs.ImageBlobsDir, d.Algorithm().String(), d.Encoded())
}

// has tells whether there is a blob of the descriptor's size.
func (s *Store) has(desc ocispecs.Descriptor) bool {
	if desc.Digest.Validate() != nil {
		return false
	}
	info, err := os.Stat(s.content.file(desc.Digest))
	return err == nil && info.Size() == desc.Size
}

// read gives a small blob, which is checked.
func (s *Store) read(d digest.Digest) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	f, err := regular.Open(s.content.file(d))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, documentLimit+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > documentLimit:
		return nil, fmt.Errorf("blob %s has more than %d bytes", d, documentLimit)
	case d.Algorithm().FromBytes(data) != d:
		return nil, fmt.Errorf("blob %s is damaged", d)
	}
	return data, nil
}

// Write stores a small blob, unless it is there.
func (s *Store) Write(ctx context.Context, mediaType string, data []byte) (ocispecs.Descriptor, error) {
	desc := ocispecs.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	if s.has(desc) {
		return desc, nil
	}
	return desc, content.WriteBlob(ctx, s.content, desc.Digest.String(), strings.NewReader(string(data)), desc)
}
