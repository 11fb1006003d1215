package effects

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/seed-e0495807/strake/ir/shell"
)

// project is a row: what a command of a package manager has to do with the project that it stands
// in, as long as it is given no other options than these.
type project struct {
	Names   string // of programs
	Command string // the words that say what to do: several names of one, but for "mod download"
	Bare    bool   // it does so without a word, too
	Manager string
	Source  string // the manual page, and of which version

	Before  string // options in front of the word; "" is those of the command
	Options string // as those of program
	Single  bool   // long options have one dash
	// Operands says that it may be given packages.
	Operands bool

	Reads  string // files of the directory that it stands in, those that are there
	Makes  string // what it makes in there; with a slash at the end it is a tree
	Locks  string // files of Reads that it may write anew, and does not with an option of Frozen
	Frozen string

	before, options shell.Options // of Before and Options, for words of a script
	known           program       // has the options
}

// Project is what a command of a package manager has to do with the project in whose directory it
// stands. Names are relative to that, and clean.
type Project struct {
	Manager string // "npm", "yarn", "pnpm", "pip", "go", "bundle" or "composer"
	Command string // its word, as "ci"; "" when there is none
	Given   []shell.Option
	Reads   []string     // files that it reads where they are there
	Makes   []string     // trees and files that it makes, or changes
	Locks   []string     // of Reads, those that it may write anew
	Files   []shell.Word // that its options name, and that it reads
	Dirs    []shell.Word // that its options name, in which it may write
	Sources []shell.Word // that its options name, and that packages come from
	// Packages are those that it is given by name.
	Packages []shell.Word
}

// Has tells whether an option is given, by a long name without dashes.
func (p *Project) Has(name string) bool {
	return slices.ContainsFunc(p.Given, func(o shell.Option) bool { return o.Name == name })
}

// projects are the rows by the names of programs.
var projects = sync.OnceValue(func() map[string][]*project {
	rows, all := projectRows(), map[string][]*project{}
	for i := range rows {
		rows[i].prepare()
		for name := range strings.FieldsSeq(rows[i].Names) {
			all[name] = append(all[name], &rows[i])
		}
	}
	return all
})

// prepare reads the options of a row.
func (r *project) prepare() {
	before := program{known: options(cmp.Or(r.Before, r.Options))}
	r.before, r.known.known = before.readWords(), options(r.Options)
	if r.Single {
		for name, o := range maps.Clone(r.known.known) {
			if len(name) > 2 {
				r.known.known["-"+name] = o
			}
		}
	}
	r.options = r.known.readWords()
}

// ProjectOf reads a command that installs what a project needs, and reads of the project only
// what it says: what the files themselves make it read comes on top. It is nil for other
// commands; why says what is not known of such a one.
func ProjectOf(c *shell.Command) (p *Project, why string) {
	if slices.Contains([]string{"python", "python3", "python2"}, c.Name) && c.Arg(0) == "-m" && c.Arg(1) == "pip" {
		return &Project{Manager: "pip"}, "python -m takes modules of the directory that it stands in for its own"
	}
	for _, row := range projects()[c.Name] {
		if args, word, ok := row.command(c.Args); ok && !c.Has("-g", "--global", "--location=global") { // which is of no project
			return row.read(c, word, args)
		}
	}
	return nil, ""
}

// command finds the words of a row, and gives what else the command is given: options in front of
// a word are as good as behind it.
func (r *project) command(args []shell.Word) (rest []shell.Word, word string, ok bool) {
	if r.Single { // they follow one another
		words := strings.Fields(r.Command)
		for i, w := range words {
			if i >= len(args) || args[i].Lit() != w {
				return nil, "", false
			}
		}
		return args[len(words):], r.Command, true
	}
	_, operands, ok := r.before.Parse(args, false)
	switch {
	case !ok:
		return nil, "", false
	case len(operands) == 0:
		return args, "", r.Bare
	case operands[0].Known && listed(r.Command, operands[0].Text):
		return slices.Concat(args[:len(args)-len(operands)], operands[1:]), operands[0].Text, true
	}
	return nil, "", false
}

// read takes the arguments of a command apart.
func (r *project) read(c *shell.Command, word string, args []shell.Word) (*Project, string) {
	p := &Project{Manager: r.Manager, Command: word, Reads: strings.Fields(r.Reads), Makes: strings.Fields(r.Makes)}
	if r.Single {
		args = slices.Clone(args)
		for i, a := range args { // -x and -json are long
			if a.Known && strings.HasPrefix(a.Text, "-") && len(a.Text) > 2 {
				args[i].Text = "-" + a.Text
			}
		}
	}
	given, operands, ok := r.options.Parse(args, true)
	switch {
	case c.Apart || c.User != "" || c.Fed():
		return p, "it is run by another program"
	case strings.Contains(c.Prog.Text, "/") && !standard(c.Prog.Text[:strings.LastIndexByte(c.Prog.Text, '/')]):
		return p, "it is no program of the system"
	case slices.ContainsFunc(args, func(w shell.Word) bool { return !w.Known }):
		return p, "it has a word that only the run shows"
	case !ok:
		return p, "it has an option that is not known"
	case len(operands) > 0 && !r.Operands:
		return p, "it installs what it is told by name"
	}
	p.Given = given
	frozen := false
	for _, o := range given {
		named := r.known.option(o)
		frozen = frozen || slices.Contains(strings.Fields(r.Frozen), named.name) && (o.Value.Text == "" || o.Value.Text == "true")
		switch named.role {
		case roleRead:
			p.Files = append(p.Files, o.Value)
		case roleWrites:
			p.Dirs = append(p.Dirs, o.Value)
		case roleSource:
			p.Sources = append(p.Sources, o.Value)
		}
	}
	p.Packages = operands
	if !frozen {
		p.Locks = strings.Fields(r.Locks)
	}
	return p, ""
}
