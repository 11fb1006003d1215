package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	digest "github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"
)

// initialize makes dir/init, unless it is there: the layer between those of the image and what
// the container changes. It has the points to mount something on. And it has the directories
// that a layer made without saying how they are to be: overlayfs takes that from the topmost
// layer, so it has to be repeated here from the one that said it last.
func (l *Layers) initialize(dir string, image []tree, diffIDs []digest.Digest, points []Point) error {
	top := filepath.Join(dir, initName)
	if exists(top) {
		return nil
	}
	part := top + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	b := initBuilder{part: part, image: image, implied: map[string]map[string]bool{}}
	var paths []string
	for i, d := range diffIDs {
		v, err := l.read(d)
		if err != nil {
			return err
		}
		implied := map[string]bool{}
		for _, name := range v.Implied {
			implied[name] = true
		}
		b.implied[image[len(image)-1-i].dir] = implied
		paths = append(paths, v.Implied...)
	}
	if err := b.directory(""); err != nil {
		return err
	}
	for _, name := range paths {
		if err := b.directory(name); err != nil {
			return err
		}
	}
	for _, p := range points {
		if err := b.point(p); err != nil {
			return err
		}
	}
	if err := b.finish(); err != nil {
		return err
	}
	return os.Rename(part, top)
}

type initBuilder struct {
	part    string
	image   []tree
	implied map[string]map[string]bool // by the directory of a layer
	made    []string
}

// directory makes a directory of the image, with those that lead there. It makes none where
// the image has none by now.
func (b *initBuilder) directory(name string) error {
	at := filepath.Join(b.part, name)
	if exists(at) {
		return nil
	}
	if name != "" {
		f, err := b.find(name)
		if err != nil || f == nil || !f.isDir() {
			return err
		}
		if err := b.directory(parent(name)); err != nil {
			return err
		}
	}
	b.made = append(b.made, name)
	return os.Mkdir(at, 0o700)
}

func (b *initBuilder) find(name string) (*file, error) {
	if len(b.image) == 0 {
		return nil, nil
	}
	root, err := stack(b.image)
	if err != nil {
		return nil, err
	}
	return root.find(name)
}

// point makes a place to mount something on, if the image has nothing there. Links of the
// image are left to who mounts.
func (b *initBuilder) point(p Point) error {
	name := path.Clean("/" + p.Path)[1:]
	if name == "" {
		return nil
	}
	var missing []string
	for at := name; at != ""; at = parent(at) {
		f, err := b.find(at)
		if err != nil {
			return err
		}
		if f == nil {
			missing = append(missing, at)
			continue
		}
		if at == name || !f.isDir() {
			return nil
		}
		if err := b.directory(at); err != nil {
			return err
		}
		break
	}
	for i := len(missing) - 1; i >= 0; i-- {
		at := filepath.Join(b.part, missing[i])
		if i == 0 && p.File {
			return touchMode(at, 0o644)
		}
		if err := os.Mkdir(at, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := os.Chmod(at, 0o755); err != nil {
			return err
		}
	}
	return nil
}

func touchMode(name string, mode os.FileMode) error {
	if err := touch(name); err != nil {
		return err
	}
	return os.Chmod(name, mode)
}

// finish gives the directories of the image their attributes.
func (b *initBuilder) finish() error {
	for i := len(b.made) - 1; i >= 0; i-- {
		name := b.made[i]
		at := filepath.Join(b.part, name)
		from, err := b.said(name)
		if err != nil {
			return err
		}
		if from != nil {
			err = copyAttrs(at, from)
		} else if err = os.Chmod(at, 0o755); err == nil {
			err = unix.UtimesNanoAt(unix.AT_FDCWD, at, make([]unix.Timespec, 2), 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// said gives the directory of the topmost layer that says how it is to be, nil if none does.
func (b *initBuilder) said(name string) (*file, error) {
	f, err := b.find(name)
	if f == nil || err != nil {
		return nil, err
	}
	for _, d := range f.dirs {
		if layer := strings.TrimSuffix(d.dir[:len(d.dir)-len(name)], "/"); !b.implied[layer][name] {
			st, err := lstat(d.dir)
			return &file{path: d.dir, stat: st}, err
		}
	}
	return nil, nil
}

// parent is the path above, "" for the root.
func parent(name string) string {
	dir, _ := path.Split(name)
	return strings.TrimSuffix(dir, "/")
}
