package validate

import (
	"fmt"
	"path"
	"strings"
	"time"
)

// Names of the image specification that mark what a layer removes.
const (
	whiteout = ".wh."
	aufs     = whiteout + whiteout   // aufs' own, which no unpacker makes
	opaque   = whiteout + ".wh..opq" // hides all that lower layers have in its directory
	maxLinks = 255                   // that are followed on the way to a directory, as containerd does
	maxPath  = 4096                  // bytes of a path, and of the target of a link, as Linux has it
)

// Tree is what the layers of an image give together, as containerd unpacks them.
type Tree struct {
	Image *Image

	root    *Node
	removed map[string]int // the layer that removed a path, "/etc/x"
	hidden  []Hidden
}

// Node is a path of a tree.
type Node struct {
	*File
	Layer int // that wrote it, from 0
	// claim is what the archive says of a hard link, when that is not what its file has: some
	// unpackers follow the one, and some the other.
	claim string

	born     int // the layer that made the file: with File, it tells hard links of one file
	name     string
	length   int // of its path
	parent   *Node
	children map[string]*Node // of a directory
}

// SameFile tells whether two paths of a tree are hard links of one file.
func (n *Node) SameFile(other *Node) bool { return n.File == other.File && n.born == other.born }

// Path is absolute.
func (n *Node) Path() string {
	if n.parent == nil {
		return "/"
	}
	return path.Join(n.parent.Path(), n.name)
}

// merge applies the layers of an image, one onto the other.
func merge(img *Image, layers []*layer) (*Tree, error) {
	t := &Tree{Image: img, removed: map[string]int{}, root: implied(0)}
	for i, l := range layers {
		// What marks a removal hides what lower layers have, wherever it stands in its own.
		for _, e := range l.entries {
			if e.file == nil {
				if err := t.remove(e.path, i); err != nil {
					return nil, err
				}
			}
		}
		for _, e := range l.entries {
			if e.file != nil {
				if err := t.add(e, i); err != nil {
					return nil, err
				}
			}
		}
	}
	return t, nil
}

// implied is a directory that a layer has no entry for, and files in.
func implied(layer int) *Node {
	return &Node{File: &File{Kind: Directory, Mode: 0o755, ModTime: time.Unix(0, 0)}, Layer: layer, born: layer, children: map[string]*Node{}}
}

// remove does what a mark says.
func (t *Tree) remove(mark string, layer int) error {
	dir, base := path.Split(mark)
	at, err := t.directory(dir, layer, false)
	if at == nil || err != nil {
		return err
	}
	switch {
	case base == opaque:
		for name := range at.children {
			t.drop(at, name, layer)
		}
	case !strings.HasPrefix(base, aufs):
		t.drop(at, strings.TrimPrefix(base, whiteout), layer)
	}
	return nil
}

func (t *Tree) drop(dir *Node, name string, layer int) {
	if n, ok := dir.children[name]; ok {
		t.hide(n, layer, true)
		delete(dir.children, name)
		t.removed[path.Join(dir.Path(), name)] = layer
	}
}

// add puts an entry into the tree.
func (t *Tree) add(e entry, layer int) error {
	n := &Node{File: e.file, Layer: layer, born: layer}
	if e.path == "" {
		if n.Kind != Directory {
			return damaged(t.Image.Name, "its root is no directory but a %s", n.Kind)
		}
		t.root.File, t.root.Layer, t.root.born = n.File, layer, layer
		return nil
	}
	dir, name := path.Split(e.path)
	at, err := t.directory(dir, layer, true)
	if err != nil {
		return err
	}
	if e.link != "" {
		if n, err = t.link(e, layer); err != nil {
			return err
		}
	}
	if n.Kind == Directory {
		n.children = map[string]*Node{}
		if old := at.children[name]; old != nil && old.Kind == Directory {
			n.children = old.children
			for _, child := range n.children {
				child.parent = n
			}
		}
	}
	if old := at.children[name]; old != nil && (n.Kind != Directory || old.Kind != Directory) {
		t.hide(old, layer, false)
	}
	return t.put(n, at, name)
}

// put gives a node its place. Links may lead to paths that are longer than those of the archive.
func (t *Tree) put(n, at *Node, name string) error {
	n.name, n.parent, n.length = name, at, at.length+1+len(name)
	if n.length > maxPath {
		return damaged(t.Image.Name, "it has a path of more than %d bytes", maxPath)
	}
	at.children[name] = n
	return nil
}

// link gives a node that shares its file with another.
func (t *Tree) link(e entry, layer int) (*Node, error) {
	dir, name := path.Split(e.link)
	at, err := t.directory(dir, layer, false)
	if err != nil {
		return nil, err
	}
	var target *Node
	if at != nil {
		target = at.children[name]
	}
	if target == nil || target.Kind == Directory {
		return nil, damaged(t.Image.Name, "layer %d has a hard link /%s to %s, which is no file", layer+1, e.path, e.link)
	}
	n := &Node{File: target.File, Layer: layer, born: target.born}
	if says := owned(e.file); says != owned(target.File) {
		n.claim = says
	}
	return n, nil
}

// owned is what an archive may say of a hard link, too.
func owned(f *File) string { return fmt.Sprintf("mode %04o, owner %d:%d", f.Mode, f.UID, f.GID) }

// directory walks to a directory. Links on the way lead to where they would in a container.
// What is missing is made, or the answer is nil.
func (t *Tree) directory(name string, layer int, create bool) (*Node, error) {
	stack := []*Node{t.root}
	todo := strings.Split(name, "/")
	for links := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		at := stack[len(stack)-1]
		if part == "" || part == "." {
			continue
		} else if part == ".." {
			stack = stack[:max(1, len(stack)-1)]
			continue
		}
		next := at.children[part]
		switch {
		case next == nil && !create:
			return nil, nil
		case next == nil:
			next = implied(layer)
			if err := t.put(next, at, part); err != nil {
				return nil, err
			}
		case next.Kind == Symlink:
			if links++; links > maxLinks {
				return nil, damaged(t.Image.Name, "too many symbolic links lead to %s", path.Clean("/"+name))
			}
			if path.IsAbs(next.Target) {
				stack = stack[:1]
			}
			todo = append(strings.Split(next.Target, "/"), todo...)
			continue
		case next.Kind != Directory && !create:
			return nil, nil
		case next.Kind != Directory:
			return nil, damaged(t.Image.Name, "layer %d has files in %s, where there is a %s", layer+1, path.Clean("/"+name), next.Kind)
		}
		stack = append(stack, next)
	}
	return stack[len(stack)-1], nil
}

// At finds a path as it is written: links are not followed. It is nil when there is none.
func (t *Tree) At(name string) *Node { return t.at(name) }

// at finds a path as it is written: links are not followed. It is nil when there is none.
func (t *Tree) at(name string) *Node {
	n := t.root
	for part := range strings.SplitSeq(strings.Trim(name, "/"), "/") {
		if part == "" {
			continue
		}
		if n = n.children[part]; n == nil {
			return nil
		}
	}
	return n
}
