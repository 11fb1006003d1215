package validate

import (
	"bytes"
	"context"
	"debug/elf"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate/control"
)

// What an image may lack besides files by their paths is named by these prefixes: a package, with what
// was installed for it alone, and what the base image has that another has not.
const (
	dropsPackage = "apt:"
	dropsBase    = "base:"
)

// declared is what B was meant to lack, other than by a pattern of paths. The indexes are those of
// Verdict.Dropped.
type declared struct {
	packages map[string]int // by name
	base     int            // -1 for none
	layers   [2]int         // of the base images of A and B

	owned map[string]int // paths of packages that are gone
	names map[string]int // packages that are gone, as "gcc:amd64"
}

// isPattern tells a pattern of paths from what stands for more.
func isPattern(p string) bool {
	return !strings.HasPrefix(p, dropsPackage) && !strings.HasPrefix(p, dropsBase)
}

// declare reads what is said to be dropped.
func declare(dropped []string) declared {
	d := declared{packages: map[string]int{}, base: -1, owned: map[string]int{}, names: map[string]int{}}
	for i, p := range dropped {
		if name, ok := strings.CutPrefix(p, dropsPackage); ok {
			d.packages[name] = i
		} else if strings.HasPrefix(p, dropsBase) {
			d.base = i
		}
	}
	return d
}

// baseLayers is how many layers an image has of its base: those in front of the first that a line of
// its Dockerfile made. Where no line is known there is none.
func baseLayers(i *Image) int {
	n := slices.IndexFunc(origins(i), func(o Origin) bool { return o.Line > 0 || o.By != "" })
	return max(n, 0)
}

// resolve finds out which packages of A are gone on purpose, and what is theirs: those that are
// declared, and those that, by what dpkg knows of them, are there for these.
func (d *declared) resolve(ctx context.Context, r *Reader, a, b *Tree, missing []Package) error {
	d.layers = [2]int{baseLayers(a.Image), baseLayers(b.Image)}
	status := a.at(dpkgStatus)
	if len(d.packages) == 0 || status == nil || status.Kind != Regular {
		return nil
	}
	var list []map[string]string
	err := r.contents(ctx, []*Node{status}, func(_ *Node, data []byte) {
		for _, s := range control.Stanzas(string(data)) {
			list = append(list, control.Fields(s))
		}
	})
	if err != nil {
		return err
	}
	closure := closureOf(list, d.packages)
	var lists []*Node
	whose := map[*Node]int{}
	for _, f := range list {
		name, arch := f["Package"], f["Architecture"]
		at, meant := closure[name]
		gone := slices.ContainsFunc(missing, func(p Package) bool {
			return p.Manager == dpkg && p.Change == Removed && p.Name == name+":"+arch
		})
		if !meant || !gone {
			continue
		}
		d.names[name+":"+arch] = at
		for _, base := range []string{name, name + ":" + arch} {
			if n := a.at("/var/lib/dpkg/info/" + base + ".list"); n != nil && n.Kind == Regular {
				lists, whose[n] = append(lists, n), at
			}
		}
	}
	return r.contents(ctx, lists, func(n *Node, data []byte) {
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); path.IsAbs(line) {
				d.owned[line] = whose[n]
				if top, _, _ := strings.Cut(line[1:], "/"); slices.Contains([]string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"}, top) {
					d.owned["/usr"+line] = whose[n] // where these are links
				}
			}
		}
	})
}

// closureOf are packages with all that they depend on or recommend, by name, with what declares them.
func closureOf(list []map[string]string, declared map[string]int) map[string]int {
	provides := map[string][]string{}
	needs := map[string][]string{}
	for _, f := range list {
		name := f["Package"]
		for _, p := range control.Names(f["Provides"]) {
			provides[p] = append(provides[p], name)
		}
		provides[name] = append(provides[name], name)
		needs[name] = append(needs[name], control.Names(f["Pre-Depends"]+","+f["Depends"]+","+f["Recommends"])...)
	}
	all := maps.Clone(declared)
	todo := slices.Sorted(maps.Keys(declared))
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		for _, need := range needs[name] {
			for _, p := range provides[need] {
				if _, seen := all[p]; !seen {
					all[p] = all[name]
					todo = append(todo, p)
				}
			}
		}
	}
	return all
}

// records are what dpkg and apt, and what runs behind them, write down of what is installed: content
// that follows from the packages, which are compared by themselves.
var records = strings.Fields(`/var/lib/dpkg/status /var/lib/dpkg/status-old /var/lib/dpkg/available /var/lib/dpkg/diversions-old /var/lib/dpkg/triggers/File
	/var/lib/dpkg/triggers/Unincorp /var/lib/dpkg/lock /var/lib/dpkg/lock-frontend /var/lib/dpkg/triggers/Lock /var/lib/apt/extended_states /var/lib/apt/daily_lock
	/var/cache/apt/archives/lock /var/lib/apt/lists/lock /var/cache/ldconfig/aux-cache /etc/ld.so.cache /var/cache/debconf/config.dat /var/cache/debconf/templates.dat /var/cache/debconf/passwords.dat
	/var/log/apt/eipp.log.xz /var/log/apt/history.log /var/log/apt/term.log /var/log/dpkg.log /var/log/alternatives.log`)

// areas are directories that apt makes, and gives its own mode and owner, when it runs.
var areas = strings.Fields("/var/cache/apt/archives/partial /var/lib/apt/lists/partial /var/lib/apt/lists/auxfiles")

