package tarball

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	"github.com/moby/go-archive/compression"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/regular"
)

// Loaded is an image that was put into the store.
type Loaded struct {
	Names []string // full; none is fine
	Image store.Image
}

// Load puts the images of an archive into the store, which must be held. It may be
// compressed.
func Load(ctx context.Context, s *store.Store, r io.Reader) ([]Loaded, error) {
	plain, err := decompress(ctx, r)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	l := newLoader(s)
	for t := tar.NewReader(plain); ; {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return l.finish(ctx)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, tar.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF) && l.entries == 0:
			return nil, notAnArchive("it is no tar")
		case err != nil:
			return nil, l.broken(err)
		}
		l.entries++
		name := path.Clean("/" + h.Name)[1:]
		switch h.Typeflag {
		case tar.TypeReg:
			err = l.file(ctx, name, h.Size, t)
		case tar.TypeSymlink:
			l.links[name] = path.Join("/", path.Dir(name), h.Linkname)[1:]
		case tar.TypeLink:
			l.links[name] = path.Clean("/" + h.Linkname)[1:]
		}
		if err != nil {
			return nil, l.broken(err)
		}
	}
}

// LoadDir puts the images of a directory with an OCI layout into the store, which
// must be held.
func LoadDir(ctx context.Context, s *store.Store, dir string) ([]Loaded, error) {
	l := newLoader(s)
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		f, err := regular.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		l.entries++
		return l.file(ctx, filepath.ToSlash(rel), info.Size(), &reader{ctx: ctx, Reader: f})
	})
	if err != nil {
		return nil, l.broken(err)
	}
	return l.finish(ctx)
}

// loader takes the files of an archive in any order: a file that may be a blob goes
// into the store at once, and what the archive means is found out at its end. What
// was not needed is garbage.
type loader struct {
	store     *store.Store
	files     map[string]ocispecs.Descriptor // in the store, by path
	links     map[string]string
	documents map[string][]byte
	entries   int
	tree      bool // it looks like the file tree of a machine
}

func newLoader(s *store.Store) *loader {
	return &loader{store: s, files: map[string]ocispecs.Descriptor{}, links: map[string]string{}, documents: map[string][]byte{}}
}

func (l *loader) file(ctx context.Context, name string, size int64, r io.Reader) error {
	dir, base := path.Split(name)
	switch {
	case name == indexFile || name == manifestFile || name == layoutFile || name == "repositories":
		data, err := io.ReadAll(io.LimitReader(r, documentLimit+1))
		if len(data) > documentLimit {
			return fail("invalid-archive", "make it anew with `strake save` or `docker save`", "%s in the archive has more than %d bytes", name, documentLimit)
		}
		l.documents[name] = data
		return err
	case strings.HasPrefix(dir, "blobs/"):
		algorithm := path.Base(dir)
		d := digest.NewDigestFromEncoded(digest.Algorithm(algorithm), base)
		if d.Validate() != nil {
			return nil // not a blob
		}
		return l.blob(ctx, name, ocispecs.Descriptor{Digest: d, Size: size}, r)
	case dir == "" || base == "layer.tar":
		// What older archives consist of; their names tell nothing reliable.
		return l.blob(ctx, name, ocispecs.Descriptor{Size: size}, r)
	case dir == "etc/" || dir == "bin/" || dir == "usr/bin/":
		l.tree = true
	}
	return nil
}

// blob puts a file into the store. Without a digest it gets the one that it has.
func (l *loader) blob(ctx context.Context, name string, desc ocispecs.Descriptor, r io.Reader) error {
	if desc.Digest != "" {
		l.files[name] = desc
	}
	cs := l.store.Content()
	w, err := content.OpenWriter(ctx, cs, content.WithRef(name), content.WithDescriptor(desc))
	if errdefs.IsAlreadyExists(err) {
		return nil // and need not be read
	}
	if err != nil {
		return err
	}
	defer w.Close()
	if err := content.Copy(ctx, w, r, desc.Size, desc.Digest); err != nil {
		w.Close()
		cs.Abort(context.WithoutCancel(ctx), name)
		return err
	}
	desc.Digest = w.Digest()
	l.files[name] = desc
	return nil
}

// broken explains why an archive could not be read to its end.
func (l *loader) broken(err error) error {
	l.store.Litter()
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fail("invalid-archive", "copy or download it again", "the archive is cut off")
	case errdefs.IsFailedPrecondition(err):
		return fail("invalid-archive", "copy or download it again", "the archive is damaged: %v", err)
	}
	return err
}

func notAnArchive(why string) error {
	return fail("invalid-archive", "give one that `strake save` or `docker save` made, or an OCI image layout",
		"this is not an archive of images: %s", why)
}

// decompress reads what is compressed in any way that images are, or not at all.
func decompress(ctx context.Context, r io.Reader) (io.ReadCloser, error) {
	in := &reader{ctx: ctx, Reader: r}
	plain, err := compression.DecompressStream(in)
	if err != nil {
		return nil, in.explain(err)
	}
	return &plainReader{plain, in}, nil
}

// plainReader tells when what is compressed is damaged.
type plainReader struct {
	io.ReadCloser
	in *reader
}

func (p *plainReader) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	return n, p.in.explain(err)
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	io.Reader
	err error // why it could not be read
}

func (r *reader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("read the archive: %w", err)
		r.err = err
	}
	return n, err
}

// explain tells what it means that what was read cannot be decompressed.
func (r *reader) explain(err error) error {
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), r.ctx.Err() != nil:
		return err
	case r.err != nil:
		return r.err
	}
	return fail("invalid-archive", "copy or download it again", "the archive is damaged: it cannot be decompressed: %v", err)
}
