// Package store is the local image store: an OCI image layout on disk that any
// number of processes share.
//
//	oci-layout, index.json   as the OCI image layout has them; an entry for every name
//	blobs/<algorithm>/       manifests, configs, layers, records
//	ingest/                  blobs that are being written
//	sizes.json               what layers unpack to, a cache
//	index.lock               held while index.json is changed
//	content.lock             held shared while blobs are written or read, and
//	                         exclusively while garbage is collected
//	garbage                  there is some: an image was dropped
//	reserve                  what a removal needs on a full disk, see keepReserve
//
// A process may be killed at any point. Blobs and index.json appear whole or not
// at all, index.json names only what is there, and locks vanish with the process
// that holds them. What a dead process leaves takes space, and nothing else, until
// the next collection.
package store

import (
	"context"
	_ "crypto/sha256" // go-digest has the algorithms that are linked
	_ "crypto/sha512"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Store is an open store. It is safe for concurrent use.
type Store struct {
	// Used gives the manifests that something outside of the store stands on, like a container.
	// Their images stay without a name when another image gets their last one. Nil is none.
	Used func() (map[digest.Digest]bool, error)

	dir     string
	content *blobs
	holds   atomic.Int64 // of this process
	dirty   atomic.Bool  // there is garbage, even if the disk had no room to note it
}

// Open opens the store in a directory, and makes it when there is none. A store
// that may not be written can be read.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir, content: newBlobs(dir)}
	_, err := os.Stat(s.path(ocispecs.ImageLayoutFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = s.create()
	} else if err == nil {
		s.private() // a failure is for fsck to report: the images can be used
	}
	if err != nil {
		return nil, s.Explain(err)
	}
	return s, nil
}

// create makes an empty store. The file that marks it is written last.
func (s *Store) create() error {
	if err := os.MkdirAll(s.path(ocispecs.ImageBlobsDir, "sha256"), 0o700); err != nil {
		return err
	}
	if err := s.private(); err != nil {
		return err
	}
	unlock, err := s.lockIndex(context.Background())
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(s.path(ocispecs.ImageIndexFile)); errors.Is(err, fs.ErrNotExist) {
		if err := s.writeIndex(ocispecs.Index{}); err != nil {
			return err
		}
	}
	s.keepReserve()
	return s.writeJSON(ocispecs.ImageLayoutFile, ocispecs.ImageLayout{Version: ocispecs.ImageLayoutVersion})
}

// Content gives the blobs of the store, to read and to write. A writer's blobs are
// safe from the garbage collection only while the process holds the store.
func (s *Store) Content() content.Store { return s.content }

// Dir is the directory of the store.
func (s *Store) Dir() string { return s.dir }

func (s *Store) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

// writeJSON writes a file that appears whole or not at all, and survives a crash
// of the machine.
func (s *Store) writeJSON(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(s.dir, "."+name+"-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there after the rename
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o600)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), s.path(name))
	}
	if err != nil {
		return err
	}
	return syncDir(s.dir)
}

// syncDir makes a rename in a directory last. Not every file system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// fail makes an error that the user can fix. The hint is the next step.
func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// Explain says what the user can do about a failure to use the store's directory.
// Other errors stay as they are.
func (s *Store) Explain(err error) error {
	var (
		d  diag.Diagnostic
		at *fs.PathError
	)
	switch {
	case err == nil || errors.As(err, &d):
		return err
	case errors.As(err, &at) && !strings.HasPrefix(at.Path, s.dir):
		return err // it is about another file
	case noSpace(err),
		strings.Contains(err.Error(), syscall.ENOSPC.Error()): // what came over a connection has no type
		return fail("disk-full", "remove images with `strake rmi`, or set STRAKE_HOME to a directory on a larger disk",
			"the disk of the image store %s is full", s.dir)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission) && at != nil:
		return fail("store-read-only", "make the directory writable, or set STRAKE_HOME to one that is",
			"the image store %s may not be written: %v", s.dir, err)
	}
	return err
}
