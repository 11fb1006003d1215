package recipe

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// copies makes steps of all changes that nothing else explains: what is gone, new or has
// another content, mode or owner.
func copies(_ context.Context, r *reading) error {
	r.removed("removed by hand")
	r.edited()
	r.linked()
	r.merged()
	for _, name := range r.paths(func(c *change) bool { return c.after != nil }) {
		c := r.changes[name]
		switch {
		case c == nil: // explained with its directory
		case !printable(name):
			// copied exactly, or listed
		case c.before == nil && c.after.Kind == validate.Directory:
			r.tree(c)
		case c.content():
			r.copyFile(c)
		case c.before == nil && c.after.Kind == validate.Symlink, c.after.Kind == validate.Symlink && c.before.Target != c.after.Target:
			r.link(c)
		case c.before == nil:
			r.exact(kindOf(name), r.about("added", name), name)
		}
	}
	r.attributes()
	for _, name := range r.paths(func(c *change) bool { return c.after == nil }) {
		r.leave(name, "it has a name that no instruction can have, and is not removed", false, name)
	}
	if rest := r.paths(func(*change) bool { return true }); len(rest) > 0 {
		r.exact(Exact, r.about("as it was, with all attributes", rest...), rest...)
	}
	return nil
}

// kindOf is what a file is for, by where it is.
func kindOf(name string) Kind {
	for _, dir := range []string{"/etc", "/usr/local/etc", "/usr/lib/systemd", "/lib/systemd", "/var/spool/cron"} {
		if under(name, dir) {
			return Settings
		}
	}
	for _, dir := range []string{"/usr", "/opt", "/bin", "/sbin", "/lib", "/lib64"} {
		if under(name, dir) {
			return Programs
		}
	}
	return Data
}

// inContext is the name that a path of the image has in the context.
func inContext(name string) string { return "files" + name }

// owner is what --chown and chown take for a path: names where the image has them, "" for root.
func (r *reading) owner(n *validate.Node) string {
	if n.UID == 0 && n.GID == 0 {
		return ""
	}
	return r.names.user(n.UID) + ":" + r.names.group(n.GID)
}

// mode is octal, as chmod takes it.
func mode(n *validate.Node) string { return fmt.Sprintf("%#o", n.Mode) }

// flags are those of a COPY of one file.
func (r *reading) flags(n *validate.Node) (text string) {
	if owner := r.owner(n); owner != "" {
		text = "--chown=" + owner + " "
	}
	if n.Mode != 0o644 {
		text += "--chmod=" + mode(n) + " "
	}
	return text
}

const (
	maxHeredoc      = 2 << 10 // bytes of a text in the Dockerfile itself
	maxHeredocLines = 40
)

// heredoc writes a small text behind the words that take it; false when it is not fit to be in a
// Dockerfile.
func heredoc(words, text string) (string, bool) {
	if len(text) > maxHeredoc || strings.Count(text, "\n") > maxHeredocLines || text != "" && !strings.HasSuffix(text, "\n") {
		return "", false
	}
	for _, c := range text {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == '\ufeff' {
			return "", false
		}
	}
	end := "EOF"
	for i := 2; slices.Contains(strings.Split(text, "\n"), end); i++ {
		end = fmt.Sprintf("EOF%d", i)
	}
	return fmt.Sprintf(words, "<<'"+end+"'") + "\n" + text + end, true
}

// copyFile copies one file: out of the Dockerfile, or out of the context.
func (r *reading) copyFile(c *change) {
	if len(c.after.Xattrs) > 0 && !r.capable(c) || !printable(c.path) {
		r.exact(kindOf(c.path), r.about("added, with extended attributes", c.path), c.path)
		return
	}
	comment := "added"
	if c.before != nil {
		comment = "changed"
	}
	s := Step{Kind: kindOf(c.path), Group: c.path, Comment: r.about(comment, c.path), Explains: []string{c.path}}
	text, ok := r.inline(c)
	if s.Instruction = text; !ok {
		flags := r.flags(c.after)
		s.Instruction = "COPY " + flags + paths(inContext(c.path), c.path)
		if !strings.Contains(flags, "--chmod") { // what a context is kept in may lose it
			s.Instruction = "COPY " + flags + "--chmod=0644 " + paths(inContext(c.path), c.path)
		}
		s.Files = []File{{Name: inContext(c.path), Node: c.after}}
	}
	if run, ok := r.setcap(c); ok {
		s.Instruction += "\n" + run
	}
	r.step(s)
}

// inline is the COPY of a small text that is in the Dockerfile itself; false for any other file.
func (r *reading) inline(c *change) (string, bool) {
	text, ok := r.text(c.after)
	if !ok || strings.ContainsAny(c.path, special) {
		return "", false
	}
	return heredoc("COPY "+r.flags(c.after)+"%s "+strings.ReplaceAll(c.path, "%", "%%"), text)
}

