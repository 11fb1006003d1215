package effects

import (
	"path"
	"slices"
	"strings"

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
)

const (
	dealsDaemon     = "daemon"
	dealsProcesses  = "processes"
	dealsIdentity   = "identity"
	dealsMembership = "membership"
	dealsLocales    = "locales"
	dealsContainer  = "container"
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

// Serves tells whether a word has a program leave a process running, as `git fetch` may.
func Serves(program, word string) bool {
	row := rows().find(path.Base(program))
	return row != nil && row.serves(word)
}

func (p *program) serves(word string) bool {
	return p.Servers != "" && slices.Contains(strings.Fields(p.Servers), word)
}

// dealings are those of a command with a row, and of programs in front that run it.
func (p *programs) dealings(row *program, c *shell.Command) []Dealing {
	list := slices.Clip(row.deals)
	for _, by := range c.Via {
		list = append(list, p.deals(by)...)
	}
	if slices.ContainsFunc(c.Args, func(w shell.Word) bool { return row.serves(w.Lit()) }) {
		list = append(list, Daemon)
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
