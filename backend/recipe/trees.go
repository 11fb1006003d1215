package recipe

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// maxOdd is how many files of a tree may have an owner or a mode of their own.
const maxOdd = 20

// oddities are owners and modes that differ from those of a COPY. A change of the owner takes setuid away.
type oddities struct{ owners, modes commands }

func (o *oddities) count() int      { return o.owners.count() + o.modes.count() }
func (o *oddities) lines() []string { return slices.Concat(o.owners.lines(), o.modes.lines()) }

// copyTree copies a directory out of the context. COPY gives all of it one owner; what has
// another one, and modes that a repository does not keep, are set behind it.
func (r *reading) copyTree(top *change, t parts) {
	var (
		root  = cmp.Or(t.root, "files")
		owner = r.usual(t)
		files []File
		names []string
		odd   oddities            // what COPY does not make as it is to be
		holds = map[string]bool{} // directories with something in them
		empty []*change
	)
	note := func(c *change) {
		names = append(names, c.path)
		files = append(files, File{Name: root + c.path, Node: c.after})
		chowned := false
		if o := r.owner(c.after); o != owner {
			if o == "" {
				o = "root:root"
			}
			chowned = true
			odd.owners.add("chown -h "+o, c.path)
		}
		if !r.kept(c, c == top) || chowned && c.after.Mode&0o6000 != 0 {
			odd.modes.add("chmod "+mode(c.after), c.path)
		}
	}
	for _, f := range t.files {
		for dir := f.path; len(dir) > len(top.path); { // up to the directory that is copied
			dir = dir[:strings.LastIndex(dir, "/")]
			holds[dir] = true
		}
	}
	for _, d := range t.dirs {
		if holds[d.path] {
			note(d)
		} else {
			empty = append(empty, d)
		}
	}
	for _, f := range t.files {
		note(f)
	}
	if odds := odd.count(); odds > maxOdd && !r.uniform(t, &odd) || odds > 0 && !r.program("chmod") {
		all := append([]*change{}, t.dirs...)
		names = nil
		for _, c := range append(all, t.files...) {
			names = append(names, c.path)
		}
		r.exact(kindOf(top.path), r.about("added, with owners and modes of its own", names...), names...)
		return
	}
	flags := ""
	if owner != "" {
		flags = "--chown=" + owner + " "
	}
	instruction := "COPY " + flags + paths(root+top.path, top.path)
	if after := odd.lines(); len(after) > 0 {
		instruction += "\nRUN " + chain(after)
	}
	if run := r.setcaps(t.files); run != "" {
		instruction += "\n" + run
	}
	r.step(Step{Kind: kindOf(top.path), Group: top.path, Comment: r.about("added", append(names, top.path)...), Instruction: instruction, Files: files, Explains: names})
	if len(empty) > 0 {
		r.makeDirs(kindOf(top.path), top.path, empty)
	}
}

// usual is the owner that most paths of a tree have.
func (r *reading) usual(t parts) (most string) {
	count := map[string]int{}
	for _, list := range [][]*change{t.dirs, t.files} {
		for _, c := range list {
			count[r.owner(c.after)]++
			if o := r.owner(c.after); count[o] > count[most] {
				most = o
			}
		}
	}
	return most
}

// kept tells whether a mode is as COPY of a context gives it that was in a repository. The
// directory that is copied to gets 0755.
func (r *reading) kept(c *change, top bool) bool {
	switch m := c.after.Mode; c.after.Kind {
	case validate.Symlink:
		return true
	case validate.Directory:
		return m == 0o755
	default:
		return !top && (m == 0o644 || m == 0o755)
	}
}

// uniform finds the one chmod -R that gives a tree its modes, as with another umask.
func (r *reading) uniform(t parts, odd *oddities) bool {
	if len(t.dirs) == 0 || slices.ContainsFunc(slices.Concat(t.dirs, t.files), func(c *change) bool { return !under(c.path, t.dirs[0].path) }) {
		return false
	}
	dirs := t.dirs[0].after.Mode
	plain := int64(-1)
	for _, d := range t.dirs {
		if d.after.Mode != dirs {
			return false
		}
	}
	for _, f := range t.files {
		if f.after.Kind != validate.Regular {
			continue
		}
		if f.after.Mode == dirs { // a program
			continue
		}
		if plain >= 0 && plain != f.after.Mode || f.after.Mode != dirs&^0o111 {
			return false
		}
		plain = f.after.Mode
	}
	if dirs > 0o777 {
		return false
	}
	odd.modes = commands{}
	odd.modes.add("chmod -R "+symbolic(dirs), t.dirs[0].path)
	return odd.count() <= maxOdd
}

// symbolic is the mode of a directory so that programs keep being ones and other files do not
// become any: u=rwX,g=rX,o=.
func symbolic(m int64) string {
	var parts []string
	for i, who := range []string{"u", "g", "o"} {
		bits := m >> (6 - 3*i)
		text := who + "="
		for j, letter := range []string{"r", "w", "X"} {
			if bits&(4>>j) != 0 {
				text += letter
			}
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ",")
}

// maxNew is how many new files of a directory that was there get a step each.
const maxNew = 6

// merged copies what is new in directories that were there, where it is much, in one step each.
func (r *reading) merged() {
	fresh := map[string][]string{}
	for _, name := range r.paths(func(c *change) bool { return c.before == nil && c.after != nil && c.path != "/" }) {
		if dir := path.Dir(name); r.changes[dir] == nil || r.changes[dir].before != nil {
			fresh[dir] = append(fresh[dir], name)
		}
	}
	var done []string
	for _, dir := range slices.SortedFunc(maps.Keys(fresh), comparePaths) {
		if len(fresh[dir]) <= maxNew || dir == "/" || slices.ContainsFunc(done, func(d string) bool { return under(dir, d) }) {
			continue
		}
		all := parts{root: "added"}
		for _, name := range fresh[dir] {
			p := r.split(name)
			all.dirs, all.files = append(all.dirs, p.dirs...), append(all.files, p.files...)
		}
		if len(all.files) > maxNew {
			done = append(done, dir)
			r.copyTree(&change{path: dir}, all)
		}
	}
}
