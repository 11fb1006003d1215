package rootfs

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// copyAll makes dir/rootfs of trees.
func copyAll(ctx context.Context, dir string, trees []tree) error {
	root, err := stack(trees)
	if err != nil {
		return err
	}
	to := filepath.Join(dir, rootName)
	part := to + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	c := copier{ctx: ctx, links: map[inode]string{}}
	if err := c.copy(root, part); err != nil {
		os.RemoveAll(part)
		return err
	}
	return os.Rename(part, to)
}

// inode tells hard links of one file.
type inode struct{ dev, ino uint64 }

func inodeOf(st *unix.Stat_t) inode { return inode{uint64(st.Dev), st.Ino} }

type copier struct {
	ctx   context.Context
	links map[inode]string // what was copied and has several names
}

func (c *copier) copy(f *file, to string) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	if !f.isDir() && f.stat.Nlink > 1 {
		if first, ok := c.links[inodeOf(&f.stat)]; ok {
			return os.Link(first, to)
		}
		c.links[inodeOf(&f.stat)] = to
	}
	switch f.stat.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if err := os.Mkdir(to, 0o700); err != nil {
			return err
		}
		children, err := f.children()
		if err != nil {
			return err
		}
		for name, child := range children {
			if err := c.copy(child, filepath.Join(to, name)); err != nil {
				return err
			}
		}
	case unix.S_IFREG:
		if err := copyFile(to, f.path); err != nil {
			return err
		}
	case unix.S_IFLNK:
		target, err := os.Readlink(f.path)
		if err == nil {
			err = os.Symlink(target, to)
		}
		if err != nil {
			return err
		}
	case unix.S_IFIFO, unix.S_IFCHR, unix.S_IFBLK:
		if err := unix.Mknod(to, f.stat.Mode, int(f.stat.Rdev)); err != nil {
			return &os.PathError{Op: "mknod", Path: to, Err: err}
		}
	default:
		return fmt.Errorf("%s is of a kind that no layer has", f.path)
	}
	return copyAttrs(to, f)
}

// copyFile copies a file, without its blocks where the file system can do that.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if unix.IoctlFileClone(int(out.Fd()), int(in.Fd())) != nil {
		_, err = io.Copy(out, in)
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}
