package rootfs

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/containerd/continuity/fs"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/ocilayer"
)

const (
	maxSkipped = 20 // that are told one by one
	holeSize   = 64 << 10
)

// extractor makes the tree of one layer's archive. What it removes of lower layers becomes a
// mark. Paths lead nowhere out of the tree, over whatever links: nobody else writes to it
// meanwhile.
type extractor struct {
	root    string
	marks   marks
	userns  bool
	skipped []string
	omitted int

	// The directory of the last entry, as most are in that of the one before.
	parent string // in the archive
	at     string // where that is
	fd     int    // of it; -1 when nothing is open

	dirs map[string]*tar.Header // by path in the tree, as they were last made; nil is implied
	buf  []byte
	zero []byte
}

func newExtractor(root string, m marks, userns bool) *extractor {
	return &extractor{
		root: root, marks: m, userns: userns, fd: -1,
		dirs: map[string]*tar.Header{"": nil},
		buf:  make([]byte, holeSize), zero: make([]byte, holeSize),
	}
}

func (x *extractor) extract(ctx context.Context, r io.Reader) error {
	defer x.forget()
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return x.finish()
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case h.Typeflag == tar.TypeXGlobalHeader:
			continue
		}
		if err := x.entry(h, t); err != nil {
			return fmt.Errorf("%q: %w", h.Name, err)
		}
	}
}

// entry makes what one entry says.
func (x *extractor) entry(h *tar.Header, body io.Reader) error {
	name := path.Clean("/" + h.Name)[1:]
	if name == "" {
		if h.Typeflag != tar.TypeDir {
			return errors.New("the root is no directory")
		}
		x.dirs[""] = h
		return nil
	}
	dir, base := path.Split(name)
	for part := range strings.SplitSeq(dir, "/") {
		if strings.HasPrefix(part, aufs) {
			return nil
		}
		if strings.HasPrefix(part, whiteout) {
			return errors.New("what is removed has no files")
		}
	}
	if err := x.enter(strings.TrimSuffix(dir, "/")); err != nil {
		return err
	}
	if strings.HasPrefix(base, whiteout) {
		return x.remove(base)
	}
	if h.Typeflag == tar.TypeDir {
		x.dirs[x.name(filepath.Join(x.at, base))] = h
		return x.directory(base)
	}
	made, err := x.make(base, h, body)
	if err != nil || !made || h.Typeflag == tar.TypeLink {
		return err
	}
	return x.dress(base, h)
}

// enter opens the directory of an entry, and makes it when the archive has none.
func (x *extractor) enter(dir string) error {
	if x.fd >= 0 && dir == x.parent {
		return nil
	}
	x.forget()
	at, err := fs.RootPath(x.root, dir)
	if err != nil {
		return err
	}
	if err := x.imply(at); err != nil {
		return err
	}
	fd, err := unix.Open(at, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &iofs.PathError{Op: "open", Path: at, Err: err}
	}
	x.parent, x.at, x.fd = dir, at, fd
	return nil
}

// forget closes the directory of the last entry: it may be another one now.
func (x *extractor) forget() {
	if x.fd >= 0 {
		unix.Close(x.fd)
	}
	x.fd = -1
}

// imply makes a directory with those above it.
func (x *extractor) imply(at string) error {
	st, err := lstat(at)
	switch {
	case err == nil && isDir(&st):
		return nil
	case err == nil && x.marks.isMark(filepath.Base(at), &st):
		// removed, and then made again
	case err == nil:
		return &iofs.PathError{Op: "mkdir", Path: at, Err: unix.ENOTDIR}
	case errors.Is(err, iofs.ErrNotExist):
		if err := x.imply(filepath.Dir(at)); err != nil {
			return err
		}
	default:
		return err
	}
	x.dirs[x.name(at)] = nil
	return x.mkdir(at)
}

// name is the path in the tree of what is at a path.
func (x *extractor) name(at string) string { return strings.TrimPrefix(at[len(x.root):], "/") }

// mkdir makes a directory, in place of a mark if there is one.
func (x *extractor) mkdir(at string) error {
	err := os.Mkdir(at, 0o755)
	if !errors.Is(err, iofs.ErrExist) {
		return err
	}
	if err := os.Remove(at); err != nil {
		return err
	}
	if err := os.Mkdir(at, 0o755); err != nil {
		return err
	}
	return x.marks.hide(at)
}

