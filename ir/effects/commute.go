package effects

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// Ground is what the steps of a stage stand on when it is asked whether two of them may change
// places: what steps in front of them have done that their own effects do not say.
//
// It rests on what the package does, and on this: the image that a stage starts from has no
// symbolic links but those of distributions, that is from one of the directories of packages into
// another, and its directories of programs are those of PATH. That the times of directories, the
// order in which they list their names, and numbers of inodes are others counts for nothing.
type Ground struct {
	Path     []string // directories that PATH names, absolute; nil is not known
	Standard bool     // the image is one of a distribution, and has the directories that all have
	// Straight takes it that no earlier step made a link by which the paths of one lead to those of
	// the other. It is a guess, for who builds both orders and compares them.
	Straight bool
	// Aside takes it that packages of distributions have nothing to do with what is copied to where
	// they have nothing, see Aside. It is a guess, too.
	Aside bool

	below *Ground // what the last of the earlier steps stands on
	links []Path  // where links may be that it made
	lost  string  // why nobody knows
}

// With is the ground behind a step.
func (g *Ground) With(body ir.Body, s Step) *Ground {
	out := &Ground{Path: g.Path, Standard: g.Standard, Straight: g.Straight, Aside: g.Aside, lost: g.lost, below: g}
	switch body.(type) {
	case *ir.Run:
		for _, c := range s.Commands {
			if len(c.Effects.Unknown) > 0 || c.Effects.Grade() == Unknown {
				out.lost = "`" + c.Text + "` may have made links anywhere"
			}
			out.links = append(out.links, linked(c)...)
		}
	case *ir.Copy, *ir.Add:
		if s.Effects.Grade() == Unknown {
			out.lost = "what is copied may have brought links anywhere"
		}
		out.links = s.Effects.Writes.List
	case *ir.Custom:
		out.lost = "an instruction of a plugin may have made links anywhere"
	}
	return out
}

// linked are the paths at which a command may make links: those that it writes, unless its program is
// Alone and deals with none. Those of the packages of distributions lead from and to their directories.
func linked(c Command) []Path {
	row := rows().find(path.Base(c.Name))
	deals := func(d Dealing) bool { return slices.Contains(c.Effects.Dealings, d) }
	if c.Name == "" || row != nil && (row.System || row.Alone && !deals(Links) && !deals(Names)) {
		return nil
	}
	return c.Effects.Writes.List
}

// Apart tells why two steps may not change places: "" is that they do the same in either order, and
// fail in both or in none. Configs, variables and mounts are for the caller to look at.
func (g *Ground) Apart(a, b ir.Body, x, y Step) string {
	left, right, why := g.pair(a, b, x, y)
	if beside(a, b) {
		left.writes, right.writes = without(left.writes, right.writes), without(right.writes, left.writes)
	}
	if why == "" {
		why = g.clash(left, right)
	}
	if why == "" {
		why = g.clash(right, left)
	}
	return why
}

// Unseen tells why a step may do another thing, or fail, where one that stands in front of it has not
// run, or leave files in another way when it runs beside that: "" is that it uses nothing that this
// one writes. What it writes itself the other may still read.
func (g *Ground) Unseen(a, b ir.Body, x, y Step) string {
	left, right, why := g.pair(a, b, x, y)
	if why == "" {
		why = g.clash(left, right)
	}
	return why
}

// pair are the uses of two steps.
func (g *Ground) pair(a, b ir.Body, x, y Step) (left, right uses, why string) {
	if g.lost != "" && !g.Straight {
		return left, right, g.lost
	}
	if left, why = g.acts(a, x); why == "" {
		right, why = g.acts(b, y)
	}
	return left, right, why
}

// clash tells what of the one the other uses.
func (g *Ground) clash(writes, uses uses) string {
	for _, w := range writes.writes {
		for _, u := range slices.Concat(uses.writes, uses.reads) {
			if g.meet(w, u) && !g.aside(w, u) {
				return "one writes " + w.String() + ", and the other uses " + u.String()
			}
		}
	}
	return ""
}

// beside tells whether two steps copy, and whoever comes first makes the directories above what is
// copied as the other would: with the same owner and mode (fsutil's copy.MkdirAll).
func beside(a, b ir.Body) bool {
	x, ok := a.(*ir.Copy)
	y, also := b.(*ir.Copy)
	return ok && also && !x.Link && !y.Link && len(x.Inline)+len(y.Inline) == 0 && x.Chown == y.Chown && x.Chmod == y.Chmod
}

// without are uses but for the directories above something that others have, too.
func without(list, others []use) []use {
	return slices.DeleteFunc(slices.Clone(list), func(u use) bool { return !u.Tree && slices.Contains(others, u) })
}

