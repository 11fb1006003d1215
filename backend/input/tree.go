package input

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/pkg/errors"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/regular"
)

// tree is a directory of which single files are read.
type tree interface {
	size(name string) (int64, error)
	read(name string, limit int64) ([]byte, error)
}

// memory is a tree of a few files that were fetched.
type memory map[string][]byte

func (m memory) size(name string) (int64, error) {
	data, err := m.read(name, lang.MaxSize+1)
	return int64(len(data)), err
}

func (m memory) read(name string, limit int64) ([]byte, error) {
	data, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return data[:min(limit, int64(len(data)))], nil
}

// dir is a directory that no link leads out of: what is outside is not part of a
// build context.
type dir string

func (d dir) size(name string) (int64, error) {
	root, err := regular.OpenRoot(string(d))
	if err != nil {
		return 0, err
	}
	defer root.Close()
	return sizeOf(root.Stat(name))
}

func (d dir) read(name string, limit int64) ([]byte, error) {
	f, err := regular.OpenIn(string(d), name)
	if err != nil {
		return nil, err
	}
	return readFile(f, limit)
}

// dockerfileDir is the directory of a Dockerfile. A link may lead from that file to
// anywhere, as the user named it, but not from others, such as its .dockerignore: what
// those hold goes to the daemon.
type dockerfileDir struct {
	dir
	file string // name of the Dockerfile
}

func (d dockerfileDir) size(name string) (int64, error) {
	if name != d.file {
		return d.dir.size(name)
	}
	return sizeOf(os.Stat(filepath.Join(string(d.dir), name)))
}

func (d dockerfileDir) read(name string, limit int64) ([]byte, error) {
	if name != d.file {
		return d.dir.read(name, limit)
	}
	f, err := regular.Open(filepath.Join(string(d.dir), name))
	if err != nil {
		return nil, err
	}
	return readFile(f, limit)
}

// sizeOf is the size of what a file may be read for: a pipe or a device is an error.
func sizeOf(info fs.FileInfo, err error) (int64, error) {
	if err == nil && !info.IsDir() {
		err = regular.Check(info)
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func readFile(f *os.File, limit int64) ([]byte, error) {
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// reference shows a tree to BuildKit's client library.
type reference struct{ tree }

var _ client.Reference = reference{}

func (r reference) ReadFile(_ context.Context, req client.ReadRequest) ([]byte, error) {
	limit := int64(lang.MaxSize) + 1
	if req.Range != nil && req.Range.Length > 0 {
		limit = min(limit, int64(req.Range.Length))
	}
	return r.read(req.Filename, limit)
}

func (r reference) StatFile(_ context.Context, req client.StatRequest) (*fstypes.Stat, error) {
	size, err := r.size(req.Path)
	return &fstypes.Stat{Path: req.Path, Size: size}, err
}

func (r reference) ReadDir(context.Context, client.ReadDirRequest) ([]*fstypes.Stat, error) {
	return nil, errors.New("directories are not listed without a daemon")
}

func (r reference) ToState() (bk.State, error)     { return bk.Scratch(), nil }
func (r reference) Evaluate(context.Context) error { return nil }
