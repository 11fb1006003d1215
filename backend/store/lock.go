package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

const (
	indexLock   = "index.lock"
	contentLock = "content.lock"
	garbageMark = "garbage"

	// The locks that one waits for are held for milliseconds, by a collection of
	// much garbage for seconds.
	lockWait = time.Minute
	lockPoll = 5 * time.Millisecond
)

// lockIndex takes the lock that a change of index.json needs.
func (s *Store) lockIndex(ctx context.Context) (unlock func(), err error) {
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	l := flock.New(s.path(indexLock))
	if _, err := l.TryLockContext(wait, lockPoll); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, s.busy(err)
	}
	return func() { l.Close() }, nil
}

// Hold keeps the garbage collection away: until release, or the end of the
// process, no blob is deleted. Who writes or reads blobs holds the store. The
// release collects the garbage when there is some and nobody else holds the store.
func (s *Store) Hold(ctx context.Context) (release func(), err error) {
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	l := flock.New(s.path(contentLock))
	_, err = l.TryRLockContext(wait, lockPoll)
	switch {
	case ctx.Err() != nil:
		l.Close()
		return nil, context.Cause(ctx)
	case readOnly(err):
		return func() {}, nil // nobody deletes anything
	case err != nil:
		return nil, s.busy(err)
	}
	s.holds.Add(1)
	return func() {
		if s.holds.Add(-1) == 0 && s.content.abandon() {
			s.Litter() // the blobs that belong to it were in vain, too
		}
		l.Close()
		if s.garbage() {
			// It frees space; a failure must not fail what was done.
			s.Collect(context.WithoutCancel(ctx))
		}
	}, nil
}

// exclude takes the lock of the garbage collection, if nobody holds the store.
func (s *Store) exclude() (unlock func(), ok bool, err error) {
	l := flock.New(s.path(contentLock))
	ok, err = l.TryLock()
	if err != nil || !ok {
		return nil, false, err
	}
	return func() { l.Close() }, true, nil
}

// Litter notes that there may be garbage, for whoever can collect it next: a write
// was given up, or what was written is not needed.
func (s *Store) Litter() {
	s.dirty.Store(true)
	if f, err := os.OpenFile(s.path(garbageMark), os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
		f.Close()
	}
}

func (s *Store) garbage() bool {
	if s.dirty.Load() {
		return true
	}
	_, err := os.Stat(s.path(garbageMark))
	return err == nil
}

func (s *Store) busy(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fail("store-busy", "try again; if no other strake runs, look who has the file open with `fuser -v "+s.path(indexLock)+"`",
			"another process has held the image store %s for more than %v", s.dir, lockWait)
	}
	return s.Explain(err)
}

func readOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}
