package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/continuity/sysx"
	"golang.org/x/sys/unix"
)

// marks are how the tree of a layer says what it removes: as overlayfs does, by devices and
// extended attributes whose prefix is xattr; or, if that is "", as the archives of layers do, by
// files with names of their own, where the file system knows nothing of overlayfs.
type marks struct{ xattr string }

func (m marks) plain() bool { return m.xattr == "" }

// remove marks that dir/name is not there.
func (m marks) remove(dir, name string) error {
	if m.plain() {
		return touch(filepath.Join(dir, whiteout+name))
	}
	return unix.Mknod(filepath.Join(dir, name), unix.S_IFCHR, 0)
}

// hide marks that a directory has nothing of the layers below.
func (m marks) hide(dir string) error {
	if m.plain() {
		return touch(filepath.Join(dir, opaque))
	}
	return unix.Setxattr(dir, m.xattr+"opaque", []byte("y"), 0)
}

func touch(name string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// isMark tells whether what is at a path is a mark, and no file.
func (m marks) isMark(name string, st *unix.Stat_t) bool {
	if m.plain() {
		return strings.HasPrefix(name, whiteout)
	}
	return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0
}

// removed tells whether a layer whose dir has no name removes that of lower ones.
func (m marks) removed(dir, name string) bool {
	return m.plain() && exists(filepath.Join(dir, whiteout+name))
}

// hidden tells whether a directory has nothing of the layers below.
func (m marks) hidden(dir string) (bool, error) {
	if m.plain() {
		return exists(filepath.Join(dir, opaque)) || m.removed(filepath.Split(dir)), nil
	}
	v, err := sysx.LGetxattr(dir, m.xattr+"opaque")
	if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOTSUP) {
		return false, nil
	}
	return string(v) == "y", err
}

// own tells whether an extended attribute is the kernel's business, and no archive's.
func own(xattr string) bool {
	return strings.HasPrefix(xattr, "trusted.") || strings.HasPrefix(xattr, "user.overlay.")
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

func lstat(name string) (unix.Stat_t, error) {
	var st unix.Stat_t
	if err := unix.Lstat(name, &st); err != nil {
		return st, &fs.PathError{Op: "lstat", Path: name, Err: err}
	}
	return st, nil
}

func isDir(st *unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFDIR }
