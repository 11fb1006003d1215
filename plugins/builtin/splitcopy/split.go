package splitcopy

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/lang/late"
)

// copied is the COPY or ADD of one thing of the build context.
type copied struct {
	source, dest string // words
	chown, chmod string
	flags        bool // it has flags with which it is not split
	add          bool
}

// copyOf reads an op, nil when it is no such COPY. Whether what it copies is a directory only the
// build context shows.
func copyOf(body ir.Body) *copied {
	switch b := body.(type) {
	case *ir.Copy:
		if b.From == "" && len(b.Sources) == 1 && len(b.Inline) == 0 {
			return &copied{source: b.Sources[0], dest: b.Dest, chown: b.Chown, chmod: b.Chmod, flags: b.Link || b.Parents || len(b.Excludes) > 0}
		}
	case *ir.Add:
		if len(b.Sources) == 1 && len(b.Inline) == 0 {
			return &copied{source: b.Sources[0], dest: b.Dest, chown: b.Chown, chmod: b.Chmod, add: true,
				flags: b.Link || b.Checksum != "" || b.KeepGitDir != nil || b.Unpack != nil || len(b.Excludes) > 0}
		}
	}
	return nil
}

// named tells whether the owner is one by name.
func (c *copied) named() bool { return strings.Trim(c.chown, "0123456789:") != "" }

// split is a COPY that is to be split.
type split struct {
	*job
	stage, at int
	copied    *copied
	from      string         // the directory of the context, "" is all of it
	to        string         // the directory of the image, absolute
	last      int            // the op of the last install in front of which it goes; 0 is none
	reads     []string       // files of the context that the installs read, relative to from
	locks     []string       // of these, those that they may write anew
	cut       []*ir.Run      // the RUN of the last install, when it does more: the install, and the rest
	steps     []effects.Step // effects of the ops of the stage, made when they are asked for
}

// find looks for the installs that the COPY can stand behind. Without one that there might be, it
// says why.
func (s *split) find() *refusal {
	ops, states := s.Module.Stages[s.stage].Ops, s.states.Stage(s.stage)
	if no := s.place(states[s.at]); no != nil {
		if no.code == "" { // no directory
			return nil
		}
		return no
	}
	for i := s.at + 1; i < len(ops); i++ {
		install, no := s.step(i, ops[i].Body, states[i])
		if no != nil {
			if s.last == 0 && s.installs(ops[i:]) {
				return no
			}
			return nil
		}
		if install != nil {
			s.reads, s.locks = join(s.reads, install.reads), join(s.locks, install.locks)
		}
		if install != nil && len(s.reads) > 0 {
			s.last = i
		}
		if s.cut != nil {
			return nil
		}
	}
	return nil
}

// still is the word of the COPY that stands for a path where it comes to stand: variables and the
// working directory may be others there.
func (s *split) still(word, means string, dir bool) string {
	at := s.states.Stage(s.stage)[s.last+1]
	text, known := at.Expand(word, s.Module.Escape)
	if dir && !path.IsAbs(text) {
		text = path.Join(at.Workdir, text)
	}
	if known && strings.Trim(path.Clean("/"+text), "/") == strings.Trim(means, "/") {
		return word
	}
	if dir {
		return means + "/"
	}
	return means
}

