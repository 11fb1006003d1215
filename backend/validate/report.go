package validate

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	digest "github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"
)

// Answer is how two images compare.
type Answer string

// The answers of a comparison. Same is said of images that differ in nothing but what a
// report lists as such: times, histories, and contents that say the same in other bytes.
const (
	Identical Answer = "identical"
	Same      Answer = "same"
	Different Answer = "different"
)

// Report is how two images compare.
type Report struct {
	A        Side         `json:"a"`
	B        Side         `json:"b"`
	Answer   Answer       `json:"answer"`
	Paths    int          `json:"paths"` // that were compared
	Config   []Setting    `json:"config,omitempty"`
	History  []Aspect     `json:"history,omitempty"` // when and by which steps the images were made
	Packages []Package    `json:"packages,omitempty"`
	Files    []Difference `json:"files,omitempty"` // by path
	Times    []string     `json:"times,omitempty"` // paths whose time of modification differs
	Notes    []string     `json:"notes,omitempty"`
}

// Side is one of the images.
type Side struct {
	Name     string        `json:"name"`
	ID       digest.Digest `json:"id"`
	Platform string        `json:"platform"`
	Layers   []Layer       `json:"layers"`
}

// Layer is one of an image.
type Layer struct {
	Origin
	Shared bool `json:"shared"` // the other image has it, too
	Files  int  `json:"files"`  // that differ, and were written or removed by it
}

