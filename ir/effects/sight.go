package effects

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// Sight is what a command may come to of directories that none of its words names, like those
// that a RUN mounts.
type Sight uint8

// The sights.
const (
	SeesAll      Sight = iota // anything: it may run what nobody knows, or look anywhere
	SeesNamed                 // files that it is told, and its own
	SeesBelow                 // what is below its operands, or where it stands, too
	SeesPackages              // what packages see whose scripts it runs, or what it builds
	SeesNext                  // files that it is told; behind it the shell stands elsewhere
)

// The words of rows for them; none is SeesAll.
const (
	seesAll      = "all" // of a command whose program sees less
	seesNamed    = "named"
	seesBelow    = "below"
	seesPackages = "packages"
	seesNext     = "next"
)

func sightOf(word string) Sight {
	switch word {
	case seesNamed:
		return SeesNamed
	case seesBelow:
		return SeesBelow
	case seesPackages:
		return SeesPackages
	case seesNext:
		return SeesNext
	}
	return SeesAll
}

// SightOf tells what a command may come to. It is SeesAll where what the command is given has its
// program run another of the author's, by an option, a setting or a script, or may for all that is
// known: so has an option that the table has not, where some have it run others. What variables in
// force and files that the program finds have it do does not count.
func SightOf(c *shell.Command) Sight {
	top := rows().find(c.Name)
	if top == nil || top.Sees == "" || c.Apart || c.Sets("PATH") || !top.placed(c) {
		return SeesAll
	}
	if top.Tasks != "" {
		if onlyAsks(c) {
			return sightOf(top.Sees)
		}
		if c.Fed() || !top.hasTask(c.Args) {
			return SeesAll
		}
	}
	if !top.canRun {
		return top.sight(c)
	}
	if c.Fed() {
		return SeesAll
	}
	return top.readSight(top, c.Name, c.Args)
}

// Tool tells a program of the system, by its name: what it is given it works on, and it has
// nothing to do with packages of languages.
func Tool(name string) bool {
	row := rows().find(name)
	return row != nil && row.Sees != "" && (row.Sees != seesPackages || row.System)
}

// ChangesDir tells a builtin behind which the shell stands in another directory, by its name.
func ChangesDir(name string) bool {
	row := rows().find(name)
	return row != nil && row.Sees == seesNext
}

// onlyAsks tells a command that says of which version its program is, or how it is used.
func onlyAsks(c *shell.Command) bool {
	return slices.Contains([]string{"--version", "-V", "--help", "-h", "version", "help"}, c.Arg(0)) || c.Arg(0) == "-v" && len(c.Args) == 1
}

// placed tells whether a command's program is where the row's is.
func (p *program) placed(c *shell.Command) bool {
	i := strings.LastIndexByte(c.Prog.Text, '/')
	return i < 0 || p.Anywhere || standard(c.Prog.Text[:i])
}

// hasTask tells whether arguments say what the row has among its tasks, or nothing.
func (p *program) hasTask(args []shell.Word) bool {
	words, ok := p.subcommand(args)
	if len(words) > 1 && words[0].Lit() == "global" { // as of Composer: the next is the word
		words = words[1:]
	}
	return ok && (len(words) == 0 || listed(p.Tasks, words[0].Lit()))
}

// Subcommand is the word that says what a program like npm is to do: "" when none does. It is false
// when nobody knows which word that is, or of a program that has no row.
func Subcommand(c *shell.Command) (string, bool) {
	row := rows().find(c.Name)
	if row == nil {
		return "", false
	}
	words, ok := row.subcommand(c.Args)
	if !ok || len(words) == 0 {
		return "", ok
	}
	return words[0].Lit(), words[0].Known
}

