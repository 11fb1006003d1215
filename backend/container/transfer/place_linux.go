package transfer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// Open opens the directory that is the root of places.
func Open(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: err}
	}
	return os.NewFile(uintptr(fd), dir), nil
}

// dot tells of a path that means what is in a directory.
func (p Place) dot() bool { return path.Base(p.Path) == "." && strings.HasSuffix(p.Path, ".") }

// directory tells of a path that says that it is a directory.
func (p Place) directory() bool { return strings.HasSuffix(p.Path, "/") || p.dot() }

// base is the name of what is copied: that of the path, and not where its links lead.
func (p Place) base() string { return path.Base(path.Clean("/" + p.Path)) }

// object opens what is at a path, which may be of any kind, without touching it.
func (p Place) object(follow bool) (*os.File, fs.FileInfo, error) {
	flags := uint64(unix.O_PATH | unix.O_CLOEXEC)
	if !follow {
		flags |= unix.O_NOFOLLOW
	}
	return p.open(path.Clean("/"+p.Path), flags)
}

func (p Place) open(name string, flags uint64) (*os.File, fs.FileInfo, error) {
	how := unix.OpenHow{Flags: flags, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	for range 100 { // a rename at the same time has the kernel give up
		fd, err := unix.Openat2(int(p.Root.Fd()), name, &how)
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, nil, &fs.PathError{Op: "open", Path: p.Name, Err: err}
		}
		f := os.NewFile(uintptr(fd), p.Name)
		info, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, nil, err
		}
		return f, info, nil
	}
	return nil, nil, &fs.PathError{Op: "open", Path: p.Name, Err: unix.EAGAIN}
}

// rootAt opens a directory that is open only as a place.
func rootAt(f *os.File) (*os.Root, error) { return os.OpenRoot(self(f)) }

// self is a name of a file that is open.
func self(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

func missing(p Place, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return fail("copy-no-file", "check its spelling", "%s is not there: %v", p.Name, errors.Unwrap(err))
	}
	if errors.Is(err, unix.ELOOP) { // /dev/stdout is such a link
		return fail("copy-link", "name the file itself, or - for a tar of standard input or output", "links of %s lead to a process's file, or in a circle", p.Name)
	}
	return err
}
