package rootfs

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/ocilayer"
)

// writer writes the archive of a layer. A directory is written in front of what is in it, so
// that nobody has to guess its attributes.
type writer struct {
	out     *tar.Writer
	parents []*pending
	links   map[inode]string // the first name of a file that has several
	any     bool             // something but directories was written
}

// pending is a directory that may have to be written.
type pending struct {
	name    string
	dir     *file
	written bool
}

func newWriter(w io.Writer) *writer {
	return &writer{out: tar.NewWriter(w), links: map[inode]string{}}
}

func (w *writer) close() error { return w.out.Close() }

// enter begins a directory. If it has changed, it is written even if nothing in it is. All that
// is written until leave is called is below it.
func (w *writer) enter(name string, dir *file, changed bool) (leave func(), err error) {
	w.parents = append(w.parents, &pending{name: name, dir: dir, written: name == "" && !changed})
	if changed {
		err = w.flush()
	}
	return func() { w.parents = w.parents[:len(w.parents)-1] }, err
}

// flush writes the directories that were begun.
func (w *writer) flush() error {
	for _, p := range w.parents {
		if p.written {
			continue
		}
		p.written = true
		h, err := header(p.name+"/", p.dir)
		if err == nil {
			err = w.out.WriteHeader(h)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mark writes that something is gone. It has no time, as in containerd's layers.
func (w *writer) mark(name string) error {
	if err := w.flush(); err != nil {
		return err
	}
	w.any = true
	return w.out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, ModTime: time.Unix(0, 0), Format: tar.FormatPAX})
}

// add writes what is no directory. Sockets belong to the processes of a container.
func (w *writer) add(name string, f *file) error {
	if f.stat.Mode&unix.S_IFMT == unix.S_IFSOCK {
		return nil
	}
	h, err := header(name, f)
	if err != nil {
		return err
	}
	w.any = true
	if err := w.flush(); err != nil {
		return err
	}
	if f.stat.Nlink > 1 {
		if first, ok := w.links[inodeOf(&f.stat)]; ok {
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, first, 0
		} else {
			w.links[inodeOf(&f.stat)] = name
		}
	}
	if h.Typeflag != tar.TypeReg {
		return w.out.WriteHeader(h)
	}
	in, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := w.out.WriteHeader(h); err != nil {
		return err
	}
	n, err := io.Copy(w.out, io.LimitReader(in, h.Size))
	if err == nil && n < h.Size { // it became shorter meanwhile
		_, err = io.CopyN(w.out, zeros{}, h.Size-n)
	}
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// header says what a file is. Times are whole seconds, as in the layers of other tools.
func header(name string, f *file) (*tar.Header, error) {
	st := &f.stat
	if name == "/" {
		name = "./"
	}
	h := &tar.Header{
		Name: name, Mode: int64(st.Mode & 0o7777), Uid: int(st.Uid), Gid: int(st.Gid),
		ModTime: time.Unix(st.Mtim.Sec, 0), Format: tar.FormatPAX,
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		h.Typeflag = tar.TypeDir
	case unix.S_IFREG:
		h.Typeflag, h.Size = tar.TypeReg, st.Size
	case unix.S_IFLNK:
		h.Typeflag = tar.TypeSymlink
		var err error
		if h.Linkname, err = readlink(f); err != nil {
			return nil, err
		}
	case unix.S_IFIFO:
		h.Typeflag = tar.TypeFifo
	case unix.S_IFCHR, unix.S_IFBLK:
		h.Typeflag = tar.TypeChar
		if st.Mode&unix.S_IFMT == unix.S_IFBLK {
			h.Typeflag = tar.TypeBlock
		}
		h.Devmajor, h.Devminor = int64(unix.Major(st.Rdev)), int64(unix.Minor(st.Rdev))
	default:
		return nil, fmt.Errorf("%q is of a kind that layers do not have", name)
	}
	attrs, err := xattrs(f)
	if err != nil {
		return nil, err
	}
	for key, value := range attrs {
		if strings.Contains(key, "=") {
			return nil, fail("reserved-name", "remove it in the container, with `setfattr -x`", "layers cannot have the extended attribute %q of /%s", key, name)
		}
		if h.PAXRecords == nil {
			h.PAXRecords = map[string]string{}
		}
		h.PAXRecords[ocilayer.XattrPrefix+key] = value
	}
	return h, nil
}
