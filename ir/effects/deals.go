package effects

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// Dealing is what a program has to do with besides the files that it reads and writes: what a process,
// a shell or a program beside it or behind it meets whatever is said of paths.
type Dealing string

// The dealings. Those of a row are words, with blanks between them.
const (
	Daemon     Dealing = dealsDaemon     // it may leave a process running
	Processes  Dealing = dealsProcesses  // it looks at processes, or ends them
	Identity   Dealing = dealsIdentity   // it changes who users are: their numbers, groups and shells
	Membership Dealing = dealsMembership // it makes users and groups, or members of them
	Locales    Dealing = dealsLocales    // it changes which languages a shell finds when it starts
	Container  Dealing = dealsContainer  // it changes or shows what each container has anew: mounts, network, kernel settings
	Links      Dealing = dealsLinks      // it may give files further names, of hard links
	Names      Dealing = dealsNames      // what it writes may be symbolic links, or names by which other files are reached
	Order      Dealing = dealsOrder      // what it prints depends on how layers are put together: as the order of directories
	Packing    Dealing = dealsPacking    // what it writes does
	Helpers    Dealing = dealsHelpers    // it may run programs that settings beside what it works on name, as hooks of a repository, or ssh
)

const (
	dealsDaemon     = "daemon"
	dealsProcesses  = "processes"
	dealsIdentity   = "identity"
	dealsMembership = "membership"
	dealsLocales    = "locales"
	dealsContainer  = "container"
	dealsLinks      = "links"
	dealsNames      = "names"
	dealsOrder      = "order"
	dealsPacking    = "packing"
	dealsHelpers    = "helpers"
)

// Deals tells what a program has to do with, whatever it is given. The name is that of the program with
// or without its directory; services are started by programs in /etc/init.d.
func Deals(name string) []Dealing { return rows().deals(name) }

func (p *programs) deals(name string) []Dealing {
	if strings.HasPrefix(name, "/etc/init.d/") {
		return []Dealing{Daemon}
	}
	if row := p.find(path.Base(name)); row != nil {
		return row.deals
	}
	return nil
}

// Program is what is known of a program whatever it is given.
type Program struct {
	// Alone says that it ends with all that it has started, and that what comes after it in a container
	// sees nothing of it but files.
	Alone bool
	// Settings says of one that is Alone that it is so with the settings that it comes with only: it may
	// run programs that these name, which go on when it is ended by force.
	Settings bool
	// Renames says that a file which it changes is a new one, put in the place of what was there.
	Renames bool
	// Orders says that some option has it deal with Order.
	Orders bool
	// Runs says that it may run another program, by what it is given.
	Runs bool
}

// ProgramOf gives it by the name of the program; of one that the table has not nothing is.
func ProgramOf(name string) Program {
	row := rows().find(name)
	if row == nil {
		return Program{}
	}
	return Program{Alone: row.Alone, Settings: row.Settings, Renames: row.Renames, Orders: row.Orders, Runs: row.canRun || row.more || row.Hands != nil}
}

// OfCommand gives the effects of one command by itself, for who follows the script around it. Variables
// have the values of the state; with "." for its directory, paths that are relative stay so, to where
// the command stands.
func OfCommand(c *shell.Command, at State) Effects {
	w := &walker{state: at, rows: rows(), posix: true, places: map[syntax.Node]int{}, lost: map[*syntax.Stmt]string{}}
	if at.Dir != "" {
		w.dirs = []string{literal(at.Dir)}
	}
	return Join(w.command(c, nil))
}

// deals notes what the call has to do with.
func (k *call) deals(with ...Dealing) { k.out.Dealings = append(k.out.Dealings, with...) }

// Serves tells whether a program may leave a process running when it is given some words: whatever they
// are, as a daemon, or by one of them, as `git fetch`. One that does so unless it is told otherwise, as
// gpg, is told by one of the words.
func Serves(program string, words ...string) bool {
	row := rows().find(path.Base(program))
	if row == nil || strings.HasPrefix(program, "/etc/init.d/") {
		return slices.Contains(Deals(program), Daemon)
	}
	return row.serves(words)
}

func (p *program) serves(words []string) bool {
	among := func(list string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return listed(list, w) })
	}
	return slices.Contains(p.deals, Daemon) && !among(p.Quiet) || among(p.Servers)
}

// dealings are those of a command with a row, and of programs in front that run it.
func (p *programs) dealings(row *program, c *shell.Command) []Dealing {
	var words []string
	for _, w := range c.Args {
		words = append(words, w.Lit())
	}
	list := slices.DeleteFunc(slices.Clone(row.deals), func(d Dealing) bool { return d == Daemon })
	if row.serves(words) {
		list = append(list, Daemon)
	}
	for _, by := range c.Via {
		list = append(list, p.deals(by)...)
	}
	return list
}

// MakesLocales tells a package of a distribution by whose installation there are other languages:
// those of Debian 12, Ubuntu 22.04, Fedora 38, openSUSE 15 and Alpine 3.18.
func MakesLocales(name string) bool {
	return slices.ContainsFunc([]string{"locales-all", "language-pack-", "glibc-langpack", "glibc-all-langpacks", "glibc-locale", "musl-locales"}, func(p string) bool {
		return strings.HasPrefix(name, p)
	})
}
