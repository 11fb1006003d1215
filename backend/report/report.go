// Package report tells what is in the layers of an image and does not serve it, and why: which
// instruction wrote it, which one hides it, and what would keep it out. A Report is printed as text,
// or as one HTML file.
//
// It stands beside package validate, which reads the layers. What programs leave behind is from
// ir/effects.
package report

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// Report is about an image for one platform.
type Report struct {
	Image    string  `json:"image"`
	ID       string  `json:"id"`
	Platform string  `json:"platform"`
	Layers   []Layer `json:"layers"`
	Bytes    int64   `json:"bytes"`  // of the regular files in all layers
	Wasted   int64   `json:"wasted"` // of those that no container sees
	Left     int64   `json:"left"`   // of those in Leftovers
	Waste    []Waste `json:"waste,omitempty"`
	// Hidden are the files of Waste, by these and by their paths.
	Hidden []HiddenFile `json:"hidden,omitempty"`
	// Leftovers are what package managers have left for themselves, and containers see.
	Leftovers []Leftover `json:"leftovers,omitempty"`
}

// Layer is a layer of the image.
type Layer struct {
	validate.Origin
	Files  int    `json:"files"`  // regular ones
	Bytes  int64  `json:"bytes"`  // of these
	Hidden int64  `json:"hidden"` // bytes of those that no container sees
	Top    []File `json:"top,omitempty"`
}

// File is one of the largest of a layer.
type File struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

// Waste are files that one layer has and another hides, below a directory.
type Waste struct {
	Path    string          `json:"path"` // of the one file, or of the directory that all are in
	Files   int             `json:"files"`
	Bytes   int64           `json:"bytes"`
	Made    validate.Origin `json:"made"`
	Hidden  validate.Origin `json:"hidden"`
	Removed bool            `json:"removed"` // else they are written anew
	// Wrote and Hid are the commands of these RUNs that did it, or else may have, as written. There
	// are none where it may have been one of many.
	Wrote  []string `json:"wrote,omitempty"`
	Hid    []string `json:"hid,omitempty"`
	Pass   string   `json:"pass,omitempty"` // the plugin that would keep them out, where it is proven to be the same
	Advice string   `json:"advice"`
}

// HiddenFile is a file that no container sees.
type HiddenFile struct {
	File
	Waste int `json:"waste"` // the index of the one it is in
}

// Leftover is what a command has left.
type Leftover struct {
	Kind    string          `json:"kind"` // as of the plugin slim: "lists", "caches" …
	Pattern string          `json:"pattern"`
	Files   int             `json:"files"`
	Bytes   int64           `json:"bytes"`
	Made    validate.Origin `json:"made"`
	Command string          `json:"command"`
}

// mostTop is how many files of a layer are named.
const mostTop = 8

// New reads the layers of an image.
func New(ctx context.Context, r *validate.Reader, img *validate.Image) (*Report, error) {
	tree, err := r.Tree(ctx, img)
	if err != nil {
		return nil, err
	}
	out := &Report{Image: img.Name, ID: img.ID.String(), Platform: img.Platform}
	for _, o := range tree.Origins() {
		out.Layers = append(out.Layers, Layer{Origin: o})
	}
	seen := map[*validate.File]bool{}
	files := make([][]File, len(out.Layers))
	tree.Walk(func(n *validate.Node) {
		if n.Kind != validate.Regular || seen[n.File] {
			return
		}
		seen[n.File] = true
		files[n.Born()] = append(files[n.Born()], File{n.Path(), n.Size})
	})
	hidden := tree.Hidden()
	for i := range out.Layers {
		l := &out.Layers[i]
		for _, f := range files[i] {
			l.Files, l.Bytes = l.Files+1, l.Bytes+f.Bytes
		}
		slices.SortFunc(files[i], func(a, b File) int {
			return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), strings.Compare(a.Path, b.Path))
		})
		l.Top = slices.Clone(files[i][:min(mostTop, len(files[i]))])
	}
	for _, h := range hidden {
		l := &out.Layers[h.Layer]
		l.Files, l.Bytes, l.Hidden = l.Files+1, l.Bytes+h.Size, l.Hidden+h.Size
	}
	for _, l := range out.Layers {
		out.Bytes, out.Wasted = out.Bytes+l.Bytes, out.Wasted+l.Hidden
	}
	out.waste(hidden)
	out.leftovers(files)
	return out, nil
}

// leftovers finds what the commands of a layer's RUN leave for themselves.
func (r *Report) leftovers(files [][]File) {
	for i, l := range r.Layers {
		run := runOf(l.Step)
		if run == nil {
			continue
		}
		script, err := shell.Parse(run, shell.Default())
		if err != nil {
			continue
		}
		counted := map[string]bool{}
		for _, c := range script.Commands {
			for _, left := range effects.LeftoversOf(c) {
				for _, p := range left.Paths {
					r.count(files[i], Leftover{Kind: string(left.Kind), Pattern: strings.Replace(p, "~", "/root", 1), Made: l.Origin, Command: c.Text}, counted)
				}
			}
		}
	}
	slices.SortFunc(r.Leftovers, func(a, b Leftover) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Made.Layer, b.Made.Layer), strings.Compare(a.Pattern, b.Pattern))
	})
}

// count adds a leftover, when there are files of it in the layer that are in no other.
func (r *Report) count(files []File, l Leftover, counted map[string]bool) {
	pattern := effects.Path{Name: l.Pattern, Glob: true, Tree: true}
	for _, f := range files {
		if !counted[f.Path] && pattern.Covers(f.Path) {
			counted[f.Path] = true
			l.Files, l.Bytes = l.Files+1, l.Bytes+f.Bytes
		}
	}
	if l.Files > 0 {
		r.Left += l.Bytes
		r.Leftovers = append(r.Leftovers, l)
	}
}

// Seen are the bytes of the layer that containers see.
func (l Layer) Seen() int64 { return l.Bytes - l.Hidden }
