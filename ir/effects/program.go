package effects

import (
	"slices"
	"strings"
	"sync"

	"github.com/seed-e0495807/strake/ir/shell"
)

// program is a row of the table: what a program does, by its arguments. What the words cannot
// say has a function.
type program struct {
	Names  string // of programs that have the same arguments and do the same
	Source string // where that is from: a manual page, and of which version

	// Options are those that the row knows. "-x" has no value, "-x=role" has one in the same word
	// or the next, and "--long[=role]" may have one behind "=". "-x|--long" are names of one,
	// which is known by the last. A command with another option is unknown.
	Options string
	// Operands are the roles of what are no options, in their order. One that ends in "..."
	// stands for any number of them, also none.
	Operands string
	// First says that options end at the first operand, Single that long ones have one dash, and
	// Plain that all arguments are operands, of which none is a path.
	First, Single, Plain bool
	// Old says that the first operand may be options, without a dash, as tar has them.
	Old bool
	// Tree are the options with which paths stand for all that is below them.
	Tree string
	// Commands are those of a program like git, which are known by their first operand. They have
	// the options of the program, too. Without an operand it does what Default does, or else asks.
	Commands []program
	Default  string

	Reads, Writes, Removes string // paths as a shell has them, also "~/x" and "${TMPDIR:-/tmp}/x"; a slash at the end is a tree
	Does                   string // of clock, random, network and proc
	Runs                   string // why it may do anything, like code of the author's that it runs
	Fetches                string // a URL that it fetches from; "*" is wherever its settings say
	Manager                string // of the packages among the operands
	System                 bool   // it is a package manager of a distribution
	Git                    bool   // packages may be repositories that it clones with git
	Action                 Action // what a manager's command does with them
	Service                bool   // operands are services
	// Saves are the option that names the file which what is fetched goes to, and those that have it
	// named as the URL is; "*" is none of these.
	Saves string
	// Setting tells settings that run nothing of the author's, and keep to the files of the row.
	Setting  func(text string) bool
	Versions bool // a version may stand behind its name, as in python3.12
	Anywhere bool // it has a prefix of its own: /opt/x/bin/NAME is it, too
	// Sees says what it comes to besides files that it is told, by a word for a Sight; "" is anything.
	Sees string
	// Tasks are words for what it is to do by which it hands on nothing to programs of a project, nor
	// to another that it is told; by others it may, or they are not known to be its own.
	Tasks string
	// Hands tells words of a command by which it runs another program: of options it gets those
	// that the row knows, when one of these has it run another, else it gets all as operands.
	Hands func(command string, given []shell.Option, operands []shell.Word) bool
	// Deals is what it has to do with besides files: words for Dealings. Servers are words, as of commands
	// of git, that may have it leave a process running, and Quiet those by which it leaves none.
	Deals, Servers, Quiet string
	// Alone, Settings, Renames, Orders: see Program.
	Alone, Settings, Renames, Orders bool
	// Unless are variables of the environment that change what the row says.
	Unless string

	Then   func(*call)        // what else it does
	Prints func(*call) values // what it prints, when that is a word

	known    map[string]option   // of Options, and of the program that it is a command of
	names    bool                // one of them names something
	roles    []string            // of Operands
	trees    []string            // of Tree
	deals    []Dealing           // of Deals
	commands map[string]*program // Commands, by their names
	// walks and reads are the options with which a command comes to more than it is told: those of
	// Tree, and those whose value is a file or a tree that is read, or says more.
	walks, reads *spelling
	// canRun says that one of them, or of those of its commands, may have it run another program, and
	// more that one has it do what a file says.
	canRun, more bool
	words        func() shell.Options // of Options, for words of a script
}

// The roles that a value or an operand may have.
const (
	roleText     = "text"     // it is no path
	roleRead     = "read"     // a file that is read
	roleReads    = "reads"    // a file or a tree that is read
	roleWrite    = "write"    // a file that is written
	roleWrites   = "writes"   // a directory in which anything may be written
	roleEdit     = "edit"     // a file that is read and written
	roleRemove   = "remove"   // a file that is removed
	roleMake     = "make"     // a directory that is made
	roleCd       = "cd"       // a directory that paths start from
	roleURL      = "url"      // what is fetched
	roleSource   = "source"   // where packages come from: a URL, or a file or a directory that is read
	roleRun      = "run"      // a command, a script, or a file of settings: it may do anything
	roleRoot     = "root"     // a root directory with programs of its own: it may do anything
	rolePackage  = "package"  // a package, a file of one, or a URL
	roleUser     = "user"     // a user that is made
	roleMore     = "more"     // a file of more options, or a library: it may do anything
	roleSetting  = "setting"  // one that the row tells: see Setting
	roleUnchosen = "unchosen" // an option that the row does not follow: anything, but it runs nothing
)

