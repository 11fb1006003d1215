package mergerun

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// row is what is known of a program that ends with all that it started, and tells the
// next shell nothing but by files. What it changes in place counts, see naming.
type row struct {
	can   func(a words) bool // the arguments with which that holds; nil is all
	nodes func(a words) bool // what it prints tells what depends on the layers: how many names files have, or the order of directories

	links bool  // it may give files further names
	names bool  // what it makes may be names of other files
	made  words // the files that it makes, changes or removes

	changes words // those that it changes in place
	fixed   bool  // can is false of what it is given, not of what find and xargs may give it

	packages bool // it is a package manager of a distribution
	purges   bool // it removes packages
	own      bool // it changes files of its own below system directories
}

// words are the arguments of a program.
type words []file

// any tells whether an argument is one of these texts, starts with one that ends in "*",
// or abbreviates one that is a long option.
func (a words) any(texts ...string) bool {
	return slices.ContainsFunc(a, func(w file) bool {
		return slices.ContainsFunc(texts, func(t string) bool {
			head, open := strings.CutSuffix(t, "*")
			if name, _, _ := strings.Cut(w.text, "="); strings.HasPrefix(t, "--") && len(name) > 2 && strings.HasPrefix(head, name) {
				return true // getopt_long(3) takes abbreviations
			}
			return w.text == t || open && strings.HasPrefix(w.text, head)
		})
	})
}

// short tells whether one of these letters may be an option.
func (a words) short(letters string) bool {
	return slices.ContainsFunc(a, func(w file) bool {
		return strings.HasPrefix(w.text, "-") && !strings.HasPrefix(w.text, "--") && strings.ContainsAny(w.text, letters)
	})
}

// texts are those that are known.
func (a words) texts() (list []string) {
	for _, w := range a {
		if w.whole {
			list = append(list, w.text)
		}
	}
	return list
}

// open tells whether an argument may turn out to be an option.
func (a words) open() bool {
	return slices.ContainsFunc(a, func(w file) bool { return !w.whole && w.text == "" })
}

// managed is what is known of a package manager that is told to do something, by the table of
// package effects. Those of distributions unpack beside a file and rename. Scripts of their packages
// are taken to keep to the policy of the distribution: they wait for what they start, and leave
// services to policy-rc.d(8), which official images have say no. Those of registries of languages
// have no policy, so that only what runs none of them counts.
func managed(t effects.Task) row {
	can := false
	switch t.Action {
	case effects.ToAsk, effects.ToClean:
		can = true
	case effects.ToRemove:
		can = t.System
	case effects.ToUpdate, effects.ToUpgrade, effects.ToInstall:
		can = t.System && t.Named && t.Command != "builddep" // by a file that runs macros
	case effects.ToSet:
		can = strings.HasPrefix(t.Command, "module ")
	case "":
		can = t.Command == "" && slices.ContainsFunc(t.Given, func(o shell.Option) bool { return strings.EqualFold(o.Name, "v") || o.Name == "version" })
	}
	purges := t.Action == effects.ToRemove || slices.Contains([]string{"dist-upgrade", "full-upgrade", "dselect-upgrade", "safe-upgrade", "dup", "distro-sync", "swap"}, t.Command) ||
		slices.ContainsFunc(t.Given, func(o shell.Option) bool { return o.Name == "auto-remove" || o.Name == "autoremove" })
	return row{can: func(words) bool { return can && t.Tame }, packages: t.System, purges: purges, own: true}
}

// rowOf gives what is known of the program of a command, with what find and xargs give it.
func rowOf(c *shell.Command, given words) (row, bool) {
	if t, ok := effects.TaskOf(c); ok {
		return managed(t), true
	}
	p := effects.ProgramOf(c.Name)
	if !p.Alone {
		return row{}, false
	}
	return followed(c, p, given), true
}

