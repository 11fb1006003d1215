package rootfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	digest "github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"
)

// Changes writes what a container changed, as the archive of a layer: the same bytes for the
// same changes. The container may run; what it writes meanwhile may be there in part, as after
// a machine lost power.
func (l *Layers) Changes(ctx context.Context, dir string, diffIDs []digest.Digest, w io.Writer) error {
	_, err := l.changes(ctx, dir, diffIDs, w)
	return err
}

// changes is Changes, and tells whether there are any but in the times of directories, which
// move on with whatever comes and goes in them.
func (l *Layers) changes(ctx context.Context, dir string, diffIDs []digest.Digest, w io.Writer) (any bool, err error) {
	release, err := l.share(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	image, err := l.image(diffIDs)
	if err != nil {
		return false, err
	}
	c := changes{ctx: ctx, out: newWriter(w)}
	if c.base, err = stack(append([]tree{{filepath.Join(dir, initName), l.marked()}}, image...)); err != nil {
		return false, explain(dir, err)
	}
	c.image = &file{dirs: image, stat: c.base.stat}
	switch way(dir) {
	case Overlay:
		c.marks = l.marked()
		err = c.visit("", filepath.Join(dir, upperName), c.base)
	case Copy:
		root := filepath.Join(dir, rootName)
		if err = c.findRelinked(root); err == nil {
			err = c.visit("", root, c.base)
		}
	default: // it was never started
	}
	if err == nil {
		err = c.out.close()
	}
	return c.any || c.out.any, err // of a full disk, too: that is where w writes
}

// changes compares what a container has with what it began with.
//
// The container may do to its files what it likes, while they are read. So no path is followed
// over more than one name: a directory is opened, and what is in it is found by its descriptor.
type changes struct {
	ctx   context.Context
	image *file
	base  *file // the image and the mount points
	marks marks // of the upper directory; none in a copy, which has all files
	out   *writer

	relinked map[string]bool // files of a copy whose hard links are others now
	any      bool            // a directory is new, or has other attributes than its time
}

// visit writes what has changed at a path and below, over what was there before, nil for
// nothing. In an upper directory, what is not there has not changed.
func (c *changes) visit(name, at string, before *file) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	now, close, err := open(at)
	if now == nil || err != nil {
		return err
	}
	defer close()
	same := before != nil && !c.relinked[name]
	if same {
		if same, err = c.same(now, before, name == ""); err != nil {
			return err
		}
	}
	if !now.isDir() {
		// overlayfs copies a file that is opened for writing, whatever is written then, and ends
		// its hard links.
		if same && (max(now.stat.Nlink, before.stat.Nlink) == 1 || c.copied()) {
			return nil
		}
		return c.out.add(name, now)
	}
	if !same && !c.any {
		timed := before != nil
		if timed {
			timed, err = c.same(now, before, true)
		}
		if c.any = !timed; err != nil {
			return err
		}
	}
	leave, err := c.out.enter(name, now, !same)
	if err != nil {
		return err
	}
	defer leave()
	if before, err = c.under(name, now, before); err != nil {
		return err
	}
	return c.children(name, now, before)
}

func (c *changes) copied() bool { return c.marks == marks{} }

// under gives what a directory had before, nil if that is gone with all below it.
func (c *changes) under(name string, now, before *file) (*file, error) {
	if before == nil || !before.isDir() {
		return nil, nil
	}
	if c.copied() {
		return before, nil
	}
	hidden, err := c.marks.hidden(now.path)
	if !hidden || err != nil {
		return before, err
	}
	was, err := c.image.find(name)
	if err == nil && was != nil && was.isDir() {
		err = c.out.mark(path.Join(name, opaque))
	}
	return nil, err
}

// children visits what is in a directory, in the order of names.
func (c *changes) children(name string, now, before *file) error {
	names, err := readNames(now.path)
	if err != nil {
		return err
	}
	gone := map[string]*file{}
	if c.copied() && before != nil {
		if gone, err = before.children(); err != nil {
			return err
		}
		for _, base := range names {
			delete(gone, base)
		}
		names = append(names, slices.Collect(maps.Keys(gone))...)
		slices.Sort(names)
	}
	for _, base := range names {
		full := path.Join(name, base)
		if err := c.child(full, now.path+"/"+base, before, gone[base] != nil); err != nil {
			return err
		}
	}
	return nil
}

