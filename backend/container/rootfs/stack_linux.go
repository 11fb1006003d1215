package rootfs

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// tree is a directory that has what a layer has, and marks for what it removes.
type tree struct {
	dir   string
	marks marks
}

// file is what a stack of trees has at a path.
type file struct {
	path string // of the topmost tree that has it
	stat unix.Stat_t
	fd   int    // of one that is open, see open; else 0
	dirs []tree // of a directory: those that make it up, the topmost first
}

// stack gives the root of what trees make together, the topmost first, as overlayfs does.
func stack(trees []tree) (*file, error) {
	st, err := lstat(trees[0].dir)
	return &file{path: trees[0].dir, stat: st, dirs: trees}, err
}

func (f *file) isDir() bool { return isDir(&f.stat) }

// child gives what a directory has by a name, nil if nothing.
func (f *file) child(name string) (*file, error) {
	var found *file
	for _, t := range f.dirs {
		at := filepath.Join(t.dir, name)
		st, err := lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			if t.marks.removed(t.dir, name) {
				break
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if t.marks.isMark(name, &st) || found != nil && !isDir(&st) {
			break
		}
		if found == nil {
			found = &file{path: at, stat: st}
		}
		if !isDir(&st) {
			break
		}
		found.dirs = append(found.dirs, tree{at, t.marks})
		hidden, err := t.marks.hidden(at)
		if err != nil {
			return nil, err
		}
		if hidden {
			break
		}
	}
	return found, nil
}

// find gives what is at a path, nil if nothing. It follows no links.
func (f *file) find(path string) (*file, error) {
	for name := range strings.SplitSeq(path, "/") {
		if name == "" {
			continue
		}
		var err error
		if f, err = f.child(name); f == nil || err != nil {
			return nil, err
		}
	}
	return f, nil
}

// children gives what is in a directory, by name.
func (f *file) children() (map[string]*file, error) {
	list := map[string]*file{}
	for _, t := range f.dirs {
		names, err := readNames(t.dir)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if _, ok := list[name]; ok || t.marks.plain() && strings.HasPrefix(name, whiteout) {
				continue
			}
			if list[name], err = f.child(name); err != nil {
				return nil, err
			}
		}
	}
	maps.DeleteFunc(list, func(_ string, f *file) bool { return f == nil })
	return list, nil
}

// readNames lists the names in a directory, in order.
func readNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}