// uses are the paths that a step uses.
type uses struct{ reads, writes []use }

// use is a path, and whether its entry in the directory itself is made, changed or removed.
type use struct {
	Path
	gone bool // it may be removed, or get another mode, owner or attribute
	// packages have it used, wherever they may have files; or what is used is copied to where they
	// have none, with the directories that it is in
	packages, copied bool
}

// aside tells whether of two uses one is that of packages, and the other of what they leave alone.
func (g *Ground) aside(w, u use) bool {
	return g.Aside && (w.packages && u.copied || w.copied && u.packages)
}

// acts are the uses of a step. What a script may run is in the directories of programs, and what
// these read, libraries and settings, in those of packages.
func (g *Ground) acts(body ir.Body, s Step) (out uses, why string) {
	e := s.Effects
	switch {
	case len(e.Unknown) > 0:
		return out, e.Unknown[0]
	case e.Grade() == Unknown:
		return out, "what it writes is not known"
	case e.Reads.Grade == Unknown:
		return out, "what it reads is not known"
	}
	switch b := body.(type) {
	case *ir.Copy:
		out.owner(b.Chown)
	case *ir.Add:
		out.owner(b.Chown)
	case *ir.Run:
		if g.Path == nil {
			return out, "PATH is not known"
		}
		for _, p := range expanded(b, s) {
			out.reads = append(out.reads, use{Path: canonical(p)})
		}
		for _, m := range b.Mounts {
			target, known := mountedAt(m)
			if !known {
				return out, "where it has a mount is not known"
			}
			out.writes = append(out.writes, madeFor(target)...)
		}
		for _, dir := range slices.Concat(packageDirs, []string{"/proc", "/sys"}, g.Path) {
			out.reads = append(out.reads, use{Path: canonical(Path{Name: path.Clean(dir), Tree: true}), packages: !slices.Contains(g.Path, dir)})
		}
		if why := aliased(s); why != "" && !g.Straight {
			return out, why
		}
	}
	_, script := body.(*ir.Run)
	add := func(list *[]use, p Paths, gone bool) {
		for _, q := range p.List {
			if why == "" && !g.Straight && g.isAlias(q) {
				why = q.String() + " may lead through a link that an earlier step made"
			}
			one := use{gone: gone || alters(s, q), packages: script && s.OfPackages(q), copied: !script && asideOf(e.Writes, q)}
			if one.Path = canonical(q); !script || !strings.HasPrefix(one.Name, "/dev/") { // it has a /dev of its own
				*list = append(*list, one)
			}
		}
	}
	add(&out.reads, e.Reads, false)
	add(&out.writes, e.Writes, false)
	add(&out.writes, e.Removes, true)
	return out, why
}

// asideOf tells of a path that a COPY writes whether it is Aside, or a directory that is there for
// what is.
func asideOf(all Paths, p Path) bool {
	return Aside(p.Name) || !p.Tree && slices.ContainsFunc(all.List, func(q Path) bool {
		return q.Tree && Aside(q.Name) && strings.HasPrefix(q.Name, strings.TrimSuffix(p.Name, "/")+"/")
	})
}

// owner notes that the names of a --chown are looked up in the image.
func (u *uses) owner(chown string) {
	if strings.Trim(chown, "0123456789:") != "" {
		u.reads = append(u.reads, use{Path: Path{Name: "/etc/passwd"}}, use{Path: Path{Name: "/etc/group"}})
	}
}

// isAlias tells whether a path may lead through a link, or to one, that an earlier step made.
func (g *Ground) isAlias(p Path) bool {
	for ; g != nil; g = g.below {
		if slices.ContainsFunc(g.links, func(l Path) bool { return below(p, l) }) {
			return true
		}
	}
	return false
}

// aliased tells of a script one of whose commands may use a path through a link that another of them
// makes.
func aliased(s Step) string {
	for i, c := range s.Commands {
		for _, l := range linked(c) {
			for k, d := range s.Commands {
				for _, p := range slices.Concat(d.Effects.Reads.List, d.Effects.Writes.List, d.Effects.Removes.List) {
					if i != k && below(p, l) {
						return p.String() + " may lead through a link that `" + c.Text + "` makes"
					}
				}
			}
		}
	}
	return ""
}

// below tells whether a path may be a place, or below it, or a tree with the place in it.
func below(p, place Path) bool {
	a, b := canonical(p), canonical(place)
	return common(a, b) && (a.Tree || len(segments(b.Name)) <= len(segments(a.Name)))
}

