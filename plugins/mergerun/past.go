package mergerun

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// past is what the ops of a stage, and of those it is based on, did before a RUN, as far
// as later RUNs are read differently for it. It is never changed once made.
type past struct {
	made    map[string]bool // base names of files; those of programs whose settings were written, too
	any     bool            // a name that is not known, where the shell finds programs
	aliases []string        // as in effects
	shared  *reason         // a name leads to files that each container has anew
}

// with is the past after more scripts.
func (p past) with(list ...*script) past {
	p.made, p.aliases = maps.Clone(p.made), slices.Clip(p.aliases)
	if p.made == nil {
		p.made = map[string]bool{}
	}
	for _, s := range list {
		maps.Copy(p.made, s.made)
		p.any = p.any || s.makes
		p.aliases = append(p.aliases, s.effects.aliases...)
		if p.shared == nil {
			p.shared = s.exposes
		}
	}
	return p
}

// copied is the past after a COPY or ADD.
func (p past) copied(sources []string, dest string) past {
	p = p.with()
	for _, name := range append(slices.Clone(sources), dest) {
		p.made[path.Base(name)] = true
		if strings.Contains(path.Base(name), "$") && (file{before(name), false}).program() {
			p.any = true
		}
		for _, c := range configured(name) {
			p.made[c] = true
		}
	}
	return p
}

func before(text string) string { text, _, _ = strings.Cut(text, "$"); return text }

// runs tells a program that a script runs and that may be another than its name says.
func (p past) runs(s *script, accepts func(string) bool) *reason {
	for _, name := range slices.Sorted(maps.Keys(s.ran)) {
		if (p.any || p.made[name]) && !accepts(name) {
			return because("opaque", "`%s` may be a program that the stage makes, or have settings that it writes", name)
		}
	}
	return nil
}

// change is what an op other than RUN does to the past.
func (p past) change(body ir.Body) past {
	switch b := body.(type) {
	case *ir.Copy:
		return p.copied(b.Sources, b.Dest)
	case *ir.Add:
		return p.copied(b.Sources, b.Dest)
	}
	return p
}

// program tells whether a file that is not whole may be one where shells find programs. Of
// one that starts with a variable or a pattern nobody knows; it is taken for no program.
func (p file) program() bool {
	if p.whole && pathChars(p.text) {
		return false
	}
	text := p.text
	if i := strings.IndexAny(text, "*?[{"); i >= 0 {
		text = text[:i]
	}
	return slices.ContainsFunc([]string{"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/"}, func(dir string) bool {
		return strings.HasPrefix(text, dir) || strings.HasPrefix(dir, text) && len(text) > 1
	})
}

// settings are files, or ends of their names, that tell programs what to run: apt.conf(5),
// dpkg(1), git-config(1), wget(1), curl(1), openssl(1), ld.so(8), yum.conf(5).
var settings = []struct {
	name     string
	programs []string
}{
	{"/apt.conf", []string{"apt-get", "apt", "aptitude", "apt-mark", "apt-cache", "apt-config"}},
	{"/dpkg.cfg", []string{"apt-get", "apt", "aptitude", "dpkg"}},
	{"gitconfig", []string{"git"}},
	{"git-core/templates", []string{"git"}},
	{".config/git", []string{"git"}},
	{"wgetrc", []string{"wget"}},
	{".curlrc", []string{"curl"}},
	{"openssl.cnf", []string{"openssl", "curl", "wget", "git"}},
	{"/yum/plug", []string{"yum"}},
	{"/dnf/plug", []string{"dnf", "yum", "microdnf"}},
	{"/commit_hooks.d", []string{"apk"}},
}

// configured are the programs whose settings a text names.
func configured(text string) (names []string) {
	for _, s := range settings {
		if strings.Contains(text, s.name) {
			names = append(names, s.programs...)
		}
	}
	return names
}
