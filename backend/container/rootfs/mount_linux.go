package rootfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	digest "github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"
)

// Mount mounts the layers, the lowest first, with dir/upper over them, at dir/rootfs. The
// points, and the directories that lead there, are made where the layers lack them, below what
// the container changes. Mount copies the layers where the kernel has no overlay for us.
// A mount is to be in a mount namespace of its own, so that it goes with its last process.
func (l *Layers) Mount(ctx context.Context, dir string, diffIDs []digest.Digest, o Options) (Mounted, error) {
	release, err := l.share(ctx)
	if err != nil {
		return Mounted{}, err
	}
	defer release()
	if err := private(dir); err != nil {
		return Mounted{}, explain(dir, err)
	}
	image, err := l.image(diffIDs)
	if err == nil {
		err = l.initialize(dir, image, diffIDs, o.Points)
	}
	if err != nil {
		return Mounted{}, explain(dir, err)
	}
	trees := append([]tree{{filepath.Join(dir, initName), l.marked()}}, image...)
	root := filepath.Join(dir, rootName)
	if way(dir) != Copy && !l.marked().plain() {
		err := l.overlay(dir, trees, o.Volatile)
		if err == nil {
			return Mounted{root, Overlay, func() error { return unix.Unmount(root, unix.MNT_DETACH) }}, nil
		}
		if way(dir) == Overlay {
			return Mounted{}, explain(dir, fmt.Errorf("cannot mount the root file system: %w", err))
		}
	}
	if way(dir) != Copy {
		if err := copyAll(ctx, dir, trees); err != nil {
			return Mounted{}, explain(dir, err)
		}
	}
	return Mounted{Path: root, Way: Copy}, nil
}

// way tells how the root file system of a container was made, "" if it was not yet.
func way(dir string) Way {
	switch {
	case exists(filepath.Join(dir, upperName)):
		return Overlay
	case exists(filepath.Join(dir, rootName)):
		return Copy
	}
	return ""
}

// image gives the trees of an image, the topmost first.
func (l *Layers) image(diffIDs []digest.Digest) ([]tree, error) {
	trees := make([]tree, len(diffIDs))
	for i, d := range diffIDs {
		if !exists(l.path(d)) {
			return nil, fail("layer-missing", "try again; if it stays away, pull or build the image again", "the layer %s is not unpacked", d)
		}
		trees[len(trees)-1-i] = tree{filepath.Join(l.path(d), treeName), l.marked()}
	}
	return trees, nil
}

// overlay mounts trees with dir/upper over them.
func (l *Layers) overlay(dir string, trees []tree, volatile bool) error {
	upper, work, root := filepath.Join(dir, upperName), filepath.Join(dir, workName), filepath.Join(dir, rootName)
	fresh := !exists(upper)
	for _, d := range []string{work, root} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	if fresh {
		// The root directory is that of upper.
		part := filepath.Join(work, upperName)
		if err := mkdirLike(part, trees[0].dir); err != nil {
			return err
		}
		if err := os.Rename(part, upper); err != nil {
			return err
		}
	}
	err := l.mountOverlay(root, upper, work, trees, volatile)
	if err != nil && fresh {
		for _, d := range []string{upper, work, root} {
			if err := os.RemoveAll(d); err != nil {
				return err
			}
		}
	}
	return err
}

// mkdirLike makes a directory with the attributes of another one.
func mkdirLike(dir, like string) error {
	st, err := lstat(like)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return copyAttrs(dir, &file{path: like, stat: st})
}

// mountOverlay calls mount. The kernel takes a page of options: the layers are named by
// descriptors, so that there is room for 200 of them.
func (l *Layers) mountOverlay(root, upper, work string, trees []tree, volatile bool) error {
	var names []string
	for _, t := range trees {
		fd, err := unix.Open(t.dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return &fs.PathError{Op: "open", Path: t.dir, Err: err}
		}
		defer unix.Close(fd)
		names = append(names, fmt.Sprintf("/proc/self/fd/%d", fd))
	}
	options := "lowerdir=" + strings.Join(names, ":")
	if upper != "" {
		for _, d := range []struct{ name, dir string }{{"upperdir", upper}, {"workdir", work}} {
			fd, err := unix.Open(d.dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			if err != nil {
				return &fs.PathError{Op: "open", Path: d.dir, Err: err}
			}
			defer unix.Close(fd)
			options += fmt.Sprintf(",%s=/proc/self/fd/%d", d.name, fd)
		}
	}
	// What was changed has to be readable without the mount: whole files, under their names.
	options += ",index=off,metacopy=off"
	if l.userns {
		options += ",userxattr"
	} else {
		options += ",redirect_dir=off"
	}
	if len(options) >= os.Getpagesize() {
		return unix.E2BIG
	}
	if volatile && unix.Mount("overlay", root, "overlay", 0, options+",volatile") == nil { // Linux 5.10
		return nil
	}
	return unix.Mount("overlay", root, "overlay", 0, options)
}

// probe tells why layers cannot be mounted by overlayfs here, by trying it.
func (l *Layers) probe() error {
	dir, err := os.MkdirTemp(l.dir, probeName)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"lower", "lower/gone", "upper", "upper/hides", "lower/hides", "lower/hides/x", "work", "root"} {
		if err := os.Mkdir(at(name), 0o700); err != nil {
			return err
		}
	}
	if err := l.marks.remove(at("upper"), "gone"); err != nil {
		return err
	}
	if err := l.marks.hide(at("upper/hides")); err != nil {
		return err
	}
	return Apart(func() error {
		if err := l.mountOverlay(at("root"), at("upper"), at("work"), []tree{{dir: at("lower")}}, false); err != nil {
			return err
		}
		if exists(at("root/gone")) || exists(at("root/hides/x")) {
			return errors.New("the kernel does not see what is removed")
		}
		return nil
	})
}