// meet tells whether a path that is written may be one that is used, or decide about it: a path is
// not there without the directories that it is in.
func (g *Ground) meet(w, u use) bool {
	if packaged(w.Path) && packaged(u.Path) && !g.there(w) && !g.there(u) && !g.Straight && !(g.Aside && (w.copied || u.copied)) {
		return true // by a link of the base image
	}
	if !common(w.Path, u.Path) {
		return false
	}
	n, m := len(segments(w.Name)), len(segments(u.Name))
	if n > m {
		return u.Tree
	}
	return !g.there(w)
}

// packaged tells a path in the directories of packages, of which those of distributions link one
// to the other, as /usr/lib/ssl/certs to /etc/ssl/certs. They have nothing in /opt.
func packaged(p Path) bool {
	return slices.ContainsFunc([]string{"/usr", "/etc", "/var/lib"}, func(dir string) bool { return p.Name == dir || strings.HasPrefix(p.Name, dir+"/") })
}

// there tells a directory that is said to be written as one in which another is made, and that the
// image has anyway.
func (g *Ground) there(u use) bool {
	return g.Standard && !u.gone && !u.Tree && !u.Glob && u.Grade == Over && slices.Contains(standardDirs, u.Name)
}

// packageDirs are those in which packages have programs, libraries, settings and data.
var packageDirs = strings.Fields("/usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc /opt /var/lib")

// standardDirs are in every image of a distribution (Filesystem Hierarchy Standard 3.0, 3 to 5).
var standardDirs = strings.Fields(`/ /etc /home /media /mnt /opt /root /run /srv /tmp /usr /usr/bin /usr/lib /usr/local /usr/local/bin /usr/local/lib /usr/local/share
	/usr/sbin /usr/share /var /var/cache /var/lib /var/log /var/spool /var/tmp`)

// merged are names of directories that are links in many distributions.
var merged = [][2]string{{"/bin", "/usr/bin"}, {"/sbin", "/usr/sbin"}, {"/lib", "/usr/lib"}, {"/lib32", "/usr/lib32"}, {"/lib64", "/usr/lib64"}, {"/libx32", "/usr/libx32"},
	{"/var/run", "/run"}, {"/var/lock", "/run/lock"}, {"/usr/tmp", "/var/tmp"}, {"/var/spool/mail", "/var/mail"}}

// canonical gives a path by the name of the directory that its own is a link to, should it be one.
// /usr/sbin is /usr/bin to some.
func canonical(p Path) Path {
	for _, m := range append(merged, [2]string{"/usr/sbin", "/usr/bin"}) {
		if p.Name == m[0] || strings.HasPrefix(p.Name, m[0]+"/") {
			p.Name = m[1] + p.Name[len(m[0]):]
		}
	}
	return p
}

// common tells whether the shorter of two paths may be the longer one, or a directory that it is in.
func common(p, q Path) bool {
	a, b := segments(p.Name), segments(q.Name)
	for i := range min(len(a), len(b)) {
		if !alike(a[i], p.Glob, b[i], q.Glob) {
			return false
		}
	}
	return true
}

func segments(name string) []string {
	if name = strings.Trim(name, "/"); name == "" {
		return nil
	}
	return strings.Split(name, "/")
}

// alike tells whether two names, of which each may be a pattern, may be one.
func alike(a string, wildA bool, b string, wildB bool) bool {
	wildA, wildB = wildA && wild(a), wildB && wild(b)
	switch {
	case wildA && wildB:
		x, y := front(a), front(b)
		return strings.HasPrefix(x, y) || strings.HasPrefix(y, x)
	case wildA:
		return matches(a, b)
	case wildB:
		return matches(b, a)
	}
	return plainText(a) == plainText(b)
}

// matches tells whether a name, with or without backslashes, may be of a pattern, or is it to the
// letter: a shell that finds no file takes the pattern itself. What brackets stand for is not
// looked at, for a shell has more in them than package path.
func matches(pattern, name string) bool {
	if at := strings.IndexByte(pattern, '['); at >= 0 {
		return strings.HasPrefix(plainText(name), plainText(front(pattern[:at])))
	}
	return slices.ContainsFunc([]string{name, plainText(name)}, func(n string) bool { ok, err := path.Match(pattern, n); return ok || err != nil })
}

// front is what a pattern starts with in any case.
func front(pattern string) string {
	if i := strings.IndexAny(pattern, `*?[\`); i >= 0 {
		return pattern[:i]
	}
	return pattern
}

// plainText is a name without the backslashes of a pattern.
func plainText(name string) string { return strings.ReplaceAll(name, `\`, "") }
