//go:build linux

package ocispec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"
	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Root is the root directory of a container. No link in it leads out of it.
type Root struct{ dir *os.File }

// OpenRoot opens a root directory, such as /proc/PID/root of a running container.
func OpenRoot(dir string) (*Root, error) {
	f, err := os.OpenFile(dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	return &Root{f}, nil
}

// Close closes it.
func (r *Root) Close() error { return r.dir.Close() }

// open opens a regular file to read. What is something else, as a pipe that nobody
// writes to, is not waited for.
func (r *Root) open(name string) (*os.File, error) {
	fd, err := unix.Openat2(int(r.dir.Fd()), name, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_NOCTTY,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, &os.PathError{Op: "openat2", Path: name, Err: err}
	}
	f := os.NewFile(uintptr(fd), name)
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, &os.PathError{Op: "open", Path: name, Err: fs.ErrInvalid})
	}
	return f, nil
}

// file is a file that may be absent.
type file = io.Reader

// tableLimit bounds what is read of /etc/passwd and /etc/group.
const tableLimit = 16 << 20

// table opens a file of users or groups. One that is not there is empty.
func (r *Root) table(name string) (file, func(), error) {
	f, err := r.open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		return strings.NewReader(""), func() {}, nil
	case err != nil:
		return nil, nil, err
	}
	return io.LimitReader(f, tableLimit), func() { f.Close() }, nil
}

// User finds the user that USER[:GROUP] stands for, with the groups of /etc/group unless
// one was given.
func (r *Root) User(spec string) (*user.ExecUser, error) {
	passwd, close, err := r.table("/etc/passwd")
	if err != nil {
		return nil, err
	}
	defer close()
	group, closeGroup, err := r.table("/etc/group")
	if err != nil {
		return nil, err
	}
	defer closeGroup()
	who, err := lookUp(spec, passwd, group)
	if err != nil {
		return nil, diag.Diagnostic{Code: "no-such-user", Message: fmt.Sprintf("user %q: %v", spec, err),
			Hint: "name a user that is in the image's /etc/passwd, or give numbers with -u UID:GID"}
	}
	return who, nil
}

// MkdirAll makes a directory where there is none, while nothing else changes the root.
func MkdirAll(root, dir string) error {
	path, err := securejoin.SecureJoin(root, dir)
	if err != nil {
		return err
	}
	err = os.MkdirAll(path, 0o755)
	if errors.Is(err, unix.ENOTDIR) || errors.Is(err, fs.ErrExist) {
		return diag.Diagnostic{Code: "bad-workdir", Message: fmt.Sprintf("the working directory %s is no directory in the image", filepath.Clean(dir)),
			Hint: "choose another one with -w"}
	}
	return err
}