// subcommand are the arguments from the first that is no option. It is false where an option in
// front may take it.
func (p *program) subcommand(args []shell.Word) ([]shell.Word, bool) {
	known := p.words()
	for len(args) > 0 && args[0].MayBeOption() {
		n := min(2, len(args))
		_, others, ok := known.Parse(args[:n], false)
		switch name, _, joined := strings.Cut(args[0].Text, "="); {
		case ok && len(others) < n:
			n -= len(others)
		case joined && strings.HasPrefix(name, "--") && !strings.ContainsAny(name, "$`"):
			n = 1
		default:
			return nil, false
		}
		args = args[n:]
	}
	return args, true
}

// readSight is that of a program which some options have run another: all that it is given is known.
func (p *program) readSight(top *program, name string, args []shell.Word) Sight {
	if p.Old && len(args) > 0 {
		args = dashed(args, args[0].Lit(), func(name string) shell.Word { return shell.Word{Text: name, Known: true, Start: -1, End: -1} }, p.valued)
	}
	given, operands, ok := p.words().Parse(args, !p.First && len(p.Commands) == 0)
	if !ok || slices.ContainsFunc(given, func(o shell.Option) bool { return p.runs(top, o) }) {
		return SeesAll
	}
	if len(p.Commands) > 0 && len(operands) > 0 {
		next := p.commandOf(operands[0])
		if next == nil || next.Runs != "" && top.Tasks == "" {
			return SeesAll
		}
		return next.readSight(top, operands[0].Text, operands[1:])
	}
	if p.Hands != nil && p.Hands(name, given, operands) || len(operands) > 0 && slices.Contains(p.roles, roleRun+"...") {
		return SeesAll
	}
	if slices.ContainsFunc(given, func(o shell.Option) bool { return slices.Contains(p.trees, p.option(o).name) }) {
		return max(sightOf(p.Sees), SeesBelow)
	}
	return sightOf(p.Sees)
}

// commandOf is the row of a command that a word names, nil when there is none.
func (p *program) commandOf(w shell.Word) *program {
	if !w.Known {
		return nil
	}
	return p.commands[w.Text]
}

// runs tells an option that may have its program run another, or that names a tree to read.
func (p *program) runs(top *program, o shell.Option) bool {
	switch p.roleOf(o) {
	case roleRun, roleRoot, roleMore, roleReads:
		return true
	case roleSetting:
		return !top.Setting(o.Value.Text)
	}
	return false
}

// sight is that of a program which no option has run another: there may be some that nobody knows.
func (p *program) sight(c *shell.Command) Sight {
	switch {
	case p.Hands != nil && p.Hands(c.Name, nil, c.Args), p.reads.mayBeIn(c, false):
		return SeesAll
	case p.walks.mayBeIn(c, true):
		return max(sightOf(p.Sees), SeesBelow)
	}
	return sightOf(p.Sees)
}

// spelling is how some options may be written: by letters, and by long names.
type spelling struct {
	letters string
	long    []string
}

// spelling gives that of the options that are known by some names, nil when there are none.
func (p *program) spelling(names []string) *spelling {
	if len(names) == 0 {
		return nil
	}
	s := &spelling{}
	for name, o := range p.known {
		switch {
		case !slices.Contains(names, o.name):
		case strings.HasPrefix(name, "--"):
			s.long = append(s.long, name)
		default:
			s.letters += name[1:]
		}
	}
	return s
}

// mayBeIn tells whether one of the options may be among the words of a command: alone or among other
// letters, in full or short of its end. With unknown, so may a word that is not known.
func (s *spelling) mayBeIn(c *shell.Command, unknown bool) bool {
	return s != nil && slices.ContainsFunc(c.Args, func(w shell.Word) bool {
		short := strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--")
		start := strings.TrimLeft(w.Text, `" `)
		return short && strings.ContainsAny(w.Text, s.letters) || abbreviates(w.Text, s.long) || unknown && !w.Known && (start == "" || strings.IndexByte("$`{", start[0]) >= 0)
	})
}

// abbreviates tells whether a word is one of the long options, or the start of one.
func abbreviates(text string, options []string) bool {
	name, _, _ := strings.Cut(text, "=")
	return len(name) > 2 && strings.HasPrefix(name, "--") && slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, name) })
}