// join puts lists together, sorted.
func join(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

var safeName = late.Regexp(`^[A-Za-z0-9_@+.][A-Za-z0-9_@+.-]*(/[A-Za-z0-9_@+.-]+)*$`)

// place works out from where to where the COPY is.
func (s *split) place(at *eval.State) *refusal {
	c := s.copied
	from, known := at.Expand(c.source, s.Module.Escape)
	to, ok := at.Expand(c.dest, s.Module.Escape)
	switch {
	case strings.Contains(from, "://") || strings.HasPrefix(from, "git@"):
		return &refusal{}
	case !known:
		return refuse("place", "what it copies is known only when it is built")
	}
	s.from = strings.TrimPrefix(path.Clean("/"+from), "/")
	if s.from != "" {
		if !safeName().MatchString(s.from) { // a wildcard, or what needs quotes
			return &refusal{}
		}
		list := s.files.list(path.Dir(s.from), path.Base(s.from))
		if no := s.files.unknown(); no != nil {
			return no
		}
		if len(list) == 0 || !list[0].Mode.IsDir() {
			return &refusal{}
		}
	}
	if !path.IsAbs(to) && at.Workdir != "" {
		to = path.Join(at.Workdir, to)
	}
	s.to = path.Clean(to)
	switch {
	case c.flags:
		return refuse("flags", "it has flags with which two COPYs may be another thing")
	case !ok || !path.IsAbs(s.to) || !safeName().MatchString(s.to[1:]) && s.to != "/":
		return refuse("place", "where it copies to is known only when it is built")
	case at.OS == "windows":
		return refuse("place", "the image is one of Windows")
	case at.Triggers:
		return refuse("base", "the base image has triggers, which run first")
	case strings.Contains(c.chown+c.chmod, "$"):
		return refuse("flags", "its owner or its mode is known only when it is built")
	case !s.baseKnown():
		return refuse("base", "what the base image sets is not known: grant images")
	}
	return s.apart()
}

// baseKnown tells whether the variables of the base image are known.
func (s *split) baseKnown() bool {
	if _, err := s.host.BaseConfig(s.ctx, s.stage); err == nil {
		return true
	}
	ref, ok := distro.BaseImage(s.Module, s.stage)
	if !ok {
		return false
	}
	_, official := distro.Official(ref)
	return official
}

// apart makes sure that the directory is one of the project's: neither the system nor a home.
func (s *split) apart() *refusal {
	if s.to == "/" {
		return refuse("place", "it copies over the root directory")
	}
	top := strings.Split(s.to, "/")[1:]
	system := false
	switch top[0] {
	case "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "sys", "tmp":
		system = top[0] != "tmp" || len(top) == 1
	case "usr":
		system = len(top) == 1 || slices.Contains([]string{"bin", "sbin", "lib", "lib32", "lib64", "libexec", "include", "share", "games", "etc"}, top[1]) ||
			top[1] == "local" && (len(top) == 2 || slices.Contains([]string{"bin", "sbin", "lib", "lib64", "libexec", "include", "share", "etc", "bundle", "cargo", "rustup", "go"}, top[2]))
	case "var":
		system = len(top) == 1 || slices.Contains([]string{"lib", "cache", "log", "tmp", "run"}, top[1])
	}
	if !system && strings.HasPrefix(top[len(top)-1], ".") || slices.ContainsFunc(top, func(e string) bool {
		return slices.Contains([]string{"site-packages", "dist-packages", "node_modules"}, e)
	}) {
		system = true
	}
	if system {
		return refuse("place", "%s may have programs or settings of the system in it", s.to)
	}
	return nil
}

// manifests are COPYs of what the installs read, one a directory.
func (s *split) manifests() (list []*ir.Copy) {
	var dirs []string
	for _, name := range s.reads {
		if dir := path.Dir(name); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		c := &ir.Copy{Dest: s.destination(dir), Chown: s.copied.chown, Chmod: s.copied.chmod}
		for _, name := range s.reads {
			if path.Dir(name) == dir {
				c.Sources = append(c.Sources, path.Join(s.from, name))
			}
		}
		list = append(list, c)
	}
	return list
}

// destination is the word for a directory below that of the COPY, as a directory.
func (s *split) destination(dir string) string {
	dest := s.copied.dest
	if dir != "." || strings.ContainsAny(dest, "$\"'\\`") {
		dest = path.Join(s.to, dir)
	}
	return strings.TrimSuffix(dest, "/") + "/"
}

// rest is the COPY, which leaves out what an install may have written anew.
func (s *split) rest() ir.Body {
	switch b := s.Module.Stages[s.stage].Ops[s.at].Body.(type) {
	case *ir.Copy:
		out := *b
		out.Sources, out.Dest, out.Excludes = []string{s.still(b.Sources[0], cmp.Or(s.from, "."), false)}, s.still(b.Dest, s.to, true), s.locks
		return &out
	case *ir.Add:
		out := *b
		out.Sources, out.Dest, out.Excludes = []string{s.still(b.Sources[0], cmp.Or(s.from, "."), false)}, s.still(b.Dest, s.to, true), s.locks
		return &out
	}
	return nil
}

// names are the files that come first.
func (s *split) names() []string { return s.reads }
