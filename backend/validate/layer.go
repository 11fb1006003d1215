package validate

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/backend/ocilayer"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Kind is what a path is.
type Kind string

// The kinds of paths that a layer may have.
const (
	Regular   Kind = "file"
	Directory Kind = "directory"
	Symlink   Kind = "symbolic link"
	CharDev   Kind = "character device"
	BlockDev  Kind = "block device"
	Fifo      Kind = "named pipe"
)

// File is what a layer has of a path. It does not change, and several trees may share it.
type File struct {
	Kind         Kind
	Mode         int64 // permissions with setuid, setgid and sticky: 07777
	UID, GID     int
	Xattrs       map[string]string // by their whole names, like security.capability
	Target       string            // of a symbolic link
	Major, Minor int64             // of a device
	Size         int64             // bytes of a regular file
	Sum          [sha256.Size]byte // of its content
	ModTime      time.Time

	layer *layer // where the content is
	index int    // of the entry
}

// entry is one of a layer's archive, in its order.
type entry struct {
	path string // clean, without the leading slash; "" is the root
	file *File  // nil for what marks a removal
	link string // the path that a hard link shares its file with; "" for any other
}

// layer is a layer that was read.
type layer struct {
	diffID  digest.Digest
	entries []entry

	once sync.Once
	err  error

	mu    sync.Mutex
	opens []opener // of the images that have it: one may go away before another
}

// opener gives the compressed stream of a layer.
type opener func(context.Context) (io.ReadCloser, error)

// open gives the stream of one of the images, the last one first.
func (l *layer) open(ctx context.Context) (r io.ReadCloser, err error) {
	l.mu.Lock()
	opens := slices.Clone(l.opens)
	l.mu.Unlock()
	for _, open := range slices.Backward(opens) {
		if r, err = open(ctx); err == nil || !errdefs.IsNotFound(err) {
			break
		}
	}
	return r, err
}

// Limits bound what is read of one Reader's images. What is over one of them is an error,
// but for Canonical: a larger file is compared by its bytes alone.
type Limits struct {
	Files     int64 // entries of all layers
	Names     int64 // bytes of names, links and extended attributes
	Bytes     int64 // of all layers, unpacked
	Canonical int64 // of a file that is read into memory
}

// Usual are the limits of who has no others: some ten times what the largest images in use have.
func Usual() Limits {
	return Limits{Files: 8 << 20, Names: 2 << 30, Bytes: 1 << 40, Canonical: 64 << 20}
}

// Reader reads images. A layer that several of them have is read once. It is safe for
// concurrent use.
type Reader struct {
	limits Limits

	mu     sync.Mutex
	layers map[digest.Digest]*layer // by diff ID
	used   Limits
}

// NewReader gives a reader.
func NewReader(l Limits) *Reader { return &Reader{limits: l, layers: map[digest.Digest]*layer{}} }

// Tree reads the layers of an image, several at once, and merges them.
func (r *Reader) Tree(ctx context.Context, img *Image) (*Tree, error) {
	layers := make([]*layer, len(img.Layers))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, desc := range img.Layers {
		layers[i] = r.layer(img.parsed.RootFS.DiffIDs[i], func(ctx context.Context) (io.ReadCloser, error) {
			at, err := img.Content.ReaderAt(ctx, desc)
			if err != nil {
				return nil, err
			}
			return struct {
				io.Reader
				io.Closer
			}{content.NewReader(at), at}, nil
		})
		group.Go(func() error { return r.read(within, layers[i]) })
	}
	if err := group.Wait(); err != nil {
		var known diag.Diagnostic
		if errors.As(err, &known) || ctx.Err() != nil {
			return nil, err
		}
		return nil, damaged(img.Name, "%v", err)
	}
	return merge(img, layers)
}

