package recipe

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// Repair adds last steps that make paths exactly what they are in the committed image, where an image that
// was built of the recipe has them otherwise: removed, made, given their modes and owners, or copied with
// all attributes. It gives those that it has taken. Paths that are left out on purpose, that hold a secret,
// and files of users' passwords stay as they are.
func (r *Recipe) Repair(ctx context.Context, built *validate.Image, names []string) (taken []string, err error) {
	x := *r.reading
	x.out = &Recipe{reading: r.reading, Steps: slices.Clone(r.Steps)}
	if x.ground, err = x.reader.Tree(ctx, built); err != nil {
		return nil, err
	}
	if x.names, err = x.namesOf(ctx, x.ground); err != nil { // the only ones that its programs know
		return nil, err
	}
	x.changes = map[string]*change{}
	for _, name := range names {
		c := &change{name, x.ground.At(name), x.after.At(name)}
		hashes := (name == shadowFile || name == gshadowFile) && (c.after == nil || c.content())
		if !r.meant(name) && !hashes && (c.after != nil || printable(name)) {
			x.changes[name] = c
		}
	}
	all := x.paths(func(*change) bool { return true })
	if err := x.repair(ctx); err != nil {
		return nil, err
	}
	for _, s := range x.out.Steps[len(r.Steps):] {
		s.Kind, s.Group = Exact, Exact.String()
		r.add(s)
	}
	return slices.DeleteFunc(all, func(name string) bool { return x.changes[name] != nil }), nil
}

// repair makes the steps. What commands make as it was is not copied.
func (r *reading) repair(ctx context.Context) error {
	if r.program("rm") {
		r.removed("what no step above removes")
	}
	twins := r.twins()
	copied, err := r.open(ctx, r.copied(twins))
	if err != nil {
		return err
	}
	var dirs, others []*change
	for _, name := range r.paths(func(c *change) bool { return c.after != nil }) {
		switch c := r.changes[name]; {
		case !r.commanded(c) || len(twins[name]) > 0:
		case c.before != nil:
			others = append(others, c)
		case slices.ContainsFunc(copied, func(other string) bool { return under(other, name) }):
			copied = append(copied, name) // in front of what is in it
		default:
			dirs = append(dirs, c)
		}
	}
	if len(dirs) > 0 {
		r.makeDirs(Exact, dirs[0].path, dirs)
	}
	if r.program("chmod") && r.program("chown") && len(others) > 0 {
		r.modes(Exact, others)
	} else {
		for _, c := range others {
			copied = append(copied, c.path)
		}
	}
	if len(copied) == 0 {
		return nil
	}
	slices.SortFunc(copied, comparePaths)
	s := r.exact(Exact, r.about("what no step above makes as it was", copied...), copied...)
	if there := slices.DeleteFunc(copied, func(name string) bool { return len(twins[name]) == 0 || r.ground.At(name) == nil || !printable(name) }); len(there) > 0 {
		s.Instruction = "RUN rm -rf" + list(there) + "\n" + s.Instruction // or what is there already is in no layer
	}
	return nil
}

// commanded tells whether commands make a path what it is to be: a new directory, or the surface of what is
// there.
func (r *reading) commanded(c *change) bool {
	if c.before != nil {
		return c.surface() && !r.exactly(c)
	}
	return c.after.Kind == validate.Directory && len(c.after.Xattrs) == 0 && printable(c.path)
}

// copied are the paths that no command makes as they are to be, with all names of a file that has several.
func (r *reading) copied(twins map[string][]string) (names []string) {
	set := map[string]bool{}
	for name, c := range r.changes {
		switch {
		case c.after == nil:
		case len(twins[name]) > 0:
			for _, twin := range twins[name] {
				set[twin] = true
			}
		case !r.commanded(c):
			set[name] = true
		}
	}
	return sorted(set)
}

// open leaves out what holds a secret.
func (r *reading) open(ctx context.Context, names []string) ([]string, error) {
	secret := map[string]bool{}
	var texts []*validate.Node
	for _, name := range names {
		n := r.after.At(name)
		if secret[name] = secretOf(name, "") != ""; n.Kind == validate.Regular && n.Size <= maxText {
			texts = append(texts, n)
		}
	}
	err := r.reader.Contents(ctx, texts, func(same []*validate.Node, body io.Reader) error {
		data, err := io.ReadAll(body)
		if text := string(data); !strings.ContainsRune(text, 0) {
			for _, n := range same {
				secret[n.Path()] = secret[n.Path()] || secretOf(n.Path(), text) != ""
			}
		}
		return err
	})
	return slices.DeleteFunc(names, func(name string) bool { return secret[name] }), err
}

// add puts a step in its place.
func (r *Recipe) add(s Step) {
	r.Steps = append(r.Steps, s)
	slices.SortStableFunc(r.Steps, func(a, b Step) int { return int(a.Kind) - int(b.Kind) })
}

// archiveName is the name of one more archive of the context.
func (r *Recipe) archiveName() string {
	for i := len(r.Steps) + 1; ; i++ {
		name := fmt.Sprintf("files/exact%d.tar", i)
		if !slices.ContainsFunc(r.Steps, func(s Step) bool { return slices.ContainsFunc(s.Files, func(f File) bool { return f.Name == name }) }) {
			return name
		}
	}
}

// meant tells whether a path is left out on purpose.
func (r *Recipe) meant(name string) bool {
	return slices.ContainsFunc(r.Left, func(l LeftOut) bool { return matches(l.Pattern, name) })
}
