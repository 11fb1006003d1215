package verify

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/input"
)

// snapshot is what the files of a build context look like: their kinds, sizes and times.
type snapshot map[string]string

// take looks at the files of the context, but for those in a directory of our own. No content
// is read: it is the builds that read them, and what is written meanwhile has another time.
func take(ctx context.Context, in *input.Input, own string) (snapshot, error) {
	root, err := filepath.Abs(contextOf(in))
	if err != nil {
		return nil, err
	}
	s := snapshot{}
	err = filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return nil // a build says so, if it is read
		}
		if name == own {
			return fs.SkipDir
		}
		info, err := e.Info()
		if err != nil || e.IsDir() {
			return nil
		}
		rel, err := filepath.Rel(root, name)
		s[filepath.ToSlash(rel)] = fmt.Sprintf("%s %d %d %s", info.Mode(), info.Size(), info.ModTime().UnixNano(), inode(info))
		return err
	})
	return s, err
}

// check tells whether the files are still what they were, but for those that are left out.
func (s snapshot) check(ctx context.Context, in *input.Input, own string) error {
	now, err := take(ctx, in, own)
	if err != nil {
		return err
	}
	ignore, err := in.Ignore()
	if err != nil {
		return err
	}
	all := maps.Clone(s)
	maps.Copy(all, now)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if line, _ := ignore.Line(name); s[name] != now[name] && line == 0 {
			return changed(filepath.Join(contextOf(in), strings.TrimPrefix(name, "/")))
		}
	}
	return nil
}
