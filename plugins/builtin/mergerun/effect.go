package mergerun

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// A file can have several names, and a layer border takes them apart: overlayfs copies a
// file up under the one name that is written to, whatever that changes of it (kernel
// documentation, filesystems/overlayfs, "Non-standard behavior"; BuildKit mounts without
// index=on). In one layer the names stay those of one file. So what may give files
// further names cannot be merged with what changes files in place, be it a mode only.
// What is written beside a file and renamed over its name changes none.

// naming is what a script does to files, as far as that counts for their names.
type naming struct {
	links    bool // it may give any file a further name
	packages bool // it may do so with the files of a distribution's packages

	any     bool     // it may change any file in place
	changes []file   // files, or trees of them, that it changes
	own     bool     // it changes files of its own below system directories, which no package links
	aliases []string // names by which it lets files be reached: moved, copied as links, or symbolic
	cds     bool     // its paths may be relative to another directory than the RUN's
}

// file is the name of a file as a script has it. One that is not whole stands for any
// that starts with the text and ends in the tail.
type file struct {
	text  string
	whole bool
	tail  string
	dir   bool   // what counts is what is put there, should it be a directory
	shown string // as the script has it
}

// fileOf is the name that a word gives.
func fileOf(w shell.Word) file {
	if w.Known {
		return file{text: w.Text, whole: true, shown: w.Text}
	}
	text, tail := w.Ends()
	if i := strings.IndexByte(tail, '/'); i >= 0 {
		tail = tail[i:]
	}
	return file{text: text, tail: tail, shown: w.Text}
}

// filesOf are the names that words give.
func filesOf(list []shell.Word) words {
	out := make(words, len(list))
	for i, w := range list {
		out[i] = fileOf(w)
	}
	return out
}

// change notes a path, unless it is a file that no layer holds.
func (e *naming) change(p file) {
	if !p.whole || !pathChars(p.text) {
		e.any = true
	} else if !outside(p.text) {
		e.changes = append(e.changes, p)
	}
}

// pathChars tells paths that are what they say: no shell expands them.
func pathChars(text string) bool { return text != "" && !strings.ContainsAny(text, "*?[{~") }

// outside are files of each container.
func outside(text string) bool { return strings.HasPrefix(path.Clean(text), "/dev/") || text == "-" }

// add puts the effects of several scripts together.
func (e *naming) add(o naming) {
	e.links, e.packages, e.any, e.own = e.links || o.links, e.packages || o.packages, e.any || o.any, e.own || o.own
	e.changes, e.aliases = append(e.changes, o.changes...), append(e.aliases, o.aliases...)
}

// apart tells whether a layer border behind these effects may take names apart that later
// ones change a file under. The directory is that of the RUN, "" when it is not known.
func (e *naming) apart(later *naming, dir string) bool {
	if e.links {
		return later.any || later.own || later.links || later.packages || len(later.changes) > 0
	}
	if !e.packages {
		return false
	}
	return later.any || later.links || slices.ContainsFunc(later.changes, func(p file) bool {
		name := p.text
		if !path.IsAbs(name) {
			if later.cds || dir == "" {
				return true
			}
			name = path.Join(dir, name)
		}
		return !local(name) || slices.ContainsFunc(e.aliases, func(a string) bool { return !path.IsAbs(a) || meet(path.Clean(a), path.Clean(name)) })
	})
}

func meet(a, b string) bool { return under(a, b) || under(b, a) }

// local tells whether a file is where packages of distributions have none: the
// directories of the administrator (Filesystem Hierarchy Standard 3.0, 3.8, 3.10, 3.14,
// 3.17, 3.18, 4.9; Debian Policy 9.1.2), those that it does not name, and the sources of
// apt, which hold no links (apt.conf(5), sources.list(5), Debian Policy 10.7.3).
func local(name string) bool {
	name = path.Clean(name)
	for _, dir := range []string{"/home", "/root", "/srv", "/tmp", "/usr/local", "/var/tmp", "/etc/apt"} {
		if under(name, dir) {
			return true
		}
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	return first != "" && !strings.HasPrefix(first, "lib") &&
		!slices.Contains([]string{"bin", "boot", "dev", "etc", "media", "mnt", "opt", "proc", "run", "sbin", "sys", "usr", "var"}, first)
}
