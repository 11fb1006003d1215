package store

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
)

// ingest is a blob that is being written. One that was closed can be resumed by
// its name, as long as the process lives.
type ingest struct {
	blobs     *blobs
	ref       string
	file      *os.File
	open      bool // a writer has it
	algorithm digest.Algorithm
	hash      hash.Hash
	offset    atomic.Int64
	flushed   int64 // up to here the disk was asked to write
	total     int64
	started   time.Time
}

// flushSize is how many bytes of a blob the disk is asked to write at once. It does so
// while more of them arrive, and the sync at the end has little left to wait for.
const flushSize = 4 << 20

// Writer implements content.Store.
func (b *blobs) Writer(_ context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var o content.WriterOpts
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			return nil, err
		}
	}
	if o.Ref == "" {
		return nil, fmt.Errorf("a write needs a name: %w", errdefs.ErrInvalidArgument)
	}
	if d := o.Desc; d.Digest != "" {
		info, err := b.stat(d.Digest)
		if err == nil && (d.Size == 0 || d.Size == info.Size()) {
			return nil, fmt.Errorf("blob %s: %w", d.Digest, errdefs.ErrAlreadyExists)
		}
		if err != nil && !errdefs.IsNotFound(err) {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.writes[o.Ref]
	if w == nil {
		var err error
		if w, err = b.start(o); err != nil {
			return nil, err
		}
		b.writes[o.Ref] = w
	}
	if w.open {
		return nil, fmt.Errorf("blob %s is being written: %w", o.Ref, errdefs.ErrUnavailable)
	}
	w.open = true
	return w, nil
}

func (b *blobs) start(o content.WriterOpts) (*ingest, error) {
	dir := filepath.Join(b.dir, ingestDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "")
	if err != nil {
		return nil, err
	}
	algorithm := digest.Canonical
	if d := o.Desc.Digest; d != "" {
		algorithm = d.Algorithm()
	}
	return &ingest{
		blobs: b, ref: o.Ref, file: f, algorithm: algorithm, hash: algorithm.Hash(), total: o.Desc.Size, started: time.Now(),
	}, nil
}

// Write implements content.Writer.
func (w *ingest) Write(p []byte) (int, error) {
	hashed := make(chan struct{})
	go func() { // meanwhile: it takes as long as the writing
		w.hash.Write(p)
		close(hashed)
	}()
	n, err := w.file.Write(p)
	<-hashed
	end := w.offset.Add(int64(n))
	if n < len(p) {
		_ = w.rehash() // the digest will tell
	}
	if end-w.flushed >= flushSize {
		flush(w.file, w.flushed, end-w.flushed)
		w.flushed = end
	}
	return n, err
}

// rehash takes the hash of what is in the file. What cannot be read is found out by the digest.
func (w *ingest) rehash() error {
	w.hash.Reset()
	_, err := io.Copy(w.hash, io.NewSectionReader(w.file, 0, w.offset.Load()))
	return err
}

// Digest implements content.Writer.
func (w *ingest) Digest() digest.Digest { return digest.NewDigest(w.algorithm, w.hash) }

// Status implements content.Writer.
func (w *ingest) Status() (content.Status, error) {
	return content.Status{Ref: w.ref, Offset: w.offset.Load(), Total: w.total, StartedAt: w.started, UpdatedAt: time.Now()}, nil
}

// Truncate implements content.Writer.
func (w *ingest) Truncate(size int64) error {
	if size != 0 {
		return fmt.Errorf("a write starts at its beginning again, or not: %w", errdefs.ErrInvalidArgument)
	}
	w.offset.Store(0)
	w.flushed = 0
	w.hash.Reset()
	if _, err := w.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return w.file.Truncate(0)
}

// Close implements content.Writer. What was written is kept for a retry.
func (w *ingest) Close() error {
	w.blobs.mu.Lock()
	defer w.blobs.mu.Unlock()
	w.open = false
	return nil
}

// Commit implements content.Writer. Afterwards, also after an error, the write is
// over.
func (w *ingest) Commit(_ context.Context, size int64, expected digest.Digest, _ ...content.Opt) error {
	w.blobs.mu.Lock()
	over := w.blobs.writes[w.ref] != w
	delete(w.blobs.writes, w.ref)
	w.blobs.mu.Unlock()
	if over {
		return fmt.Errorf("the write of %s is over: %w", w.ref, errdefs.ErrFailedPrecondition)
	}
	defer os.Remove(w.file.Name()) // nothing is there after the rename
	err := w.check(size, expected)
	if err == nil {
		err = w.file.Chmod(0o400)
	}
	if cerr := w.file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	d := w.Digest()
	if info, err := w.blobs.stat(d); err == nil && info.Size() == w.offset.Load() {
		return fmt.Errorf("blob %s: %w", d, errdefs.ErrAlreadyExists)
	}
	if err := os.MkdirAll(filepath.Dir(w.blobs.file(d)), 0o700); err != nil {
		return err
	}
	return os.Rename(w.file.Name(), w.blobs.file(d))
}

// check holds what was written against what was expected.
func (w *ingest) check(size int64, expected digest.Digest) error {
	if n := w.offset.Load(); size > 0 && size != n {
		return fmt.Errorf("a blob has %d bytes, expected %d: %w", n, size, errdefs.ErrFailedPrecondition)
	}
	if expected != "" && expected.Algorithm() != w.algorithm && expected.Algorithm().Available() {
		w.algorithm, w.hash = expected.Algorithm(), expected.Algorithm().Hash()
		if err := w.rehash(); err != nil {
			return err
		}
	}
	if got := w.Digest(); expected != "" && got != expected {
		return fmt.Errorf("a blob has digest %s, expected %s: %w", got, expected, errdefs.ErrFailedPrecondition)
	}
	return nil
}

// Abort implements content.Store.
func (b *blobs) Abort(_ context.Context, ref string) error {
	b.mu.Lock()
	w := b.writes[ref]
	delete(b.writes, ref)
	b.mu.Unlock()
	if w == nil {
		return fmt.Errorf("nothing is written as %s: %w", ref, errdefs.ErrNotFound)
	}
	return errors.Join(w.file.Close(), os.Remove(w.file.Name()))
}

// abandon drops the writes that were closed without a commit, and tells whether
// there were any.
func (b *blobs) abandon() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := false
	for ref, w := range b.writes {
		if !w.open {
			w.file.Close()
			os.Remove(w.file.Name())
			delete(b.writes, ref)
			found = true
		}
	}
	return found
}

// Status implements content.Store.
func (b *blobs) Status(_ context.Context, ref string) (content.Status, error) {
	b.mu.Lock()
	w := b.writes[ref]
	b.mu.Unlock()
	if w == nil {
		return content.Status{}, fmt.Errorf("nothing is written as %s: %w", ref, errdefs.ErrNotFound)
	}
	return w.Status()
}

// ListStatuses implements content.Store. It gives the writes of this process.
func (b *blobs) ListStatuses(context.Context, ...string) ([]content.Status, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []content.Status
	for _, w := range b.writes {
		st, err := w.Status()
		if err != nil {
			return nil, err
		}
		list = append(list, st)
	}
	return list, nil
}
