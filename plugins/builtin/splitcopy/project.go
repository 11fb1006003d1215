package splitcopy

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// reading is what an install reads of the directory, when that is no more than files that say what
// to install.
func (s *split) reading(f *installer) (*install, *refusal) {
	if f.dir == "" {
		return nil, refuse("elsewhere", "where `%s` stands is not known", f.Text)
	}
	for _, w := range f.project.Dirs {
		if !path.IsAbs(w.Text) || below(path.Clean(w.Text), s.to) {
			return nil, refuse("elsewhere", "`%s` may write into %s", f.Text, s.to)
		}
	}
	for _, w := range f.project.Sources {
		if !plainURL().MatchString(w.Text) {
			return nil, refuse("elsewhere", "`%s` has packages that may come from files", f.Text)
		}
	}
	if !below(f.dir, s.to) {
		if f.project.Manager != "pip" {
			return nil, refuse("elsewhere", "`%s` stands in %s, which is not in %s", f.Text, f.dir, s.to)
		}
		return s.requirements(f, &install{})
	}
	r := &reader{split: s, installer: f, dir: strings.TrimPrefix(strings.TrimPrefix(f.dir, s.to), "/")}
	in, no := r.standing()
	if no == nil {
		no = r.managed(in)
	}
	if unknown := s.files.unknown(); unknown != nil {
		no = unknown
	}
	return in, no
}

// reader reads what says what to install, for an install that stands in the directory of the COPY,
// or below it.
type reader struct {
	*split
	*installer
	dir string // relative to that, "" is it
}

// place is a path of the build context, of a name in the directory where the install stands.
func (r *reader) place(name string) string { return path.Join(r.from, r.dir, name) }

// standing lists what the install reads where it stands, and in the directories around that.
func (r *reader) standing() (*install, *refusal) {
	in := &install{}
	for dir := r.dir; ; dir = path.Dir(dir) {
		if dir == "." {
			dir = ""
		}
		if dir != "" {
			list := r.files.list(path.Join(r.from, path.Dir(dir)), literal(path.Base(dir)))
			if len(list) == 0 || !list[0].Mode.IsDir() || list[0].Mode.Perm()&0o555 != 0o555 {
				return nil, refuse("elsewhere", "%s is no directory of the build context that all may read", path.Join(r.from, dir))
			}
			if dir == r.dir && !r.writesAlike(list[0].Mode) {
				return nil, refuse("elsewhere", "%s has another mode than a directory that is made (0755), with which the install may write there in another way", path.Join(r.from, dir))
			}
		}
		for _, f := range r.files.list(path.Join(r.from, dir), r.project.Reads...) {
			if !f.Mode.IsRegular() {
				return nil, refuse("manifests", "%s is no regular file", f.Path)
			}
			in.reads = append(in.reads, path.Join(dir, path.Base(f.Path)))
		}
		if dir == "" {
			break
		}
	}
	for _, name := range r.project.Locks {
		if name = path.Join(r.dir, name); slices.Contains(in.reads, name) {
			in.locks = append(in.locks, name)
		}
	}
	for _, name := range r.project.Makes {
		if there := r.files.has(path.Join(r.from, r.dir), strings.TrimSuffix(name, "/")); there != "" {
			return nil, refuse("made", "the COPY has %s, which the install makes: let .dockerignore drop it", there)
		}
	}
	return in, nil
}

// writesAlike tells whether an install writes into a directory with a mode as into the one that the
// COPY of the manifests makes: with --chmod, that has the mode, too. Setgid gives what is made in
// it another group, and write bits let others than its owner write.
func (r *reader) writesAlike(mode fs.FileMode) bool {
	root := r.root && r.User == ""
	return r.copied.chmod != "" || mode&fs.ModeSetgid == 0 && (root || mode.Perm() == 0o755)
}

// managed reads the files of a manager.
func (r *reader) managed(in *install) *refusal {
	switch r.project.Manager {
	case "npm", "yarn", "pnpm":
		return r.node(in)
	case "pip":
		_, no := r.requirements(r.installer, in)
		return no
	case "go":
		return r.golang(in)
	case "bundle":
		return r.bundle(in)
	case "composer":
		return r.composer(in)
	}
	return refuse("install", "what `%s` reads is not known", r.Text)
}

// needs makes sure that the install has a file where it stands: without, it looks elsewhere.
func (r *reader) needs(in *install, name string) *refusal {
	if !slices.Contains(in.reads, path.Join(r.dir, name)) {
		return refuse("manifests", "the build context has no %s", r.place(name))
	}
	return nil
}

// without makes sure that there are no files that have an install read or run others.
func (r *reader) without(patterns ...string) *refusal {
	for dir := r.dir; ; dir = path.Dir(dir) { // and around, where some look, too
		if dir == "." {
			dir = ""
		}
		if there := r.files.has(path.Join(r.from, dir), patterns...); there != "" {
			return refuse("reads", "%s may have the install read other files", there)
		}
		if dir == "" {
			return nil
		}
	}
}

// first is the first of some refusals.
func first(steps ...func() *refusal) *refusal {
	for _, step := range steps {
		if no := step(); no != nil {
			return no
		}
	}
	return nil
}
