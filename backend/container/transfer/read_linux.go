package transfer

import (
	"archive/tar"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/ocilayer"
)

// Archive writes what is at a place as a tar, which has it under a name, or under its own if that is
// empty. With follow, a link at the place itself is followed, and those below it never.
func Archive(w io.Writer, from Place, name string, follow bool) error {
	f, info, err := from.object(follow || from.directory())
	if err != nil {
		return missing(from, err)
	}
	defer f.Close()
	if from.directory() && !info.IsDir() {
		return fail("copy-no-directory", "leave the slash at its end out", "%s is no directory", from.Name)
	}
	if name == "" {
		if name = from.base(); name == "/" || from.dot() {
			name = "."
		}
	}
	a := archive{tar: tar.NewWriter(w), seen: map[inode]string{}}
	if !info.IsDir() {
		err = a.single(f, info, name)
	} else {
		var dir *os.Root
		if dir, err = rootAt(f); err == nil {
			defer dir.Close()
			err = a.tree(dir, name, path.Clean("/"+from.Path) == "/")
		}
	}
	if err != nil {
		return err
	}
	return a.tar.Close()
}

type archive struct {
	tar  *tar.Writer
	seen map[inode]string // where files are that have several names
}

type inode struct{ dev, ino uint64 }

// single writes what is no directory.
func (a *archive) single(f *os.File, info fs.FileInfo, name string) error {
	target := ""
	switch info.Mode().Type() {
	case 0:
		file, err := os.Open(self(f))
		if err != nil {
			return err
		}
		defer file.Close()
		return a.add(name, info, "", file)
	case fs.ModeSymlink:
		var err error
		if target, err = readlink(f); err != nil {
			return err
		}
	}
	return a.add(name, info, target, nil)
}

// readlink is where a link leads that is open.
func readlink(f *os.File) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(int(f.Fd()), "", buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// tree writes a directory and what is in it. Of a whole root, what the kernel shows is left out.
func (a *archive) tree(dir *os.Root, prefix string, whole bool) error {
	top, err := dir.Stat(".")
	if err != nil {
		return err
	}
	return fs.WalkDir(dir.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name != "." {
			return nil // it went away meanwhile
		} else if err != nil {
			return err
		}
		info, err := dir.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		as := path.Join(prefix, name)
		if whole && shown(top, name, info) {
			return cmp.Or(a.add(as, info, "", nil), fs.SkipDir)
		}
		switch info.Mode().Type() {
		case 0:
			f, err := dir.OpenFile(name, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			if info, err = f.Stat(); err != nil || !info.Mode().IsRegular() {
				return err
			}
			return a.add(as, info, "", f)
		case fs.ModeSymlink:
			target, err := dir.Readlink(name)
			if err != nil {
				return err
			}
			return a.add(as, info, target, nil)
		}
		return a.add(as, info, "", nil)
	})
}

// shown tells of a directory of a root that it is what the kernel shows there: processes, itself and devices.
func shown(root fs.FileInfo, name string, info fs.FileInfo) bool {
	here, _ := identity(root)
	there, _ := identity(info)
	return info.IsDir() && here.dev != there.dev && (name == "proc" || name == "sys" || name == "dev")
}

// add writes one entry. Sockets are left out, as in docker's archives.
func (a *archive) add(name string, info fs.FileInfo, target string, content *os.File) error {
	if info.Mode().Type() == fs.ModeSocket {
		return nil
	}
	h, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	h.Name, h.Uname, h.Gname, h.Format = name, "", "", tar.FormatPAX
	if info.IsDir() {
		h.Name = strings.TrimSuffix(name, "/") + "/"
	}
	if id, many := identity(info); many && info.Mode().IsRegular() {
		if first, ok := a.seen[id]; ok {
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, first, 0
			return a.tar.WriteHeader(h)
		}
		a.seen[id] = name
	}
	if content == nil {
		return a.tar.WriteHeader(h)
	}
	if caps := capabilities(content); caps != "" {
		h.PAXRecords = map[string]string{capabilityRecord: caps}
	}
	if err := a.tar.WriteHeader(h); err != nil {
		return err
	}
	n, err := io.Copy(a.tar, io.LimitReader(content, h.Size))
	if err == nil && n < h.Size {
		err = fail("copy-changed", "copy it again", "%s became shorter while it was copied", name)
	}
	return err
}

const (
	capability       = "security.capability"
	capabilityRecord = ocilayer.XattrPrefix + capability
)

// capabilities are those of a program, "" for none.
func capabilities(f *os.File) string {
	buf := make([]byte, 256)
	n, err := unix.Fgetxattr(int(f.Fd()), capability, buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

// identity is the inode of a file, and whether it has more than one name.
func identity(info fs.FileInfo) (inode, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{}, false
	}
	return inode{uint64(st.Dev), st.Ino}, st.Nlink > 1
}
