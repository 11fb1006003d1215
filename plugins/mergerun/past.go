package mergerun

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// past is what the ops of a stage, and of those it is based on, did before a RUN, as far
// as later RUNs are read differently for it. It is never changed once made.
type past struct {
	made     map[string]bool // base names of files
	lost     *reason         // nothing is known of any program, or of the shell
	settings *reason         // nor of those that read settings, and of package managers
	aliases  []string        // as in effects
	symbolic []string        // names of symbolic links
	shared   *reason         // a name leads to files that each container has anew
}

// with is the past after more scripts.
func (p past) with(list ...*script) past {
	p.made, p.aliases, p.symbolic = maps.Clone(p.made), slices.Clip(p.aliases), slices.Clip(p.symbolic)
	if p.made == nil {
		p.made = map[string]bool{}
	}
	for _, s := range list {
		maps.Copy(p.made, s.made)
		p.aliases, p.symbolic = append(p.aliases, s.effects.aliases...), append(p.symbolic, s.symbolic...)
		if p.shared == nil {
			p.shared = s.exposes
		}
		if s.never != nil {
			p.lose(because("opaque", "a RUN above is not understood (%s), so that programs may be others than their names say", s.never.code))
		}
		if s.last != nil && s.last.code == "shell-file" {
			p.lose(because("opaque", "a RUN above may have changed the shell"))
		}
		p.change(s.touched)
	}
	return p
}

func (p *past) lose(why *reason) {
	if p.lost == nil {
		p.lost = why
	}
}

// change notes that a file was changed.
func (p *past) change(to part) {
	if to == code {
		p.lose(because("opaque", "the stage may bring programs or libraries of any name"))
	}
	if to == setup && p.settings == nil {
		p.settings = because("opaque", "the stage writes where programs find settings")
	}
}

// copied is the past after a COPY or ADD into a directory. A name with an extension is
// taken for that of a file: a directory would bring names that nobody knows.
func (p past) copied(dir string, dirs, sources []string, dest string) past {
	p = p.with()
	to := word(dest)
	to.dir = true
	list := words{to}
	for _, name := range sources {
		s := word(name)
		switch base := lastOf(s); {
		case !to.whole:
		case path.Ext(base) == "" || !s.whole || strings.ContainsAny(base, "*?["):
			list = append(list, file{text: dest + "/"})
		default:
			list = append(list, file{text: dest + "/" + base, whole: true})
		}
	}
	at := places{dir}
	linked := surroundings{links: p.symbolic}.linked
	for _, f := range list {
		for _, f := range f.resolve(at, linked) {
			if f.dir && f.whole && systemDir(f.text) {
				continue
			}
			p.made[f.base()] = true
			p.change(f.part(dirs))
			if why := f.changed(); why != nil && why.code == "shell-file" {
				p.change(code)
			}
		}
	}
	return p
}

// word is a name in an instruction.
func word(text string) file {
	before, _, open := strings.Cut(text, "$")
	return file{text: before, whole: !open}
}

// runs tells why nobody knows what a script runs.
func (p past) runs(s *script, accepts func(string) bool) *reason {
	for _, name := range slices.Sorted(maps.Keys(s.ran)) {
		switch {
		case accepts(name):
		case p.made[name]:
			return because("opaque", "`%s` may be a program that the stage makes", name)
		case p.settings != nil && !plainProgram(name):
			return because("opaque", "`%s` may do anything: %s", name, p.settings.text)
		}
	}
	return nil
}

// plainProgram tells programs of the tables that read no settings.
func plainProgram(name string) bool {
	_, a := coreutils(name)
	_, b := files(name)
	_, c := finder(name)
	o, d := optionsOf(name)
	return a || b || c || isShell(name) || d && !o.settings
}
