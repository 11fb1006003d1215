package splitcopy

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/seed-e0495807/strake/plugins"
)

// files are those of the build context. What could not be asked is in err.
type files struct {
	ctx  context.Context
	host plugins.Host
	err  error
}

// list gives the paths that match patterns in a directory, none when that is not known.
func (f *files) list(dir string, patterns ...string) []plugins.File {
	if f.err != nil || len(patterns) == 0 {
		return nil
	}
	whole := make([]string, len(patterns))
	for i, p := range patterns {
		whole[i] = path.Join(literal(dir), p)
	}
	list, err := f.host.ListFiles(f.ctx, whole)
	f.err = err
	return list
}

// has is the first path that matches in a directory; "" is none.
func (f *files) has(dir string, patterns ...string) string {
	if list := f.list(dir, patterns...); len(list) > 0 {
		return list[0].Path
	}
	return ""
}

// read gives a file, "" when there is none.
func (f *files) read(name string) string {
	if f.err != nil {
		return ""
	}
	data, err := f.host.ReadFile(f.ctx, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.err = err
	}
	return string(data)
}

// unknown says what could not be asked, nil when all was.
func (f *files) unknown() *refusal {
	err := f.err
	f.err = nil
	switch {
	case err == nil:
		return nil
	case errors.Is(err, plugins.ErrDenied):
		return refuse("context", "what is in the build context is not known: grant context")
	case errors.Is(err, plugins.ErrUnavailable):
		return refuse("context", "what is in the build context is not known here")
	}
	return refuse("context", "the build context cannot be read: %v", err)
}

// literal is a path as a pattern of itself.
func literal(name string) string {
	var b strings.Builder
	for _, r := range name {
		if strings.ContainsRune(`*?[\`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
