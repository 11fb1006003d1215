package input

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// Offender is a part of a build context that makes it large.
type Offender struct {
	Path   string // relative, with slashes; or a pattern for several, like **/node_modules
	Size   int64  // bytes
	Files  int
	Ignore string // the line of .dockerignore that drops it; "" when the Dockerfile names it
}

// seldomMeant are directories and files that tools make, or make again: told by
// their names, wherever they are.
var seldomMeant = []string{
	"node_modules", "bower_components", ".git", ".hg", ".svn", ".venv", "venv", "__pycache__", ".tox", ".mypy_cache",
	".pytest_cache", ".cache", ".gradle", ".next", ".nuxt", ".terraform", "target", "dist", "build", "coverage",
	"*.log", "*.tmp", "*.bak", "*.pyc", "*.o", "*.class",
}

// Offenders gives at most n parts that make a context large, the largest first.
// What has a name like node_modules, .git or *.log is one part, wherever it is.
// Else a directory is one, unless most of it is in one of its entries: then that
// is. Follow are the paths that the Dockerfile reads, nil is all.
func (s *Size) Offenders(n int, follow []string) []Offender {
	o := &offenders{follow: follow, groups: map[string]*group{}, n: n}
	for _, key := range seldomMeant {
		if !o.wanted(key) {
			o.groups[key] = &group{}
		}
	}
	list := o.visit("", &s.Entry).parts
	for key, g := range o.groups {
		p := Offender{Path: g.path, Size: g.size, Files: g.files}
		if g.count > 1 {
			p.Path = "**/" + key
			p.Ignore = p.Path
		}
		list = append(list, p)
	}
	list = o.largest(list)
	for i, p := range list {
		if p.Ignore == "" && !slices.Contains(follow, p.Path) {
			list[i].Ignore = ignoreLine(p.Path)
		}
	}
	return list
}

type offenders struct {
	follow []string
	groups map[string]*group // by the names of seldomMeant
	n      int
}

// group is what has a name in common.
type group struct {
	path  string // of the first one
	count int
	size  int64
	files int
}

// wanted tells whether the Dockerfile reads something that is called like that.
func (o *offenders) wanted(key string) bool {
	return slices.ContainsFunc(o.follow, func(p string) bool {
		if ending, ok := strings.CutPrefix(key, "*"); ok {
			return strings.HasSuffix(p, ending)
		}
		return slices.Contains(strings.Split(p, "/"), key)
	})
}

// rest is what of an entry is in no group, and the parts that make it large.
type rest struct {
	size  int64
	files int
	parts []Offender
}

func (o *offenders) visit(name string, e *Entry) rest {
	key := e.Name
	if !e.Type.IsDir() {
		key = "*" + path.Ext(e.Name)
	}
	if g := o.groups[key]; g != nil && name != "" {
		if g.count++; g.count == 1 {
			g.path = name
		}
		g.size += e.Size
		g.files += e.Files
		return rest{}
	}
	if !e.Type.IsDir() {
		return rest{e.Size, e.Files, []Offender{{Path: name, Size: e.Size, Files: e.Files}}}
	}
	var (
		r    rest
		most int64
	)
	for i := range e.Entries {
		c := o.visit(path.Join(name, e.Entries[i].Name), &e.Entries[i])
		r.size, r.files, most = r.size+c.size, r.files+c.files, max(most, c.size)
		r.parts = append(r.parts, c.parts...)
	}
	if name != "" && !o.above(name) && most <= r.size/2 {
		r.parts = []Offender{{Path: name, Size: r.size, Files: r.files}}
	}
	r.parts = o.largest(r.parts)
	return r
}

// above tells whether the Dockerfile names a directory or something in it: a line
// that drops it would break the build.
func (o *offenders) above(name string) bool {
	return slices.ContainsFunc(o.follow, func(p string) bool {
		return p == name || strings.HasPrefix(p, name+"/")
	})
}

// largest sorts parts, and drops those behind the n-th and the empty ones.
func (o *offenders) largest(parts []Offender) []Offender {
	parts = slices.DeleteFunc(parts, func(p Offender) bool { return p.Size == 0 })
	slices.SortFunc(parts, func(a, b Offender) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), strings.Compare(a.Path, b.Path))
	})
	return parts[:min(len(parts), o.n)]
}
