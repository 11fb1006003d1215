package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Garbage is what no image needs.
type Garbage struct {
	Blobs     int   // that no image refers to
	Leftovers int   // of writes that did not end
	Bytes     int64 // of both
}

// Collect deletes what no image needs, unless somebody holds the store: then it
// does nothing, and the next release of the store tries again.
func (s *Store) Collect(ctx context.Context) (Garbage, error) {
	unlock, ok, err := s.exclude()
	if err != nil || !ok {
		return Garbage{}, err
	}
	defer unlock()
	g, err := s.sweep(ctx, os.RemoveAll)
	if err == nil {
		s.dirty.Store(false)
		err = os.RemoveAll(s.path(garbageMark))
		s.keepReserve()
	}
	return g, err
}

// sweep finds what no image needs. Nobody may hold the store, so that there is no
// write that has not ended.
func (s *Store) sweep(ctx context.Context, remove func(string) error) (Garbage, error) {
	var g Garbage
	needed, err := s.needed()
	if err != nil {
		return g, err
	}
	err = s.content.each(func(d digest.Digest, info fs.FileInfo) error {
		if needed[d] {
			return context.Cause(ctx)
		}
		g.Blobs++
		g.Bytes += info.Size()
		return remove(s.content.file(d))
	})
	if err != nil {
		return g, err
	}
	left, err := s.leftovers()
	if err != nil {
		return g, err
	}
	for _, name := range left {
		g.Leftovers++
		g.Bytes += treeSize(name)
		if err := remove(name); err != nil {
			return g, err
		}
	}
	return g, nil
}

// needed gives all that images refer to, as far as it can be read.
func (s *Store) needed() (map[digest.Digest]bool, error) {
	index, err := s.readIndex()
	if err != nil {
		return nil, err
	}
	set := map[digest.Digest]bool{}
	for _, entry := range index.Manifests {
		set[digest.Digest(entry.Annotations[annotationRecord])] = true
		if set[entry.Digest] {
			continue
		}
		err := s.walk(entry, func(d ocispecs.Descriptor, err error) error {
			set[d.Digest] = true
			if errors.Is(err, fs.ErrNotExist) {
				return nil // and so is nothing below it
			}
			return err
		})
		if err != nil {
			// What a damaged document refers to is unknown: better keep all.
			return nil, fail("damaged-image", "run `strake fsck --repair`", "an image of the store %s is damaged: %v", s.dir, err)
		}
	}
	return set, nil
}

// leftovers lists what dead processes left: writes that did not end, and temporary
// files.
func (s *Store) leftovers() ([]string, error) {
	var list []string
	for _, pattern := range []string{ingestDir + "/*", ".*.tmp"} {
		found, err := filepath.Glob(filepath.Join(escapeGlob(s.dir), pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			// Temporary files are made without a hold, and live for an instant.
			if info, err := os.Lstat(name); err == nil && (filepath.Base(filepath.Dir(name)) == ingestDir || time.Since(info.ModTime()) > time.Minute) {
				list = append(list, name)
			}
		}
	}
	return list, nil
}

func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// treeSize is how many bytes the files below a directory have.
func treeSize(root string) int64 {
	var total int64
	filepath.WalkDir(root, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total
}
