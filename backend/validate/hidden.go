package validate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Hidden is a file of a layer that no container sees: a later layer has removed it, or has another
// in its place.
type Hidden struct {
	Path    string
	Size    int64 // bytes of a regular file
	Layer   int   // that has its content, from 0
	By      int   // the layer that hides it
	Removed bool  // it is gone; else another is in its place

	file *File
}

// hide notes what a layer takes out of sight: a path, and all that is below it.
func (t *Tree) hide(n *Node, by int, removed bool) {
	if n.Kind == Regular && n.born < by {
		t.hidden = append(t.hidden, Hidden{Path: n.Path(), Size: n.Size, Layer: n.born, By: by, Removed: removed, file: n.File})
	}
	for _, child := range n.children {
		t.hide(child, by, true)
	}
}

// Hidden lists the regular files that no container sees, by the layers that hide them, the last one
// first, and by their paths. One of several names of a file is none as long as another is there: the
// layer that takes the last of them hides it.
func (t *Tree) Hidden() (list []Hidden) {
	seen := map[*File]bool{}
	t.Walk(func(n *Node) { seen[n.File] = true })
	slices.SortFunc(t.hidden, func(a, b Hidden) int { return cmp.Or(cmp.Compare(b.By, a.By), strings.Compare(a.Path, b.Path)) })
	for _, h := range t.hidden {
		if !seen[h.file] {
			seen[h.file] = true
			list = append(list, h)
		}
	}
	return list
}

// Born is the layer, from 0, that has the content of a file: of a hard link, that of the first name.
func (n *Node) Born() int { return n.born }

// Walk visits all paths that a container sees, a directory in front of what is in it, and what is in
// one by names.
func (t *Tree) Walk(visit func(*Node)) {
	var walk func(*Node)
	walk = func(n *Node) {
		visit(n)
		for _, name := range slices.Sorted(maps.Keys(n.children)) {
			walk(n.children[name])
		}
	}
	walk(t.root)
}

// Origins gives what made each layer.
func (t *Tree) Origins() []Origin { return origins(t.Image) }
