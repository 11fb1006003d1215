package validate

import (
	"path"
	"strings"

	digest "github.com/opencontainers/go-digest"
)

// Origin is what made a path what it is in one image.
type Origin struct {
	Layer      int           `json:"layer"`          // from 1
	DiffID     digest.Digest `json:"diffId"`         // of its plain tar
	Step       string        `json:"step,omitempty"` // the instruction, or what the history has for it; "" is unknown
	Dockerfile string        `json:"dockerfile,omitempty"`
	Line       int           `json:"line,omitempty"`    // of the Dockerfile, from 1; 0 is unknown
	By         string        `json:"by,omitempty"`      // the plugin that made the instruction
	Removed    bool          `json:"removed,omitempty"` // it removed the path
}

// origins gives the step of each layer. A history that does not fit the layers tells nothing.
func origins(i *Image) []Origin {
	list := make([]Origin, len(i.Layers))
	for n := range list {
		list[n] = Origin{Layer: n + 1, DiffID: i.parsed.RootFS.DiffIDs[n]}
	}
	history := i.parsed.History
	var made []int // entries of the history that have a layer
	for n, h := range history {
		if !h.EmptyLayer {
			made = append(made, n)
		}
	}
	if len(made) != len(list) {
		return list
	}
	for n, at := range made {
		list[n].Step = step(history[at].CreatedBy)
		if len(i.Entries) == len(history) && i.Entries[at].Line > 0 {
			list[n].Dockerfile, list[n].Line, list[n].By = i.Dockerfile, i.Entries[at].Line, i.Entries[at].By
			if i.Entries[at].Text != "" {
				list[n].Step = step(strings.ReplaceAll(i.Entries[at].Text, "\\\n", " "))
			}
		}
	}
	return list
}

// step is the text of a history in one line, without what engines add.
func step(text string) string {
	text = strings.TrimSuffix(text, "# buildkit")
	text = strings.TrimPrefix(text, "/bin/sh -c #(nop) ")
	return strings.Join(strings.Fields(text), " ")
}

// blame says which step made each side of each difference.
func (c *comparison) blame(a, b []Origin) {
	for i := range c.files {
		d := &c.files[i]
		d.A, d.B = c.a.origin(d, d.a, a), c.b.origin(d, d.b, b)
	}
}

// origin is that of a path in a tree, nil when no layer had it.
func (t *Tree) origin(d *Difference, n *Node, of []Origin) *Origin {
	if n != nil {
		if n.Layer >= len(of) {
			return nil // the root of an image without layers
		}
		return &of[n.Layer]
	}
	for name := d.Path; name != "/"; name = path.Dir(name) {
		if layer, ok := t.removed[name]; ok {
			o := of[layer]
			o.Removed = true
			return &o
		}
		// What was a directory may have become something else.
		if above := t.at(path.Dir(name)); above != nil && above.Kind != Directory {
			return &of[above.Layer]
		}
	}
	return nil
}