// directory makes one in the current directory, unless it is there.
func (x *extractor) directory(base string) error {
	at := filepath.Join(x.at, base)
	st, err := lstat(at)
	switch {
	case errors.Is(err, iofs.ErrNotExist):
		return os.Mkdir(at, 0o755)
	case err != nil || isDir(&st):
		return err
	case x.marks.isMark(base, &st):
		return x.mkdir(at)
	}
	if err := os.Remove(at); err != nil {
		return err
	}
	return os.Mkdir(at, 0o755)
}

// remove marks what the layer removes of lower ones. Its own files stay.
func (x *extractor) remove(base string) error {
	name := strings.TrimPrefix(base, whiteout)
	switch {
	case base == opaque:
		return x.marks.hide(x.at)
	case strings.HasPrefix(base, aufs):
		return nil
	case name == "" || name == "." || name == "..":
		return errors.New("it removes no file")
	}
	at := filepath.Join(x.at, name)
	st, err := lstat(at)
	switch {
	case err == nil && isDir(&st):
		return x.marks.hide(at)
	case err == nil || !errors.Is(err, iofs.ErrNotExist):
		return err
	}
	return x.marks.remove(x.at, name)
}

// make makes what is no directory, and tells whether it did.
func (x *extractor) make(base string, h *tar.Header, body io.Reader) (bool, error) {
	create := func() error { return x.create(base, h) }
	switch h.Typeflag {
	case tar.TypeReg, '\x00', tar.TypeGNUSparse, tar.TypeCont:
		fd := -1
		create = func() (err error) {
			fd, err = unix.Openat(x.fd, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
			return err
		}
		if err := x.replace(base, create); err != nil {
			return false, err
		}
		err := x.fill(fd, h.Size, body)
		if cerr := unix.Close(fd); err == nil {
			err = cerr
		}
		return true, err
	case tar.TypeChar, tar.TypeBlock:
		if h.Devmajor == 0 && h.Devminor == 0 && h.Typeflag == tar.TypeChar {
			x.skip(h.Name, "a device 0:0 is no device")
			return false, nil
		}
		err := x.replace(base, create)
		if errors.Is(err, unix.EPERM) {
			x.skip(h.Name, "only root can make devices")
			return false, nil
		}
		return err == nil, err
	}
	return true, x.replace(base, create)
}

// replace calls create, again after what is in its way was removed.
func (x *extractor) replace(base string, create func() error) error {
	err := create()
	if !errors.Is(err, unix.EEXIST) {
		return err
	}
	if err := os.RemoveAll(filepath.Join(x.at, base)); err != nil {
		return err
	}
	return create()
}

// create makes a link, a device or a pipe.
func (x *extractor) create(base string, h *tar.Header) error {
	mode := uint32(h.Mode & 0o777)
	switch h.Typeflag {
	case tar.TypeSymlink:
		return unix.Symlinkat(h.Linkname, x.fd, base)
	case tar.TypeLink:
		dir, name := path.Split(path.Clean("/" + h.Linkname))
		at, err := fs.RootPath(x.root, dir)
		if err != nil {
			return err
		}
		err = unix.Linkat(unix.AT_FDCWD, filepath.Join(at, name), x.fd, base, 0)
		if errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("it is a link to %q, which the layer does not have", h.Linkname)
		}
		return err
	case tar.TypeFifo:
		return unix.Mknodat(x.fd, base, unix.S_IFIFO|mode, 0)
	case tar.TypeChar, tar.TypeBlock:
		if min(h.Devmajor, h.Devminor) < 0 || max(h.Devmajor, h.Devminor) > math.MaxUint32 {
			return fmt.Errorf("there is no device %d:%d", h.Devmajor, h.Devminor)
		}
		kind := uint32(unix.S_IFCHR)
		if h.Typeflag == tar.TypeBlock {
			kind = unix.S_IFBLK
		}
		return unix.Mknodat(x.fd, base, kind|mode, int(unix.Mkdev(uint32(h.Devmajor), uint32(h.Devminor))))
	}
	return fmt.Errorf("it is of a kind (%q) that no unpacker knows", h.Typeflag)
}

