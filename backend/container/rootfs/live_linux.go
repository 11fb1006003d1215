package rootfs

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Live is a file system that others write to, as it was when it was looked at: that of a
// container of another engine, which tells nobody what is changed. What is mounted below its
// root is no part of it. Who looks may read all files.
type Live struct {
	root   string
	files  *node
	mounts map[string]bool // paths below the root that something is mounted on
	seed   maphash.Seed
}

// node is a file as it was.
type node struct {
	stamp
	below map[string]*node // of a directory; nil of other files
}

// stamp tells a file from itself after a change. Nobody can set the time at which an inode was
// changed last: it moves on with whatever is done to the file, its attributes and its names.
type stamp struct {
	inode  uint64
	change unix.Timespec
	sum    uint64 // of all that the file is, where the time alone proves nothing; else 0
}

// racy is how long after a change another one may leave the same time: file systems count it in
// ticks of the clock, old ones in seconds.
const racy = 2 * time.Second

// Look walks a file system.
func Look(ctx context.Context, root string) (*Live, error) {
	l := &Live{root: path.Clean(root), seed: maphash.MakeSeed()}
	var err error
	if l.mounts, err = mountPoints(l.root); err == nil {
		l.files, err = l.look(ctx, "", l.root, time.Now().Add(-racy))
	}
	return l, err
}

// mountPoints are the paths below a root, without the first slash, that something is mounted on.
func mountPoints(root string) (map[string]bool, error) {
	list, err := mountinfo.GetMounts(nil)
	points := map[string]bool{}
	for _, m := range list {
		name, below := strings.CutPrefix(m.Mountpoint, strings.TrimSuffix(root, "/")+"/")
		if below && name != "" {
			points[name] = true
		}
	}
	return points, err
}

// look gives what is at a path, nil if it has vanished. Files that were changed after a time get
// a sum: so do those of the future, of a clock that was set back.
func (l *Live) look(ctx context.Context, name, at string, settled time.Time) (*node, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	f, close, err := open(at)
	if f == nil || err != nil {
		return nil, err
	}
	defer close()
	n := &node{stamp: stampOf(f)}
	if !time.Unix(n.change.Unix()).Before(settled) {
		if n.sum, err = l.sum(f); err != nil {
			return nil, err
		}
	}
	if !f.isDir() {
		return n, nil
	}
	names, err := readNames(f.path)
	if err != nil {
		return nil, err
	}
	n.below = make(map[string]*node, len(names))
	for _, base := range names {
		full := path.Join(name, base)
		if l.mounts[full] {
			continue
		}
		child, err := l.look(ctx, full, f.path+"/"+base, settled)
		if err != nil {
			return nil, err
		}
		if child != nil {
			n.below[base] = child
		}
	}
	return n, nil
}

func stampOf(f *file) stamp { return stamp{inode: f.stat.Ino, change: f.stat.Ctim} }

// sum is a hash of all that a file is, never 0.
func (l *Live) sum(f *file) (uint64, error) {
	var h maphash.Hash
	h.SetSeed(l.seed)
	st := &f.stat
	for _, n := range []int64{int64(st.Mode), int64(st.Uid), int64(st.Gid), st.Mtim.Sec, st.Mtim.Nsec, int64(st.Rdev)} {
		binary.Write(&h, binary.LittleEndian, n)
	}
	attrs, err := xattrs(f)
	if err != nil {
		return 0, err
	}
	for _, key := range slices.Sorted(maps.Keys(attrs)) {
		h.WriteString(key + "\x00" + attrs[key] + "\x00")
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		in, err := os.Open(f.path)
		if err != nil {
			return 0, err
		}
		defer in.Close()
		if _, err := io.Copy(&h, in); err != nil {
			return 0, err
		}
	case unix.S_IFLNK:
		target, err := readlink(f)
		if err != nil {
			return 0, err
		}
		h.WriteString(target)
	}
	return max(h.Sum64(), 1), nil
}

// Changes writes what was changed since Look, as the archive of a layer; without entries if
// that is nothing. Files that were touched only may be in it: Layers.Fill drops them. Nobody is
// to write meanwhile. It gives the paths of what no layer can have, and is left out.
func (l *Live) Changes(ctx context.Context, w io.Writer) (omitted []string, err error) {
	c := liveChanges{ctx: ctx, Live: l, out: newWriter(w)}
	if c.hidden, err = mountPoints(l.root); err != nil {
		return nil, err
	}
	maps.Copy(c.hidden, l.mounts)
	if err := c.visit("", l.root, l.files); err != nil {
		return nil, err
	}
	return c.omitted, c.out.close()
}

type liveChanges struct {
	*Live
	ctx     context.Context
	hidden  map[string]bool // paths on which something is, or was, mounted
	out     *writer
	omitted []string
}

// visit writes what has changed at a path and below, over what was there before, nil for nothing.
func (c *liveChanges) visit(name, at string, before *node) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	now, close, err := open(at)
	if now == nil || err != nil {
		return err
	}
	defer close()
	same, err := c.same(now, before)
	if err != nil {
		return err
	}
	if !now.isDir() {
		if same {
			return nil
		}
		return c.leaveOut(name, c.out.add(name, now))
	}
	leave, err := c.out.enter(name, now, !same)
	defer leave()
	if err != nil {
		return c.leaveOut(name, err)
	}
	return c.children(name, now, before)
}

// same tells whether a file is what it was.
func (c *liveChanges) same(now *file, before *node) (bool, error) {
	if before == nil || (before.below != nil) != now.isDir() {
		return false, nil
	}
	after := stampOf(now)
	if after.inode != before.inode || after.change != before.change {
		return false, nil
	}
	if before.sum == 0 {
		return true, nil
	}
	sum, err := c.sum(now)
	return sum == before.sum, err
}

// children visits what is in a directory and what was, in the order of names.
func (c *liveChanges) children(name string, now *file, before *node) error {
	names, err := readNames(now.path)
	if err != nil {
		return err
	}
	var below map[string]*node
	if before != nil {
		below = before.below
	}
	gone := maps.Clone(below)
	for _, base := range names {
		delete(gone, base)
	}
	names = slices.AppendSeq(names, maps.Keys(gone))
	slices.Sort(names)
	for _, base := range names {
		full := path.Join(name, base)
		switch {
		case c.hidden[full]:
		case strings.HasPrefix(base, whiteout):
			err = c.leaveOut(full, reserved(full))
		case gone[base] != nil:
			err = c.out.mark(path.Join(name, whiteout+base))
		default:
			err = c.visit(full, now.path+"/"+base, below[base])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leaveOut notes a file that no layer can have, which is what a diagnostic is about.
func (c *liveChanges) leaveOut(name string, err error) error {
	var d diag.Diagnostic
	if !errors.As(err, &d) {
		return err
	}
	c.omitted = append(c.omitted, "/"+name)
	return nil
}