func (c *changes) child(name, at string, dir *file, gone bool) error {
	if !gone && !c.copied() {
		st, err := lstat(at)
		if err != nil {
			return vanished(err)
		}
		gone = c.marks.isMark(path.Base(name), &st)
	}
	if gone {
		// Of a mount point the image knows nothing.
		was, err := c.image.find(name)
		if was == nil || err != nil {
			return err
		}
		return c.out.mark(path.Join(parent(name), whiteout+path.Base(name)))
	}
	if strings.HasPrefix(path.Base(name), whiteout) {
		return reserved(name)
	}
	var before *file
	if dir != nil {
		var err error
		if before, err = dir.child(path.Base(name)); err != nil {
			return err
		}
	}
	return c.visit(name, at, before)
}

func reserved(name string) error {
	return fail("reserved-name", "rename or remove it in the container",
		"layers cannot have a file whose name begins with %s: /%s", whiteout, name)
}

// same tells whether a file is what it was. The time of the root directory says nothing.
func (c *changes) same(now, before *file, root bool) (bool, error) {
	a, b := &now.stat, &before.stat
	if a.Mode != b.Mode || a.Uid != b.Uid || a.Gid != b.Gid || a.Mtim != b.Mtim && !root {
		return false, nil
	}
	x, err := xattrs(now)
	if err != nil {
		return false, err
	}
	y, err := xattrs(before)
	if err != nil || !maps.Equal(x, y) {
		return false, err
	}
	switch a.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		if a.Size != b.Size {
			return false, nil
		}
		return sameContent(now.path, before.path)
	case unix.S_IFLNK:
		x, err := readlink(now)
		if err != nil {
			return false, err
		}
		y, err := readlink(before)
		return x == y, err
	case unix.S_IFCHR, unix.S_IFBLK:
		return a.Rdev == b.Rdev, nil
	}
	return true, nil
}

// findRelinked finds the files of a copy that have other hard links than before.
func (c *changes) findRelinked(root string) error {
	before, after := linkFinder{}, linkFinder{}
	if err := before.stack("", c.base); err != nil {
		return err
	}
	if err := after.directory("", root); err != nil {
		return err
	}
	was, is := before.groups(), after.groups()
	c.relinked = map[string]bool{}
	for name := range is {
		c.relinked[name] = is[name] != was[name]
	}
	for name := range was {
		c.relinked[name] = is[name] != was[name]
	}
	return nil
}

// linkFinder has the names of files that have several.
type linkFinder map[inode][]string

func (l linkFinder) add(name string, st *unix.Stat_t) {
	if !isDir(st) && st.Nlink > 1 {
		l[inodeOf(st)] = append(l[inodeOf(st)], name)
	}
}

func (l linkFinder) stack(name string, f *file) error {
	l.add(name, &f.stat)
	children, err := f.children()
	if err != nil {
		return err
	}
	for base, child := range children {
		if err := l.stack(path.Join(name, base), child); err != nil {
			return err
		}
	}
	return nil
}

func (l linkFinder) directory(name, at string) error {
	now, close, err := open(at)
	if now == nil || err != nil {
		return err
	}
	defer close()
	l.add(name, &now.stat)
	if !now.isDir() {
		return nil
	}
	names, err := readNames(now.path)
	for _, base := range names {
		if err := l.directory(path.Join(name, base), now.path+"/"+base); err != nil {
			return err
		}
	}
	return err
}

// groups gives for each name all names of its file, as one text.
func (l linkFinder) groups() map[string]string {
	all := map[string]string{}
	for _, names := range l {
		if len(names) == 1 {
			continue
		}
		slices.Sort(names)
		for _, name := range names {
			all[name] = strings.Join(names, "\x00")
		}
	}
	return all
}

// open opens a file, so that it stays the same one; nil if it has vanished. Its path is that of
// the descriptor, for calls that follow links.
func open(at string) (*file, func(), error) {
	fd, err := unix.Open(at, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, vanished(&fs.PathError{Op: "open", Path: at, Err: err})
	}
	f := &file{path: fmt.Sprintf("/proc/self/fd/%d", fd), fd: fd}
	if err := unix.Fstat(fd, &f.stat); err != nil {
		unix.Close(fd)
		return nil, nil, &fs.PathError{Op: "stat", Path: at, Err: err}
	}
	if f.isDir() {
		f.path += "/."
	}
	return f, func() { unix.Close(fd) }, nil
}

// vanished is nil for the error of a file that a running container has taken away.
func vanished(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	return err
}
