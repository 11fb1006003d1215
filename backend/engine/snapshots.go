//go:build linux

package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/snapshots/storage"
	"github.com/containerd/errdefs"
)

// sweepSnapshots deletes the directories of snapshots that are in no database. When
// BuildKit is killed as it makes one, the directory has the number that the next
// snapshot is going to get, and a step would fail with "file exists".
func (p place) sweepSnapshots(ctx context.Context) error {
	databases, err := filepath.Glob(p.path(rootDir, "runc-*", "snapshots", "metadata.db"))
	for _, database := range databases {
		err = errors.Join(err, sweepSnapshotter(ctx, database))
	}
	return err
}

func sweepSnapshotter(ctx context.Context, database string) error {
	store, err := storage.NewMetaStore(database)
	if err != nil {
		return err
	}
	defer store.Close()
	var known map[string]string
	err = store.WithTransaction(ctx, false, func(ctx context.Context) error {
		known, err = storage.IDMap(ctx)
		return err
	})
	if err != nil && !errdefs.IsNotFound(err) { // there never was a snapshot
		return err
	}
	dir := filepath.Join(filepath.Dir(database), "snapshots")
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if known[e.Name()] == "" {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}
