package rootfs

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	digest "github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"
)

// Collect removes the unpacked layers that nobody needs, unless somebody unpacks or mounts
// some: then it does nothing, and the next one does it. It asks which ones are needed when
// nobody can begin to: who makes a container notes its layers first, and unpacks them then.
func (l *Layers) Collect(ctx context.Context, needed func() (map[digest.Digest]bool, error)) error {
	lock := flock.New(filepath.Join(l.dir, lockName))
	ok, err := lock.TryLock()
	if err != nil || !ok {
		return explain(l.dir, err)
	}
	defer lock.Close()
	keep, err := needed()
	if err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(escapeGlob(l.dir), "*", "*", "*"))
	if err != nil {
		return err
	}
	for _, name := range found {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d := digest.NewDigestFromEncoded(digest.Algorithm(filepath.Base(filepath.Dir(name))), filepath.Base(name))
		if d.Validate() == nil && keep[d] {
			continue // else it is not needed, or was never finished
		}
		if err := l.discard(name); err != nil {
			return explain(l.dir, err)
		}
	}
	return l.unprobe()
}

// discard removes a layer. It ends to be one at once.
func (l *Layers) discard(name string) error {
	if strings.HasSuffix(name, ".lock") || strings.HasSuffix(name, ".part") {
		return os.RemoveAll(name)
	}
	part := name + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err := os.Rename(name, part); err != nil {
		return err
	}
	return os.RemoveAll(part)
}

// unprobe removes what a process left that died while it tried overlayfs.
func (l *Layers) unprobe() error {
	left, err := filepath.Glob(filepath.Join(escapeGlob(l.dir), probeName+"*"))
	if err != nil {
		return err
	}
	for _, dir := range left {
		unix.Unmount(filepath.Join(dir, "root"), unix.MNT_DETACH) // most are not mounted
		if err := os.RemoveAll(dir); err != nil {
			return explain(l.dir, err)
		}
	}
	return nil
}

func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}
