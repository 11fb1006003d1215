package recipe

import (
	"slices"

	"github.com/seed-e0495807/strake/backend/validate"
)

// maxSingle is how many new files of a directory get a step each.
const maxSingle = 3

// tree makes a directory that is new, with all that is in it: one group, as nothing of it is as it was
// without the rest.
func (r *reading) tree(c *change) {
	first := len(r.out.Steps)
	r.within(c, r.split(c.path))
	for i := first; i < len(r.out.Steps); i++ {
		r.out.Steps[i].Group = c.path
	}
}

// within makes the steps of a tree.
func (r *reading) within(top *change, t parts) {
	for _, name := range t.special {
		r.exact(max(kindOf(name), kindOf(top.path)), r.about("added, with extended attributes or as a device", name), name)
	}
	if len(t.files) > maxSingle {
		r.copyTree(top, t)
		return
	}
	kind := kindOf(top.path)
	for _, f := range t.files {
		kind = min(kind, kindOf(f.path)) // a directory is there before its files
	}
	if dirs := r.unmade(t); len(dirs) > 0 {
		r.makeDirs(kind, top.path, dirs)
	}
	for _, f := range t.files { // each gets a step of its own
		if f.after.Kind == validate.Symlink {
			r.link(f)
		} else {
			r.copyFile(f)
		}
	}
}

// parts are what is in a new directory, with itself.
type parts struct {
	root        string    // of the context that they are copied from, "" is files
	dirs, files []*change // files: links, too
	special     []string  // what COPY cannot make
}

func (r *reading) split(top string) (p parts) {
	for _, name := range r.paths(func(c *change) bool { return c.after != nil && under(c.path, top) }) {
		switch c := r.changes[name]; {
		case len(c.after.Xattrs) > 0 && !r.capable(c), !printable(name),
			!slices.Contains([]validate.Kind{validate.Regular, validate.Directory, validate.Symlink}, c.after.Kind):
			p.special = append(p.special, name)
		case c.after.Kind == validate.Directory:
			p.dirs = append(p.dirs, c)
		default:
			p.files = append(p.files, c)
		}
	}
	return p
}

// unmade are the directories that the steps of the files in them do not make as they are to be. The
// others are explained by these.
func (r *reading) unmade(t parts) (dirs []*change) {
	need := map[string]bool{}
	for _, d := range slices.Backward(t.dirs) { // those that are made bring the ones above them along
		if need[d.path] = need[d.path] || !r.makes(t.files, d); !need[d.path] {
			continue
		}
		dirs = append(dirs, d)
		for _, above := range t.dirs {
			need[above.path] = need[above.path] || under(d.path, above.path)
		}
	}
	for _, d := range t.dirs {
		if !need[d.path] {
			r.explained(d.path)
		}
	}
	slices.Reverse(dirs)
	return dirs
}

// makes tells whether the first COPY of a file into a directory makes it as it is to be: BuildKit gives
// it the owner of the file, and the mode of --chmod, which files of the context always have.
func (r *reading) makes(files []*change, d *change) bool {
	var first *change
	for _, f := range files {
		if under(f.path, d.path) && (first == nil || kindOf(f.path) < kindOf(first.path)) {
			first = f
		}
	}
	if first == nil || first.after.Kind != validate.Regular || d.after.Mode != 0o755 || r.owner(d.after) != r.owner(first.after) {
		return false
	}
	_, inline := r.inline(first)
	return first.after.Mode == 0o755 || inline && first.after.Mode == 0o644
}

// makeDirs makes directories with their modes and owners. A command that makes one makes those above it,
// too, so that only the last of plain ones has to be named.
func (r *reading) makeDirs(kind Kind, group string, dirs []*change) {
	var (
		names          []string
		installs, made commands
		owners, modes  commands
	)
	for i, d := range dirs {
		names = append(names, d.path)
		owner, plain := r.owner(d.after), d.after.Mode == 0o755
		flags := "-d"
		if !plain {
			flags += " -m " + mode(d.after)
			modes.add("chmod "+mode(d.after), d.path)
		}
		if owner != "" {
			flags += " -o " + r.names.user(d.after.UID) + " -g " + r.names.group(d.after.GID)
			owners.add("chown "+owner, d.path)
		}
		brought := slices.ContainsFunc(dirs[i+1:], func(o *change) bool { return under(o.path, d.path) })
		if !brought {
			made.add("mkdir -p", d.path)
		}
		if !brought || owner != "" || !plain {
			installs.add("install "+flags, d.path)
		}
	}
	var lines []string
	switch {
	case r.program("install"):
		lines = installs.lines()
	case r.program("mkdir") && r.program("chown") && r.program("chmod"):
		lines = slices.Concat(made.lines(), owners.lines(), modes.lines())
	default:
		r.exact(kind, r.about("new directory", names...), names...)
		return
	}
	r.step(Step{Kind: kind, Group: group, Comment: r.about("new directory", names...), Instruction: "RUN " + chain(lines), Explains: names})
}