func (r *Reader) layer(diffID digest.Digest, open opener) *layer {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.layers[diffID]
	if l == nil {
		l = &layer{diffID: diffID}
		r.layers[diffID] = l
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opens = append(l.opens, open)
	return l
}

// read reads a layer, once. What was cancelled is not tried again by who waited for it.
func (r *Reader) read(ctx context.Context, l *layer) error {
	l.once.Do(func() {
		l.err = l.scan(ctx, func(index int, h *tar.Header, body io.Reader) error {
			e, err := newEntry(h, body)
			if err != nil {
				return err
			}
			if e.file != nil {
				e.file.layer, e.file.index = l, index
			}
			l.entries = append(l.entries, e)
			return r.count(h)
		})
	})
	return l.err
}

// count adds an entry to what was read.
func (r *Reader) count(h *tar.Header) error {
	names := int64(len(h.Name) + len(h.Linkname))
	for key, value := range h.PAXRecords {
		names += int64(len(key) + len(value))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used.Files++
	r.used.Names += names
	r.used.Bytes += h.Size
	for _, bound := range []struct {
		what      string
		have, max int64
	}{
		{"files", r.used.Files, r.limits.Files},
		{"bytes of names", r.used.Names, r.limits.Names},
		{"bytes", r.used.Bytes, r.limits.Bytes},
	} {
		if bound.have > bound.max {
			return diag.Diagnostic{Code: "image-too-large", Message: fmt.Sprintf("the images have more than %d %s, and are not compared", bound.max, bound.what)}
		}
	}
	return nil
}

func newEntry(h *tar.Header, body io.Reader) (entry, error) {
	e := entry{path: path.Clean("/" + h.Name)[1:]}
	if max(len(e.path), len(h.Linkname)) > maxPath {
		return e, fmt.Errorf("%.40q… is longer than a path can be", e.path)
	}
	if strings.HasPrefix(path.Base(e.path), whiteout) {
		return e, nil
	}
	f := &File{Mode: h.Mode & 0o7777, UID: h.Uid, GID: h.Gid, ModTime: h.ModTime}
	for key, value := range h.PAXRecords {
		if name, ok := strings.CutPrefix(key, ocilayer.XattrPrefix); ok {
			if f.Xattrs == nil {
				f.Xattrs = map[string]string{}
			}
			f.Xattrs[name] = value
		}
	}
	e.file = f
	switch h.Typeflag {
	case tar.TypeReg, '\x00', tar.TypeGNUSparse, tar.TypeCont:
		f.Kind, f.Size = Regular, h.Size
		sum := sha256.New()
		if _, err := io.Copy(sum, body); err != nil {
			return e, err
		}
		sum.Sum(f.Sum[:0])
	case tar.TypeDir:
		f.Kind = Directory
	case tar.TypeSymlink:
		f.Kind, f.Target = Symlink, h.Linkname
	case tar.TypeLink:
		e.link = path.Clean("/" + h.Linkname)
	case tar.TypeChar, tar.TypeBlock:
		f.Kind, f.Major, f.Minor = CharDev, h.Devmajor, h.Devminor
		if h.Typeflag == tar.TypeBlock {
			f.Kind = BlockDev
		}
	case tar.TypeFifo:
		f.Kind = Fifo
	default:
		return e, fmt.Errorf("%q is of a kind (%q) that no unpacker knows", h.Name, h.Typeflag)
	}
	return e, nil
}

// scan visits the entries of a layer, and checks that the archive is that of its diff ID. A
// visitor that returns io.EOF has seen enough.
func (l *layer) scan(ctx context.Context, visit func(index int, h *tar.Header, body io.Reader) error) error {
	blob, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer blob.Close()
	plain, err := ocilayer.Decompress(&cancellable{ctx, blob})
	if err != nil {
		return err
	}
	defer plain.Close()
	if err := l.diffID.Validate(); err != nil {
		return err
	}
	hash := l.diffID.Verifier()
	stream := io.TeeReader(plain, hash)
	t := tar.NewReader(stream)
	for index := 0; ; {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			if _, err := io.Copy(io.Discard, stream); err != nil {
				return err
			}
			if !hash.Verified() {
				return fmt.Errorf("a layer is not what its config lists as %s", l.diffID)
			}
			return nil
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return err
		case h.Typeflag == tar.TypeXGlobalHeader:
			continue
		}
		if err := visit(index, h, t); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		index++
	}
}

// cancellable ends with its context.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancellable) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(p)
}