// index is the entry of Verdict.Dropped that a difference falls under, -1 for none.
func (d *declared) index(a, b *Tree, at Difference) int {
	if d.base >= 0 && d.ofBase(at) {
		return d.base
	}
	if len(d.names) == 0 {
		return -1
	}
	first := slices.Min(slices.Collect(maps.Values(d.names)))
	content := at.Change == Changed && !slices.ContainsFunc(at.Aspects, func(s Aspect) bool { return s.Form == "" && s.What != aspectContent })
	switch {
	case at.Change == Added && slices.Contains(areas, at.Path) && at.Kind == Directory && len(at.b.children) == 0:
		return first
	case at.Change == Added:
		return -1
	case slices.Contains(records, at.Path) && (content || at.Change == Removed && at.Path != dpkgStatus):
		return first
	case at.Change == Changed && slices.Contains(areas, at.Path) && at.a.Kind == Directory && at.b.Kind == Directory:
		return first
	case at.Change == Changed:
		return -1
	}
	if i, ok := d.owned[at.Path]; ok {
		return i
	}
	if rest, ok := strings.CutPrefix(at.Path, "/var/lib/dpkg/info/"); ok {
		name := strings.TrimSuffix(rest, path.Ext(rest))
		for known, i := range d.names {
			plain, _, _ := strings.Cut(known, ":")
			if name == known || name == plain {
				return i
			}
		}
	}
	if alternative(a, b, at.Path) {
		return first
	}
	return -1
}

// ofBase tells a difference of two base images: what only one has, or both have, and no layer of the
// Dockerfiles has touched.
func (d *declared) ofBase(at Difference) bool {
	inA, inB := at.a != nil && at.a.Layer < d.layers[0], at.b != nil && at.b.Layer < d.layers[1]
	switch at.Change {
	case Removed:
		return inA
	case Added:
		return inB
	}
	return inA && inB
}

// alternative tells a link of update-alternatives(1), or a file of it, that is gone with the program it
// leads to.
func alternative(a, b *Tree, name string) bool {
	if base, ok := strings.CutPrefix(name, "/var/lib/dpkg/alternatives/"); ok {
		return b.at("/etc/alternatives/"+base) == nil
	}
	n := a.at(name)
	for range 2 {
		if n == nil || n.Kind != Symlink || !path.IsAbs(n.Target) {
			return false
		}
		target := n.Target
		if !strings.HasPrefix(n.Path(), "/etc/alternatives/") {
			if !strings.HasPrefix(target, "/etc/alternatives/") || b.at(target) != nil {
				return false
			}
			n = a.at(target)
			continue
		}
		for _, at := range []string{target, "/usr" + target} {
			if b.at(at) != nil {
				return false
			}
		}
		return true
	}
	return false
}

// lacking are files of B, and no base image's, that need something which was dropped: a library by
// name, or the program behind "#!". What they load or start by themselves is not seen.
func (d *declared) lacking(ctx context.Context, r *Reader, a, b *Tree) (list []Difference, err error) {
	if d.base < 0 && len(d.names) == 0 {
		return nil, nil
	}
	libraries := [2]map[string]bool{{}, {}}
	var look []*Node
	for i, t := range []*Tree{a, b} {
		t.Walk(func(n *Node) {
			if strings.Contains(n.name, ".so") {
				libraries[i][n.name] = true
			}
			if i == 1 && n.Kind == Regular && n.Layer >= d.layers[1] && (n.Mode&0o111 != 0 || strings.Contains(n.name, ".so")) {
				look = append(look, n)
			}
		})
	}
	err = r.contents(ctx, look, func(n *Node, data []byte) {
		for _, need := range needs(data) {
			gone := false
			if path.IsAbs(need) {
				gone = a.leads(need) && !b.leads(need)
			} else {
				gone = libraries[0][need] && !libraries[1][need]
			}
			if gone {
				list = append(list, Difference{Path: n.Path(), Change: Changed, Kind: Regular, Size: n.Size, Note: "it needs " + shown(need) + ", which was dropped"})
			}
		}
	})
	return list, err
}

// needs are the libraries of a program, by name, or the program of a script, absolute.
func needs(data []byte) (list []string) {
	if rest, ok := bytes.CutPrefix(data, []byte("#!")); ok {
		line, _, _ := bytes.Cut(rest[:min(len(rest), 256)], []byte("\n"))
		if words := strings.Fields(string(line)); len(words) > 0 {
			list = append(list, words[0])
			if len(words) > 1 && path.Base(words[0]) == "env" && !strings.ContainsAny(words[1], "-=/") {
				list = append(list, "/usr/bin/"+words[1])
			}
		}
		return list
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	list, err = f.ImportedLibraries()
	if err != nil {
		return nil
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP && p.Filesz < 4096 {
			name := make([]byte, p.Filesz)
			if _, err := p.ReadAt(name, 0); err == nil {
				list = append(list, strings.TrimRight(string(name), "\x00"))
			}
		}
	}
	return list
}

// leads tells whether a path is that of a file, behind links.
func (t *Tree) leads(name string) bool {
	for range maxLinks {
		dir, base := path.Split(path.Clean(name))
		at, err := t.directory(dir, 0, false)
		if at == nil || err != nil {
			return false
		}
		n := at.children[base]
		if n == nil || n.Kind != Symlink {
			return n != nil && n.Kind == Regular
		}
		if name = n.Target; !path.IsAbs(name) {
			name = path.Join(at.Path(), name)
		}
	}
	return false
}
