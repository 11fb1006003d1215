package rootfs

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
	digest "github.com/opencontainers/go-digest"
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
	list, err := l.Litter(keep)
	if err != nil {
		return err
	}
	for _, name := range list {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := l.discard(name); err != nil {
			return explain(l.dir, err)
		}
	}
	return nil
}

// Litter lists the directories of what nobody needs, and of what processes left that died.
// Some may be in the making, but for Collect.
func (l *Layers) Litter(keep map[digest.Digest]bool) ([]string, error) {
	list, err := filepath.Glob(filepath.Join(escapeGlob(l.dir), "*", "*", "*"))
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(name string) bool {
		d := digest.NewDigestFromEncoded(digest.Algorithm(filepath.Base(filepath.Dir(name))), filepath.Base(name))
		probe := strings.HasPrefix(filepath.Base(filepath.Dir(filepath.Dir(name))), probeName) // which goes as a whole
		return probe || d.Validate() == nil && keep[d]
	})
	probes, err := filepath.Glob(filepath.Join(escapeGlob(l.dir), probeName+"*"))
	return append(probes, list...), err
}

// discard removes a layer. It ends to be one at once.
func (l *Layers) discard(name string) error {
	switch base := filepath.Base(name); {
	case strings.HasPrefix(base, probeName), strings.HasSuffix(base, ".lock"), strings.HasSuffix(base, ".part"):
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

func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}
