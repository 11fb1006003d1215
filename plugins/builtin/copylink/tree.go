package copylink

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/effects"
)

// kind is what is known of a path.
type kind uint8

const (
	none    kind = iota // nothing is said
	unknown             // anything: a link, or a directory of another's
	plain               // a directory of root's with mode 0755 and nothing else about it
	absent              // it is not there
)

// mark is what steps have made of a path, and of all that is below it.
type mark struct{ self, below kind }

// tree is what is known of the files of a stage at a place.
type tree struct {
	image    func(name string) kind // the base image
	marks    map[string]mark
	packages bool   // packages of the distribution were installed
	lost     string // why nothing is known; "" is that something is
}

func (t *tree) copy() *tree {
	out := *t
	out.marks = maps.Clone(t.marks)
	return &out
}

// at tells what is known of a path, which is absolute and clean.
func (t *tree) at(name string) kind {
	if t.lost != "" || name == "" {
		return unknown
	}
	if m := t.marks[name]; m.self != none {
		return m.self
	}
	for dir := name; dir != "/"; {
		dir = path.Dir(dir)
		if m := t.marks[dir]; m.below != none {
			return m.below
		}
	}
	k := t.image(name)
	if t.packages && k != plain && !outside(name) {
		return unknown
	}
	return k
}

// outside tells a path that packages of distributions leave alone: they keep to the directories of the
// Filesystem Hierarchy Standard, and have nothing in /usr/local.
func outside(name string) bool {
	top, _, _ := strings.Cut(name[1:], "/")
	return !slices.Contains(standard, "/"+top) || strings.HasPrefix(name, "/usr/local/")
}

// set marks a path. What was said of those below it is of no account when all of them change.
func (t *tree) set(name string, m mark) {
	if m.below != none {
		maps.DeleteFunc(t.marks, func(n string, _ mark) bool { return strings.HasPrefix(n, strings.TrimSuffix(name, "/")+"/") })
	}
	t.put(name, m)
}

// put marks a path, and leaves what was said of those below it.
func (t *tree) put(name string, m mark) {
	if t.marks == nil {
		t.marks = map[string]mark{}
	}
	t.marks[name] = m
}

// smudge notes that nobody knows what a path is now.
func (t *tree) smudge(name string) { t.set(name, mark{unknown, unknown}) }

// open notes that nobody knows what is in a directory now; the directory stays.
func (t *tree) open(name string) {
	t.set(name, mark{t.marks[name].self, unknown})
}

// mkdir notes that a directory is made, with those around it, where there is none.
func (t *tree) mkdir(name string, root bool) {
	if name != "/" {
		t.mkdir(path.Dir(name), root)
	}
	if t.at(name) != absent {
		return
	}
	if root {
		t.set(name, mark{plain, absent})
	} else {
		t.set(name, mark{unknown, absent})
	}
}

// copied follows a COPY.
func (t *tree) copied(c *transfer) {
	switch {
	case t.lost != "":
		return
	case c.dest == "" || c.odd != "":
		t.lost = "where a COPY in front copies to is known only when it is built"
		return
	}
	dir := path.Dir(c.dest)
	t.mkdir(dir, c.root())
	for ; c.link && !c.root() && dir != "/"; dir = path.Dir(dir) { // each is its owner's now
		t.put(dir, mark{unknown, t.marks[dir].below})
	}
	switch {
	case len(c.names) > 0:
		t.mkdir(c.dest, true)
		for _, name := range c.names {
			t.smudge(path.Join(c.dest, name))
		}
	case t.at(c.dest) == plain && !c.link:
		t.open(c.dest)
	case c.dest == "/":
		t.lost = "a COPY in front copies over the root directory"
	default:
		t.smudge(c.dest)
	}
}

// worked follows a WORKDIR.
func (t *tree) worked(dir string, root bool) {
	if t.lost != "" {
		return
	}
	if dir == "" {
		t.lost = "which directory a WORKDIR in front makes is not known"
		return
	}
	t.mkdir(path.Clean(dir), root)
}

// ran follows a RUN.
func (t *tree) ran(s effects.Step, root bool) {
	e := s.Effects
	if t.lost != "" {
		return
	}
	if len(e.Unknown) > 0 || e.Grade() == effects.Unknown {
		t.lost = "what a RUN in front does is not known"
		return
	}
	modes := len(e.Permissions) > 0 || slices.ContainsFunc(e.Shell, func(l effects.Leaving) bool { return l.Kind == "umask" })
	for _, c := range s.Commands {
		if effects.SystemManager(c.Name) != "" {
			t.packages = true
			continue
		}
		for _, p := range c.Effects.Writes.List {
			t.written(p, root && !modes)
		}
		for _, p := range c.Effects.Removes.List {
			t.touched(p)
		}
	}
}

// written follows a path that a command writes.
func (t *tree) written(p effects.Path, root bool) {
	switch {
	case p.Made && !p.Glob && !p.Tree && (root || t.at(p.Name) == plain):
		t.mkdir(p.Name, root)
	case p.Into && !p.Glob && t.at(p.Name) == plain:
		t.open(p.Name)
	default:
		t.touched(p)
	}
}

// touched follows a path of which nobody knows what it becomes.
func (t *tree) touched(p effects.Path) {
	if strings.HasPrefix(p.Name, "/dev/") { // a RUN has one of its own
		return
	}
	name := p.Name
	if i := strings.IndexAny(name, `*?[\`); p.Glob && i >= 0 {
		t.open(path.Dir(name[:i] + "x"))
		return
	}
	if name == "/" {
		t.lost = "a RUN in front may change any file"
		return
	}
	t.smudge(name)
}
