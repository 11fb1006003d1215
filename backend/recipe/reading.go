package recipe

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/validate"
)

const (
	maxText  = 1 << 20   // bytes of a text that is read
	maxTexts = 128 << 20 // bytes of all of them
)

// change is a path that differs between what is there already and the committed image.
type change struct {
	path          string
	before, after *validate.Node // nil is none
}

// content tells whether it is a file whose content is another one, or new.
func (c *change) content() bool {
	return c.after != nil && c.after.Kind == validate.Regular &&
		(c.before == nil || c.before.Kind != validate.Regular || c.before.Sum != c.after.Sum || c.before.Size != c.after.Size)
}

// reading is one Read at work. Its passes take changes away, each with a step that explains
// them or a reason to leave them out.
type reading struct {
	in     Input
	reader *validate.Reader
	base   *validate.Tree // before
	ground *validate.Tree // what the passes start from: the base, or with what was installed
	after  *validate.Tree

	changes  map[string]*change // from ground to after, that nothing explains yet
	texts    map[*validate.Node]string
	read     int // bytes of texts
	config   [2]dockerspec.DockerOCIImage
	lines    []line  // that were typed
	typed    []typed // commands of those that did not fail
	names    names
	packaged map[string]bool   // paths that new packages own, nil before they are asked for
	first    map[string]string // of a path that is a hard link: the first path of its file
	out      *Recipe
}

// pass is a part of the reading.
type pass func(context.Context, *reading) error

// installing are the passes over what package managers did, which start from the base.
func installing() []pass {
	return []pass{readNames, sources, dpkgs, apks, rpms, npms, pips, gems}
}

// byHand are the passes over what was done besides.
func byHand() []pass {
	return []pass{loadTexts, people, secrets, zone, services, choices, refresh, junk, hostNames, copies, metadata}
}

// open reads the images.
func open(ctx context.Context, in Input) (*reading, error) {
	r := &reading{in: in, reader: in.Reader, changes: map[string]*change{}, texts: map[*validate.Node]string{}}
	if r.reader == nil {
		r.reader = validate.NewReader(validate.Usual())
	}
	var err error
	if r.base, err = r.reader.Tree(ctx, in.Before); err != nil {
		return nil, err
	}
	if r.after, err = r.reader.Tree(ctx, in.After); err != nil {
		return nil, err
	}
	r.ground = r.base
	for i, img := range []*validate.Image{in.Before, in.After} {
		if err := json.Unmarshal(img.Config, &r.config[i]); err != nil {
			return nil, err
		}
	}
	r.lines = readLines(in.Commands)
	for _, l := range r.lines {
		if !l.failed {
			r.typed = append(r.typed, l.simple...)
		}
	}
	r.out = &Recipe{Base: in.Name, About: in.About, user: r.config[0].Config.User, reading: r}
	r.compare()
	return r, nil
}

// compare finds the changes.
func (r *reading) compare() {
	r.after.Walk(func(n *validate.Node) {
		name := n.Path()
		if old := r.ground.At(name); old == nil || differ(old, n) {
			r.changes[name] = &change{name, old, n}
		}
	})
	r.ground.Walk(func(n *validate.Node) {
		if name := n.Path(); r.after.At(name) == nil && !slices.Contains(MountPoints(), name) {
			r.changes[name] = &change{path: name, before: n}
		}
	})
	r.hardLinks()
}

// rebase has the passes start from what the packages alone make.
func rebase(ctx context.Context, r *reading) (err error) {
	if r.in.Installed == nil {
		return nil
	}
	if r.ground, err = r.reader.Tree(ctx, r.in.Installed); err != nil {
		return err
	}
	clear(r.changes)
	r.compare()
	return nil
}

// differ compares a path without what is below it. Times do not count.
func differ(a, b *validate.Node) bool {
	if a.Kind != b.Kind || a.UID != b.UID || a.GID != b.GID || !maps.Equal(a.Xattrs, b.Xattrs) {
		return true
	}
	switch a.Kind {
	case validate.Symlink:
		return a.Target != b.Target
	case validate.Regular:
		return a.Mode != b.Mode || a.Size != b.Size || a.Sum != b.Sum
	}
	return a.Mode != b.Mode || a.Major != b.Major || a.Minor != b.Minor
}

