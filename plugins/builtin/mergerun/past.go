package mergerun

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
)

// past is what the ops of a stage, and of those it is based on, did before a RUN, as far
// as later RUNs are read differently for it. It is never changed once made.
type past struct {
	made     *names   // base names of files
	lost     *reason  // nothing is known of any program, or of the shell
	settings *reason  // nor of those that read settings, and of package managers
	aliases  []string // as in naming
	symbolic []string // names of symbolic links
	shared   *reason  // a name leads to files that each container has anew
}

// names are those of an op, and of the ops before.
type names struct {
	list   map[string]bool
	before *names
}

// has tells whether a name is one of them.
func (n *names) has(name string) bool {
	for ; n != nil; n = n.before {
		if n.list[name] {
			return true
		}
	}
	return false
}

// with is the past after a script.
func (p past) with(s *script) past {
	if len(s.made) > 0 {
		p.made = &names{s.made, p.made}
	}
	p.aliases, p.symbolic = append(slices.Clip(p.aliases), s.effects.aliases...), append(slices.Clip(p.symbolic), s.symbolic...)
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

// copied is the past after a COPY, in a directory. A name with an extension is taken for that of
// a file: a directory would bring names that nobody knows.
func (p past) copied(dir string, b *ir.Copy) past {
	var files []string
	for _, name := range b.Sources {
		if base := path.Base(name); b.Parents || path.Ext(base) == "" || strings.ContainsAny(base, "$*?[") {
			name = ""
		}
		files = append(files, name)
	}
	return p.puts(dir, b.Dest, files, b.Inline)
}

// added is the past after an ADD, which unpacks what is an archive, and clones repositories.
func (p past) added(dir string, b *ir.Add) past {
	var files []string
	for _, name := range b.Sources {
		url := strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
		if ext := path.Ext(path.Base(name)); !url || b.Unpack != nil || ext == "" || ext == ".git" || strings.ContainsAny(path.Base(name), "$#?") {
			name = ""
		}
		files = append(files, name)
	}
	return p.puts(dir, b.Dest, files, b.Inline)
}

// puts is the past after files were put at dest or in there. A name of "" is of any number of
// files of any names.
func (p past) puts(dir, dest string, files []string, inline []ir.Inline) past {
	made := map[string]bool{}
	p.made = &names{made, p.made}
	to := word(dest)
	to.dir = true
	list := words{to}
	for _, d := range inline {
		files = append(files, d.Name)
	}
	for _, name := range files {
		if name == "" || !to.whole {
			list = append(list, to.tree())
		} else {
			list = append(list, file{text: dest + "/" + path.Base(name), whole: true})
		}
	}
	for _, f := range list {
		for _, f := range f.resolve(places{dir}, surroundings{links: p.symbolic}.linked) {
			if f.dir && f.whole && systemDir(f.text) {
				continue
			}
			made[f.base()] = true
			p.change(f.part())
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

// runs tells why nobody knows what a script runs, of the names of files that are made by then.
func (p past) runs(s *script, made *names, accepts func(string) bool) *reason {
	if s.tuned {
		p.change(setup)
	}
	for _, name := range slices.Sorted(maps.Keys(s.ran)) {
		switch {
		case accepts(name):
		case made.has(name):
			return because("opaque", "`%s` may be a program that the stage makes", name)
		case p.settings != nil && !plainProgram(name):
			return because("opaque", "`%s` may do anything: %s", name, p.settings.text)
		}
	}
	return nil
}

// plainProgram tells programs of the tables that read no settings.
func plainProgram(name string) bool {
	p := effects.ProgramOf(name)
	return p.Alone && !p.Settings || isShell(name) || understood(name) && name != "sudo"
}
