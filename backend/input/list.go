package input

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/moby/buildkit/frontend/dockerui"

	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/plugins"
)

// ListFiles lists the paths of the build context that match, as plugins.Host has them. The error
// is errors.ErrUnsupported for a context that is not a directory of this machine.
func (in *Input) ListFiles(ctx context.Context, patterns []string) ([]plugins.File, error) {
	files, ok := in.trees[dockerui.DefaultLocalNameContext].(dir)
	if !ok {
		return nil, fmt.Errorf("the build context is not a directory of this machine: %w", errors.ErrUnsupported)
	}
	ignore, err := in.Ignore()
	if err != nil {
		return nil, err
	}
	s := sent{dir: files, known: map[string]matches{}}
	if ignore != nil {
		if s.filter, err = newFilter(nil, ignore.Patterns); err != nil {
			return nil, badPattern(nil, ignore.Patterns, err)
		}
	}
	return plugins.Match(patterns, func(name string) ([]fs.FileInfo, error) {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		return s.entries(name)
	})
}

// sent is what is sent of a directory, read one directory after the other, from above.
type sent struct {
	dir    dir
	filter *filter            // nil sends all
	known  map[string]matches // of directories
}

// entries are those of a directory that are sent, and directories in which something may be.
func (s *sent) entries(name string) ([]fs.FileInfo, error) {
	root, err := regular.OpenRoot(string(s.dir))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var list []fs.FileInfo
	for _, e := range entries {
		at := path.Join(name, e.Name())
		if s.filter != nil {
			v, err := s.filter.check(filepath.FromSlash(at), e.IsDir(), s.known[name])
			if err != nil {
				return nil, err
			}
			if !v.sent && !(e.IsDir() && v.walk) {
				continue
			}
			s.known[at] = v.known
		}
		switch info, err := e.Info(); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		default:
			list = append(list, info)
		}
	}
	return list, nil
}