// link makes a symbolic link.
func (r *reading) link(c *change) {
	if !r.program("ln") || !printable(c.path+c.after.Target) {
		r.exact(kindOf(c.path), r.about("link", c.path), c.path)
		return
	}
	script := "ln -sfn " + quote(c.after.Target) + " " + quote(c.path)
	if owner := r.owner(c.after); owner != "" {
		script += " && chown -h " + owner + " " + quote(c.path)
	}
	r.step(Step{Kind: kindOf(c.path), Group: c.path, Comment: r.about("link", c.path), Instruction: "RUN " + script, Explains: []string{c.path}})
}

// linked copies all names of a file in one step. A link that a later step makes is none in the layer of
// an overlay file system: that has the file once more.
func (r *reading) linked() {
	names, there := map[Kind][]string{}, map[Kind][]string{}
	add := func(kind Kind, name string) {
		if slices.Contains(names[kind], name) {
			return
		}
		if names[kind] = append(names[kind], name); r.ground.At(name) != nil {
			there[kind] = append(there[kind], name)
		}
	}
	for _, name := range r.paths(func(c *change) bool { return r.first[c.path] != "" }) {
		first := r.first[name]
		kind := max(kindOf(first), kindOf(name))
		add(kind, first)
		add(kind, name)
	}
	for _, kind := range slices.Sorted(maps.Keys(names)) {
		s := r.exact(kind, r.about("hard links", names[kind]...), names[kind]...)
		if list := list(there[kind]); len(there[kind]) > 0 && r.program("rm") { // or what did not change is in no layer
			s.Instruction = "RUN rm -f" + list + "\n" + s.Instruction
		}
	}
}

// twins are all names of the files that have several, in the order of a walk, by each of them: a hard link is
// one of all of them.
func (r *reading) twins() map[string][]string {
	type file struct {
		*validate.File
		born int
	}
	all, twins := map[file][]string{}, map[string][]string{}
	r.after.Walk(func(n *validate.Node) {
		if n.Kind != validate.Directory {
			f := file{n.File, n.Born()}
			all[f] = append(all[f], n.Path())
		}
	})
	for _, names := range all {
		if len(names) == 1 {
			continue
		}
		for _, name := range names {
			twins[name] = names
		}
	}
	return twins
}

// hardLinks finds the first name of each regular file that has several, and was not that one file before.
func (r *reading) hardLinks() {
	r.first = map[string]string{}
	for name, names := range r.twins() {
		first, n := names[0], r.after.At(name)
		if name == first || n.Kind != validate.Regular {
			continue
		}
		a, b := r.ground.At(first), r.ground.At(name)
		if a == nil || b == nil || !a.SameFile(b) || r.changes[name] != nil || r.changes[first] != nil {
			r.first[name] = first
			r.changes[name] = &change{name, nil, n}
		}
	}
}

// removed removes what is gone, and what is in the way of what takes its place.
func (r *reading) removed(otherwise string) {
	var gone, names []string
	for _, name := range r.paths(func(c *change) bool {
		return c.after == nil && printable(c.path) || c.after != nil && c.before != nil && c.before.Kind != c.after.Kind
	}) {
		if len(names) > 0 && under(name, names[len(names)-1]) {
			gone = append(gone, name)
			continue
		}
		names, gone = append(names, name), append(gone, name)
	}
	if len(names) == 0 {
		return
	}
	if !r.program("rm") {
		for _, name := range gone {
			if r.changes[name].after == nil {
				r.leave(name, "the image has no rm to remove it with", false, name)
			}
		}
		return
	}
	var explains []string
	for _, name := range gone {
		if c := r.changes[name]; c.after == nil {
			explains = append(explains, name)
		} else {
			c.before = nil
		}
	}
	r.step(Step{Kind: Removals, Comment: r.about(otherwise, gone...), Explains: explains,
		Instruction: "RUN rm -rf" + list(names)})
	for _, name := range gone { // a link in the place of a directory: what was below it is gone with it
		delete(r.changes, name)
		if n := r.after.At(name); n != nil {
			r.changes[name] = &change{name, nil, n}
		}
	}
}

// exact copies paths with all that is known of them, out of a tar, and gives the step. The tar has the
// new directories that they are in, too: they may be there before the step that is of these.
func (r *reading) exact(kind Kind, comment []string, names ...string) *Step {
	var members []*validate.Node
	has := map[string]bool{}
	for _, name := range names {
		at := len(members)
		for dir := path.Dir(name); !has[dir] && r.ground.At(dir) == nil; dir = path.Dir(dir) {
			has[dir] = true
			members = slices.Insert(members, at, r.after.At(dir))
		}
		if n := r.after.At(name); n != nil && !has[name] {
			has[name] = true
			members = append(members, n)
		}
	}
	file := r.out.archiveName()
	r.step(Step{Kind: kind, Group: names[0], Comment: comment, Explains: names, Instruction: "ADD " + paths(file, "/"),
		Files: []File{{Name: file, Members: members}}})
	return &r.out.Steps[len(r.out.Steps)-1]
}
