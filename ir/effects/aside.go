package effects

import (
	"path"
	"slices"
	"strings"
)

// Aside tells a path of which it may be guessed that packages of distributions have nothing to do
// with what a project puts there: it is in a directory for others than them (Filesystem Hierarchy
// Standard 3.0, 3.13 and 3.17; Debian Policy 9.1 and 11.5), or has its own place beside theirs. A
// package may, all the same: it is for who builds and compares.
func Aside(name string) bool {
	name = canonical(Path{Name: path.Clean(name)}).Name
	parts := segments(name)
	switch {
	case len(parts) == 0:
		return false
	case strings.HasPrefix(name, "/usr/src/"), strings.HasPrefix(name, "/var/www/"):
		return true
	case parts[0] == "opt", parts[0] == "srv":
		return true
	case parts[0] == "usr" && len(parts) > 1:
		return !slices.Contains(usrDirs, parts[1])
	}
	return !slices.Contains(systemDirs(), "/"+parts[0])
}

// usrDirs are the directories of /usr (Filesystem Hierarchy Standard 3.0, 4.2 and 4.3).
var usrDirs = strings.Fields("bin games include lib lib32 lib64 libx32 libexec local sbin share src tmp")

// systemDirs are those of systemTrees.
func systemDirs() (list []string) {
	for _, name := range strings.Fields(systemTrees) {
		list = append(list, strings.TrimSuffix(name, "/"))
	}
	return list
}

// OfPackages tells whether a step uses a path only for what packages of distributions may have and
// do anywhere below it: its package managers do, and no other command.
func (s Step) OfPackages(p Path) bool {
	by := false
	for _, c := range s.Commands {
		if e := c.Effects; slices.ContainsFunc([]Paths{e.Reads, e.Writes, e.Removes}, func(list Paths) bool { return slices.Contains(list.List, p) }) {
			if !c.ofPackages(p) {
				return false
			}
			by = true
		}
	}
	return by
}

// WithoutPackages are the effects of a command, without what it uses only for what packages may
// have and do there.
func (c Command) WithoutPackages() Effects {
	e := c.Effects
	for _, list := range []*Paths{&e.Reads, &e.Writes, &e.Removes} {
		list.List = slices.DeleteFunc(slices.Clone(list.List), c.ofPackages)
	}
	return e
}

func (c Command) ofPackages(p Path) bool {
	row := rows().find(path.Base(c.Name))
	return row != nil && row.System && p.Tree && slices.Contains(systemDirs(), p.Name)
}
