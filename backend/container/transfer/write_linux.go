package transfer

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/ocilayer"
)

// Extract writes a tar, which may be compressed by gzip or zstd, into a directory. Entries that would be
// elsewhere are refused, and a directory is not put in the place of another file, nor the other way round.
func Extract(r io.Reader, into Place, owner Owner) error {
	f, info, err := into.object(true)
	if err != nil {
		return missing(into, err)
	}
	defer f.Close()
	if !info.IsDir() {
		return fail("copy-no-directory", "name a directory that is there", "%s is no directory", into.Name)
	}
	dir, err := rootAt(f)
	if err != nil {
		return err
	}
	defer dir.Close()
	plain, err := ocilayer.Decompress(struct{ io.Reader }{r}) // a pipe cannot seek
	if err != nil {
		return noTar(err)
	}
	defer plain.Close()
	return extract(plain, dir, owner)
}

func noTar(err error) error {
	return fail("copy-archive", "give an archive of tar, as it is or compressed by gzip or zstd", "this is no tar: %v", err)
}

// extract writes a tar into a directory that is open. What directories are set to comes last, as
// what is written into them changes their times, and they may be read-only.
func extract(r io.Reader, dir *os.Root, owner Owner) error {
	x := extraction{dir: dir, owner: owner}
	entries := tar.NewReader(r)
	for {
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return noTar(err)
		}
		if err := x.entry(h, entries); err != nil {
			return err
		}
	}
	for i := len(x.late) - 1; i >= 0; i-- {
		h := x.late[i]
		if err := x.finish(strings.TrimSuffix(path.Clean(h.Name), "/"), h); err != nil {
			return err
		}
	}
	return nil
}

type extraction struct {
	dir   *os.Root
	owner Owner
	late  []*tar.Header
}

func (x *extraction) entry(h *tar.Header, content io.Reader) error {
	name := path.Clean(strings.TrimLeft(h.Name, "/"))
	if name == ".." || strings.HasPrefix(name, "../") {
		return fail("copy-archive", "make the archive again, with names below its directory", "the archive has %q, which is outside of it", h.Name)
	}
	old, err := x.dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := x.parents(path.Dir(name)); err != nil {
			return err
		}
	case err != nil:
		return err
	case old.IsDir() && h.Typeflag != tar.TypeDir:
		return fail("copy-directory", "remove the directory first, or copy to another name", "cannot overwrite directory %q with non-directory %q", old.Name(), h.Name)
	case !old.IsDir() && h.Typeflag == tar.TypeDir:
		return fail("copy-directory", "remove the file first, or copy to another name", "cannot overwrite non-directory %q with directory %q", old.Name(), h.Name)
	}
	switch h.Typeflag {
	case tar.TypeDir:
		x.late = append(x.late, h)
		if old != nil {
			return nil
		}
		return x.dir.Mkdir(name, 0o700)
	case tar.TypeXGlobalHeader:
		return nil
	}
	return x.replace(name, h, content)
}

// replace makes a file under another name and moves it where it belongs, so that nobody sees
// half of it, and whoever has the old one open keeps that.
func (x *extraction) replace(name string, h *tar.Header, content io.Reader) error {
	temp := path.Join(path.Dir(name), ".strake-"+strconv.FormatUint(rand.Uint64(), 36))
	defer x.dir.Remove(temp) // nothing is there after the rename
	var err error
	switch h.Typeflag {
	case tar.TypeReg:
		err = x.file(temp, h, content)
	case tar.TypeSymlink:
		err = x.dir.Symlink(h.Linkname, temp)
	case tar.TypeLink:
		err = x.dir.Link(path.Clean(strings.TrimLeft(h.Linkname, "/")), temp)
	case tar.TypeFifo, tar.TypeChar, tar.TypeBlock:
		err = x.special(temp, h)
	default:
		return fail("copy-archive", "make the archive again, without it", "%s is of a kind (%q) that cannot be copied", h.Name, h.Typeflag)
	}
	if err == nil && h.Typeflag != tar.TypeLink {
		err = x.finish(temp, h)
	}
	if err == nil {
		err = x.dir.Rename(temp, name)
	}
	return err
}

func (x *extraction) file(name string, h *tar.Header, content io.Reader) error {
	f, err := x.dir.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// special makes what is neither a file nor a directory. Without root there are no devices.
func (x *extraction) special(name string, h *tar.Header) error {
	parent, err := x.dir.Open(path.Dir(name))
	if err != nil {
		return err
	}
	defer parent.Close()
	kind := map[byte]uint32{tar.TypeFifo: unix.S_IFIFO, tar.TypeChar: unix.S_IFCHR, tar.TypeBlock: unix.S_IFBLK}[h.Typeflag]
	err = unix.Mknodat(int(parent.Fd()), path.Base(name), kind|0o600, int(unix.Mkdev(uint32(h.Devmajor), uint32(h.Devminor))))
	if err != nil {
		return &fs.PathError{Op: "mknod", Path: h.Name, Err: err}
	}
	return nil
}

// finish sets the owner, the mode and the time, in an order in which none undoes another.
func (x *extraction) finish(name string, h *tar.Header) error {
	uid, gid := x.owner(h)
	if err := x.dir.Lchown(name, uid, gid); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	if h.Typeflag == tar.TypeSymlink {
		return nil
	}
	if err := x.dir.Chmod(name, h.FileInfo().Mode()&(fs.ModePerm|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky)); err != nil {
		return err
	}
	if caps := h.PAXRecords[capabilityRecord]; caps != "" && h.Typeflag == tar.TypeReg {
		if err := x.setCapabilities(name, caps); err != nil {
			return err
		}
	}
	return x.dir.Chtimes(name, h.ModTime, h.ModTime)
}

// setCapabilities keeps what lets a program do more; who may not give that gets it without.
func (x *extraction) setCapabilities(name, caps string) error {
	f, err := x.dir.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	err = unix.Fsetxattr(int(f.Fd()), capability, []byte(caps), 0)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return err
}

// parents makes the directories that an archive has no entry of.
func (x *extraction) parents(dir string) error {
	if dir == "." {
		return nil
	}
	return x.dir.MkdirAll(dir, 0o755)
}
