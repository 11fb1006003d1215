package rootfs

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/containerd/continuity/sysx"
	"golang.org/x/sys/unix"
)

// copyAttrs gives a file the owner, mode, attributes and time of another one.
func copyAttrs(to string, from *file) error {
	st := &from.stat
	err := unix.Lchown(to, int(st.Uid), int(st.Gid))
	if err == nil && st.Mode&unix.S_IFMT != unix.S_IFLNK {
		err = unix.Chmod(to, st.Mode&0o7777)
	}
	if err != nil {
		return &os.PathError{Op: "chown", Path: to, Err: err}
	}
	attrs, err := xattrs(from)
	if err != nil {
		return err
	}
	for name, value := range attrs {
		err := unix.Lsetxattr(to, name, []byte(value), 0)
		if err != nil && !errors.Is(err, unix.ENOTSUP) && !errors.Is(err, unix.EPERM) {
			return &os.PathError{Op: "setxattr " + name, Path: to, Err: err}
		}
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, to, []unix.Timespec{st.Mtim, st.Mtim}, unix.AT_SYMLINK_NOFOLLOW)
}

// xattrs gives the extended attributes of a file that a layer may have: those that it brought
// along, and not those of the machine.
func xattrs(f *file) (map[string]string, error) {
	list, get := sysx.LListxattr, sysx.LGetxattr
	if f.fd > 0 {
		list, get = sysx.Listxattr, sysx.Getxattr
	}
	names, err := list(f.path)
	if errors.Is(err, unix.ENOTSUP) {
		return nil, nil
	}
	if err != nil {
		return nil, &os.PathError{Op: "listxattr", Path: f.path, Err: err}
	}
	var attrs map[string]string
	for _, key := range names {
		if !portable(key) {
			continue
		}
		value, err := get(f.path, key)
		if errors.Is(err, unix.ENODATA) {
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "getxattr " + key, Path: f.path, Err: err}
		}
		if attrs == nil {
			attrs = map[string]string{}
		}
		attrs[key] = string(value)
	}
	return attrs, nil
}

func portable(xattr string) bool {
	return xattr == "security.capability" || strings.HasPrefix(xattr, "system.posix_acl_") ||
		strings.HasPrefix(xattr, "user.") && !own(xattr)
}

// readlink gives the target of a symbolic link.
func readlink(f *file) (string, error) {
	if f.fd == 0 {
		return os.Readlink(f.path)
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(f.fd, "", buf)
	if err != nil {
		return "", &os.PathError{Op: "readlink", Path: f.path, Err: err}
	}
	return string(buf[:n]), nil
}

// sameContent tells whether two files of one size have the same bytes.
func sameContent(x, y string) (bool, error) {
	a, err := os.Open(x)
	if err != nil {
		return false, err
	}
	defer a.Close()
	b, err := os.Open(y)
	if err != nil {
		return false, err
	}
	defer b.Close()
	p, q := make([]byte, holeSize), make([]byte, holeSize)
	for {
		n, err := io.ReadFull(a, p)
		m, other := io.ReadFull(b, q)
		if !bytes.Equal(p[:n], q[:m]) {
			return false, nil
		}
		if err != nil || other != nil {
			return ended(err) && ended(other), errors.Join(real(err), real(other))
		}
	}
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// real is nil for the end of a file.
func real(err error) error {
	if ended(err) {
		return nil
	}
	return err
}