// Compare reads two images, at once, and compares them.
func Compare(ctx context.Context, r *Reader, a, b *Image) (*Report, error) {
	var trees [2]*Tree
	group, within := errgroup.WithContext(ctx)
	for i, img := range []*Image{a, b} {
		group.Go(func() (err error) {
			trees[i], err = r.Tree(within, img)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return r.Compare(ctx, trees[0], trees[1])
}

// Compare compares two trees that the reader has made, and the configs of their images.
func (r *Reader) Compare(ctx context.Context, a, b *Tree) (*Report, error) {
	out := &Report{A: sideOf(a.Image), B: sideOf(b.Image)}
	var err error
	if out.Config, out.History, err = compareConfigs(a.Image, b.Image); err != nil {
		return nil, err
	}
	c := compareTrees(a, b)
	if err := r.lookInto(ctx, c, out); err != nil {
		return nil, err
	}
	x, y := origins(a.Image), origins(b.Image)
	c.blame(x, y)
	out.Files, out.Times, out.Paths = c.files, c.times, c.paths
	out.layers(x, y)
	out.decide()
	return out, nil
}

// decide gives the answer.
func (r *Report) decide() {
	counts := slices.ContainsFunc(r.Config, func(s Setting) bool { return s.Form == "" }) ||
		slices.ContainsFunc(r.Files, func(d Difference) bool { return d.Counts() })
	switch {
	case counts:
		r.Answer = Different
	case len(r.Config)+len(r.Files)+len(r.Times)+len(r.History) > 0:
		r.Answer = Same
	default:
		r.Answer = Identical
	}
}

// Counts tells whether a difference is one: the contents are not the same in another form.
func (d *Difference) Counts() bool { return d.Change != Changed || !same(d.Aspects) }

func sideOf(i *Image) Side { return Side{Name: i.Name, ID: i.ID, Platform: i.Platform} }

// layers counts what differs by the layers that wrote it.
func (r *Report) layers(a, b []Origin) {
	for side, list := range [2][]Origin{a, b} {
		layers, other := make([]Layer, len(list)), [2][]Origin{b, a}[side]
		for i, o := range list {
			shared := slices.ContainsFunc(other, func(p Origin) bool { return p.DiffID == o.DiffID })
			layers[i] = Layer{Origin: o, Shared: shared}
		}
		for _, d := range r.Files {
			if o := [2]*Origin{d.A, d.B}[side]; o != nil && d.Counts() {
				layers[o.Layer-1].Files++
			}
		}
		[2]*Side{&r.A, &r.B}[side].Layers = layers
	}
}

// reread is what is kept of a file that was read again.
type reread struct {
	canonical
	text string // of a small file, "" for any other
}

const (
	maxText  = 64 << 10 // bytes of a file whose first line that differs is shown
	maxTexts = 32 << 20 // bytes of all of them
)

// lookInto reads the files again whose contents differ, and the databases of packages.
func (r *Reader) lookInto(ctx context.Context, c *comparison, out *Report) error {
	var wanted [2][]*Node
	for _, d := range c.files {
		changed := d.Change == Changed && d.Aspects[len(d.Aspects)-1].What == aspectContent
		for side, n := range [2]*Node{d.a, d.b} {
			if n != nil && n.Kind == Regular && (changed || isPackages(d.Path)) {
				wanted[side] = append(wanted[side], n)
			}
		}
	}
	var (
		found    [2]map[*Node]reread
		packages [2]installed
	)
	group, within := errgroup.WithContext(ctx)
	for side := range wanted {
		found[side], packages[side] = map[*Node]reread{}, installed{}
		group.Go(func() error {
			texts := 0
			return r.contents(within, wanted[side], func(n *Node, data []byte) {
				name := n.Path()
				one := reread{canonical: canonicalOf(name, data)}
				if len(data) <= maxText && texts+len(data) <= maxTexts && utf8.Valid(data) {
					one.text = string(data)
					texts += len(data)
				}
				found[side][n] = one
				packages[side].read(name, data)
			})
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range c.files {
		c.files[i].look(found[0], found[1])
	}
	out.Packages = comparePackages(packages[0], packages[1])
	if rpmDiffers(c.files) {
		out.Notes = append(out.Notes, "The databases of rpm differ; they are not read, so that its packages are not listed.")
	}
	return nil
}

// look says what is known of the contents of a path.
func (d *Difference) look(a, b map[*Node]reread) {
	for i := range d.Aspects {
		at := &d.Aspects[i]
		x, inA := a[d.a]
		y, inB := b[d.b]
		switch {
		case at.What != aspectContent:
		case !inA || !inB:
			at.Detail = "too large to be compared in another form than its bytes"
		case x.form != "" && x.canonical == y.canonical:
			at.Form = x.form
		case x.text != "" && y.text != "":
			at.Detail = firstLine(x.text, y.text)
		}
	}
}

// firstLine shows the first line in which two texts differ.
func firstLine(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(x), len(y)) {
		left, right := "nothing", "nothing"
		if i < len(x) {
			left = fmt.Sprintf("%q", cut(x[i], maxShown/2))
		}
		if i < len(y) {
			right = fmt.Sprintf("%q", cut(y[i], maxShown/2))
		}
		if left != right || i < len(x) && i < len(y) && x[i] != y[i] {
			return fmt.Sprintf("line %d: %s, %s", i+1, left, right)
		}
	}
	return ""
}

// contents reads files again, each layer once. Those that are too large are left out.
func (r *Reader) contents(ctx context.Context, list []*Node, visit func(*Node, []byte)) error {
	small := slices.DeleteFunc(slices.Clone(list), func(n *Node) bool { return n.Size > r.limits.Canonical })
	return r.Contents(ctx, small, func(nodes []*Node, body io.Reader) error {
		data, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		for _, n := range nodes {
			visit(n, data)
		}
		return nil
	})
}

// Contents reads regular files of trees that the reader has made, each layer once and in its
// order. A visitor gets those of the list that are one file, with its content. The first error
// of one ends it.
func (r *Reader) Contents(ctx context.Context, list []*Node, visit func(nodes []*Node, body io.Reader) error) error {
	byLayer := map[*layer]map[int][]*Node{}
	for _, n := range list {
		if byLayer[n.layer] == nil {
			byLayer[n.layer] = map[int][]*Node{}
		}
		byLayer[n.layer][n.index] = append(byLayer[n.layer][n.index], n)
	}
	for l, wanted := range byLayer {
		err := l.scan(ctx, func(index int, _ *tar.Header, body io.Reader) error {
			nodes := wanted[index]
			if nodes == nil {
				return nil
			}
			if err := visit(nodes, body); err != nil {
				return err
			}
			if delete(wanted, index); len(wanted) == 0 {
				return io.EOF // all of them were seen
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