// table has all rows, a topic a file.
func table() []program {
	return slices.Concat(shellRows(), coreutilsRows(), textRows(), archiveRows(), packageRows(), languageRows(), networkRows(), userRows(), buildRows(), systemRows(), daemonRows())
}

// programs are the rows by the names of programs, and what was read of them so far.
type programs struct {
	byName    map[string]*program
	constants sync.Map // of a written, what it comes to: constants
}

// rows are all of them. A walker has them as a field: what a row does may lead to others.
var rows = sync.OnceValue(func() *programs {
	list, all := table(), &programs{byName: map[string]*program{}}
	for i := range list {
		list[i].prepare(&list[i], nil)
		for name := range strings.FieldsSeq(list[i].Names) {
			all.byName[name] = &list[i]
		}
	}
	return all
})

// find gives the row of a program, nil when there is none.
func (p *programs) find(name string) *program {
	if row := p.byName[name]; row != nil {
		return row
	}
	if row := p.byName[strings.TrimRight(name, "0123456789.")]; row != nil && row.Versions {
		return row
	}
	return nil
}

// Known tells whether the table has a program.
func Known(name string) bool { return rows().find(name) != nil }

// prepare reads the words of a row and of its commands, which have the options of the program, too.
func (p *program) prepare(top *program, outer map[string]option) {
	p.known, p.roles, p.trees = options(p.Options), strings.Fields(p.Operands), strings.Fields(p.Tree)
	for name, o := range outer {
		if _, own := p.known[name]; !own {
			p.known[name] = o
		}
	}
	for word := range strings.FieldsSeq(p.Deals) {
		p.deals = append(p.deals, Dealing(word))
	}
	p.commands = map[string]*program{}
	for i := range p.Commands {
		c := &p.Commands[i]
		c.prepare(top, p.known)
		p.canRun = p.canRun || c.canRun
		for name := range strings.FieldsSeq(c.Names) {
			if p.commands[name] == nil {
				p.commands[name] = c
			}
		}
	}
	if p != top && p.Runs == "" {
		p.inherit(top)
	}
	var reads []string
	for _, o := range p.known {
		p.names = p.names || o.role != "" && o.role != roleText
		p.more = p.more || o.role == roleMore
		p.canRun = p.canRun || o.role == roleRun || o.role == roleRoot || o.role == roleSetting
		if o.role == roleReads || o.role == roleMore {
			reads = append(reads, o.name)
		}
	}
	p.walks, p.reads = p.spelling(p.trees), p.spelling(reads)
	p.canRun = p.canRun || slices.Contains(p.roles, roleRun+"...") || p.Hands != nil && !p.Plain && len(p.Commands) == 0 && p == top
	p.words = sync.OnceValue(p.readWords)
}

// inherit takes what holds for all commands of a program.
func (p *program) inherit(top *program) {
	p.Unless += " " + top.Unless
	if p.Sees == "" {
		p.Sees = top.Sees
	}
	if p.Hands == nil {
		p.Hands = top.Hands
	}
	p.Does += " " + top.Does
	p.Reads += " " + top.Reads
	p.Writes += " " + top.Writes
	if p.Manager == "" {
		p.Manager = top.Manager
	}
	if p.Fetches == "" {
		p.Fetches = top.Fetches
	}
}

// listed tells whether a word is in a list of them with blanks between.
func listed(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}

// valued tells an option that has a value, in its word or the next.
func (p *program) valued(name string) bool { return p.known[name].takes == '=' }

// option is one that a row knows.
type option struct {
	name  string // the last of its names
	takes byte   // 0 no value, '=' one, '[' may have one behind "="
	role  string
}

// options reads the options of a row, by each of their names.
func options(text string) map[string]option {
	out := map[string]option{}
	for word := range strings.FieldsSeq(text) {
		names, role := word, ""
		var takes byte
		if before, after, ok := strings.Cut(word, "[="); ok {
			names, role, takes = before, strings.TrimSuffix(after, "]"), '['
		} else if before, after, ok := strings.Cut(word, "="); ok {
			names, role, takes = before, after, '='
		} else if before, ok := strings.CutSuffix(word, "!"); ok {
			names, role = before, roleUnchosen
		}
		list := strings.Split(names, "|")
		for _, name := range list {
			out[name] = option{list[len(list)-1], takes, role}
		}
	}
	return out
}