// fill writes a file. What is zero is not written where the file is large: a log of logins has
// gigabytes of that, and few blocks.
func (x *extractor) fill(fd int, size int64, body io.Reader) error {
	sparse := false
	for {
		n, err := io.ReadFull(body, x.buf)
		chunk := x.buf[:n]
		if n == holeSize && string(chunk) == string(x.zero) {
			sparse = true
			if _, err := unix.Seek(fd, int64(n), io.SeekCurrent); err != nil {
				return err
			}
			continue
		}
		for len(chunk) > 0 {
			n, err := unix.Write(fd, chunk)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil {
				return err
			}
			chunk = chunk[n:]
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF) && int64(n) == size%holeSize:
			if sparse {
				return unix.Ftruncate(fd, size)
			}
			return nil
		case err != nil:
			return err
		}
	}
}

// dress gives a file its owner, mode, attributes and time: each takes away what is behind it.
func (x *extractor) dress(base string, h *tar.Header) error {
	if err := x.own(unix.Fchownat(x.fd, base, h.Uid, h.Gid, unix.AT_SYMLINK_NOFOLLOW), h); err != nil {
		return err
	}
	if h.Typeflag != tar.TypeSymlink {
		if err := unix.Fchmodat(x.fd, base, uint32(h.Mode&0o7777), 0); err != nil {
			return err
		}
	}
	if err := x.setXattrs(filepath.Join(x.at, base), h); err != nil {
		return err
	}
	return unix.UtimesNanoAt(x.fd, base, times(h.ModTime), unix.AT_SYMLINK_NOFOLLOW)
}

// own explains why a file has no owner.
func (x *extractor) own(err error, h *tar.Header) error {
	if errors.Is(err, unix.EINVAL) && x.userns {
		return fail("too-few-subids", "as root: give the user 65536 numbers in /etc/subuid and /etc/subgid",
			"%q belongs to %d:%d, which the user namespace does not map", h.Name, h.Uid, h.Gid)
	}
	return err
}

func (x *extractor) setXattrs(at string, h *tar.Header) error {
	for key, value := range h.PAXRecords {
		name, ok := strings.CutPrefix(key, ocilayer.XattrPrefix)
		if !ok || own(name) {
			continue
		}
		err := unix.Lsetxattr(at, name, []byte(value), 0)
		switch {
		case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.EPERM):
			x.skip(h.Name, "no attribute "+name+" can be set here")
		case err != nil:
			return fmt.Errorf("attribute %s: %w", name, err)
		}
	}
	return nil
}

func times(t time.Time) []unix.Timespec {
	ts, err := unix.TimeToTimespec(t)
	if err != nil { // before 1678, or after 2262
		ts = unix.Timespec{}
	}
	return []unix.Timespec{ts, ts}
}

func (x *extractor) skip(name, why string) {
	if len(x.skipped) < maxSkipped {
		x.skipped = append(x.skipped, fmt.Sprintf("%s: %s", name, why))
		return
	}
	x.omitted++
}

// finish gives the directories what they are to have: a file that is made in one alters its
// time, and takes over its group.
func (x *extractor) finish() error {
	x.forget()
	for name, h := range x.dirs {
		if h == nil {
			continue
		}
		want := filepath.Join(x.root, name)
		at, err := fs.RootPath(x.root, name)
		if err != nil {
			return err
		}
		if st, err := lstat(at); at != want || err != nil || !isDir(&st) {
			continue // it was replaced, or one that leads to it
		}
		err = x.own(unix.Lchown(at, h.Uid, h.Gid), h)
		if err == nil {
			err = unix.Chmod(at, uint32(h.Mode&0o7777))
		}
		if err == nil {
			err = x.setXattrs(at, h)
		}
		if err == nil {
			err = unix.UtimesNanoAt(unix.AT_FDCWD, at, times(h.ModTime), 0)
		}
		if err != nil {
			return fmt.Errorf("%q: %w", h.Name, err)
		}
	}
	if x.omitted > 0 {
		x.skipped = append(x.skipped, fmt.Sprintf("and %d more", x.omitted))
	}
	return nil
}

// implied lists the directories that have no entry.
func (x *extractor) implied() []string {
	var list []string
	for name, h := range x.dirs {
		if h == nil {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
