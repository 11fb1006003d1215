package plugins

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// File is a path of the build context.
type File struct {
	Path string      `json:"path"` // relative, clean, with slashes
	Mode fs.FileMode `json:"mode"` // its kind and permissions
	Size int64       `json:"size"` // bytes of a regular file
}

// Bounds of what is listed.
const (
	maxListed = 20_000
	maxRead   = 200_000 // entries of directories
)

// Match lists a tree by patterns, as Host.ListFiles has them, for who has directories to read: Read
// gives the entries of a directory, "." at first. The error is that of Read, or says that
// a pattern is none, or that the list would be too long.
func Match(patterns []string, read func(dir string) ([]fs.FileInfo, error)) ([]File, error) {
	m := matcher{read: read, dirs: map[string][]fs.FileInfo{}, found: map[string]File{}}
	for _, p := range patterns {
		p = strings.TrimPrefix(path.Clean("/"+p), "/")
		if _, err := path.Match(p, ""); err != nil {
			return nil, fmt.Errorf("%q is no pattern: %w", p, fs.ErrInvalid)
		}
		if err := m.below(".", strings.Split(p, "/")); err != nil {
			return nil, err
		}
	}
	list := make([]File, 0, len(m.found))
	for _, f := range m.found {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

type matcher struct {
	read    func(dir string) ([]fs.FileInfo, error)
	dirs    map[string][]fs.FileInfo
	entries int
	found   map[string]File
}

var errTooMany = errors.New("the build context has too many files to list")

// below matches the elements of a pattern against what is in a directory.
func (m *matcher) below(dir string, elements []string) error {
	if elements[0] == "**" && len(elements) > 1 {
		if err := m.below(dir, elements[1:]); err != nil {
			return err
		}
	}
	entries, err := m.entriesOf(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if ok, _ := path.Match(elements[0], e.Name()); !ok && elements[0] != "**" {
			continue
		}
		name := path.Join(dir, e.Name())
		if len(elements) == 1 {
			if m.found[name] = (File{name, e.Mode(), e.Size()}); len(m.found) > maxListed {
				return errTooMany
			}
		}
		next := elements[1:]
		if elements[0] == "**" {
			next = elements
		}
		if e.IsDir() && len(next) > 0 {
			if err := m.below(name, next); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *matcher) entriesOf(dir string) ([]fs.FileInfo, error) {
	if list, ok := m.dirs[dir]; ok {
		return list, nil
	}
	list, err := m.read(dir)
	if m.entries += len(list); err == nil && m.entries > maxRead {
		err = errTooMany
	}
	m.dirs[dir] = list
	return list, err
}