// followed is what the table of package effects says of a command. What find and xargs give it stands
// for "{}", and for a word at its end.
func followed(c *shell.Command, p effects.Program, given words) row {
	alone := *c
	if alone.Via, alone.User = nil, ""; slices.Contains(c.Via, "xargs") {
		alone.Args = append(slices.Clip(c.Args), shell.Word{Text: "{}", Known: true, Start: -1, End: -1})
	}
	if c.Name == "find" { // see walker.find
		_, rest := c.Finds()
		alone.Args = slices.DeleteFunc(rest, func(w shell.Word) bool { return w.Lit() == "-delete" })
	}
	e := effects.OfCommand(&alone, effects.State{Dir: ".", Open: true, Form: func(string) string { return string(eval.AnyWord) }}) // others are refused: see splits
	has := func(d effects.Dealing) bool { return slices.Contains(e.Dealings, d) }
	written := pathsOf(e.Writes, given, true)
	removed := pathsOf(e.Removes, given, false)
	made := above(c, append(written, removed...))
	ours := func(p effects.Path) bool { return p.Own }
	r := row{made: made, links: has(effects.Links), names: has(effects.Names), fixed: !p.Runs}
	r.own = slices.ContainsFunc(e.Writes.List, ours) || slices.ContainsFunc(e.Removes.List, ours)
	r.can = func(a words) bool {
		return len(e.Unknown) == 0 && !has(effects.Packing) && !has(effects.Daemon) && !has(effects.Helpers) && (r.fixed || !a.open())
	}
	r.nodes = func(a words) bool { return has(effects.Order) || p.Orders && a.open() }
	if !p.Renames && len(written) > 0 {
		for _, f := range made {
			if dir, tree := strings.CutSuffix(f.text, "/"); tree && !f.whole && f.tail == "" {
				f = file{text: cmp.Or(dir, "/"), whole: true}
			} else if i := strings.IndexAny(f.text, "*?[\\"); i >= 0 && f.whole {
				f.text = path.Dir(f.text[:i] + "x") // what a wildcard stands for is in there
			}
			r.changes = append(r.changes, f)
		}
	}
	return r
}

// above adds the names of files as words with ".." in them have it, which may be above a link of the base,
// as /bin: package effects has taken it off.
func above(c *shell.Command, made words) words {
	n := len(made)
	for _, w := range c.Args {
		if n == 0 || !strings.Contains(w.Text, "..") {
			continue
		}
		f := fileOf(w)
		made = append(made, f)
		for _, m := range made[:n:n] {
			if !m.whole {
				made = append(made, f.tree())
			}
			made = append(made, file{text: f.text + "/" + m.base(), whole: f.whole})
		}
	}
	return made
}

// pathsOf are the names that paths stand for. What is removed has all that is below it, too, what is
// written below a directory leaves that as it is.
func pathsOf(p effects.Paths, given words, write bool) (list words) {
	if p.Any {
		list = append(list, unnamed)
	}
	for _, p := range p.List {
		if p.Made || p.Own || p.Link || p.Into && !write {
			continue // what is in the way of what is written counts there
		}
		name := file{text: p.Name, whole: true, dir: p.Into}
		if p.Grade == effects.Unknown {
			if name = unnamed; p.Word != nil {
				name = fileOf(*p.Word)
			}
		}
		switch {
		case name.text == "{}" && name.whole && !(p.Tree && write):
			list = append(list, given...)
		case strings.HasPrefix(name.text, "{}"):
			for _, g := range given {
				list = append(list, file{text: g.text}) // with another end, or what is below it
			}
		case strings.Contains(name.text, "{}"):
			list = append(list, file{text: name.text[:strings.Index(name.text, "{}")]})
		case p.Tree && write:
			name.dir = true
			list = append(list, name, name.tree())
		default:
			list = append(list, name)
		}
	}
	return list
}

// isKnown tells the name of a program of which something is known.
func isKnown(name string) bool {
	_, manages := effects.TaskOf(&shell.Command{Name: name})
	return manages || effects.ProgramOf(name).Alone
}