// paths are those of the changes that a function wants, in their order: a directory in front of
// what is in it.
func (r *reading) paths(want func(*change) bool) (list []string) {
	for name, c := range r.changes {
		if want(c) {
			list = append(list, name)
		}
	}
	slices.SortFunc(list, comparePaths)
	return list
}

// comparePaths orders paths as a walk does.
func comparePaths(a, b string) int {
	return strings.Compare(strings.ReplaceAll(a, "/", "\x00"), strings.ReplaceAll(b, "/", "\x00"))
}

// step adds a step. What it explains is no change any more.
func (r *reading) step(s Step) {
	if s.Group = cmp.Or(s.Group, s.Kind.String()); s.Kind == Libraries && slices.Contains(r.in.Avoid, s.Group) {
		return
	}
	for _, name := range s.Explains {
		delete(r.changes, name)
	}
	r.out.Steps = append(r.out.Steps, s)
}

// explained notes that a step that is made, or another one, brings a path along.
func (r *reading) explained(name string) { delete(r.changes, name) }

// leave leaves paths out, under one pattern.
func (r *reading) leave(pattern, why string, secret bool, names ...string) {
	i := slices.IndexFunc(r.out.Left, func(l LeftOut) bool { return l.Pattern == pattern && l.Why == why })
	if i < 0 {
		i = len(r.out.Left)
		r.out.Left = append(r.out.Left, LeftOut{Pattern: pattern, Why: why, Secret: secret})
	}
	at := &r.out.Left[i]
	for _, name := range names {
		c := r.changes[name]
		if c == nil {
			continue
		}
		if n := cmp.Or(c.after, c.before); n.Kind != validate.Directory {
			at.Files++
			at.Bytes += n.Size
		}
		delete(r.changes, name)
	}
}

// load reads texts of files.
func (r *reading) load(ctx context.Context, nodes []*validate.Node) error {
	nodes = slices.DeleteFunc(nodes, func(n *validate.Node) bool {
		_, known := r.texts[n]
		return n == nil || known || n.Kind != validate.Regular
	})
	return r.reader.Contents(ctx, nodes, func(same []*validate.Node, body io.Reader) error {
		data, err := io.ReadAll(body)
		for _, n := range same {
			r.texts[n] = string(data)
		}
		return err
	})
}

// file reads one file of a tree; "" when there is none.
func (r *reading) file(ctx context.Context, t *validate.Tree, name string) (string, error) {
	n := t.At(name)
	if n == nil || n.Kind != validate.Regular {
		return "", nil
	}
	err := r.load(ctx, []*validate.Node{n})
	return r.texts[n], err
}

// loadTexts reads all texts that are not too large, of both sides of the changes.
func loadTexts(ctx context.Context, r *reading) error {
	return r.loadChanges(ctx, r.paths((*change).content))
}

func (r *reading) loadChanges(ctx context.Context, names []string) error {
	var nodes []*validate.Node
	for _, name := range names {
		c := r.changes[name]
		for _, n := range []*validate.Node{c.before, c.after} {
			if n == nil || n.Size > maxText || r.read+int(n.Size) > maxTexts {
				continue
			}
			r.read += int(n.Size)
			nodes = append(nodes, n)
		}
	}
	return r.load(ctx, nodes)
}

// text gives a text that was read; false when it is none, or was not read.
func (r *reading) text(n *validate.Node) (string, bool) {
	if n == nil {
		return "", false
	}
	t, ok := r.texts[n]
	return t, ok && utf8.ValidString(t) && !strings.ContainsRune(t, 0)
}

// program tells whether the image has a program once its packages are installed.
func (r *reading) program(name string) bool {
	for _, dir := range []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"} {
		if r.lookup(path.Join(dir, name)) != nil {
			return true
		}
	}
	return false
}

// lookup finds a path in what is there before files are copied, through links of directories
// like /bin.
func (r *reading) lookup(name string) *validate.Node {
	for range 8 {
		n := r.ground.At(name)
		if n == nil {
			if dir := r.ground.At(path.Dir(name)); dir != nil && dir.Kind == validate.Symlink {
				name = path.Join(absolute(dir.Path(), dir.Target), path.Base(name))
				continue
			}
			return nil
		}
		return n
	}
	return nil
}

// absolute is where a link leads to.
func absolute(link, target string) string {
	if path.IsAbs(target) {
		return path.Clean(target)
	}
	return path.Join(path.Dir(link), target)
}
