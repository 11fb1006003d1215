package effects

import (
	"slices"
	"strings"
	"sync"

	"github.com/seed-e0495807/strake/ir/shell"
)

// LeftoverKind says what a leftover is of.
type LeftoverKind string

// The kinds.
const (
	Lists      LeftoverKind = "lists"   // of packages that there are
	Caches     LeftoverKind = "caches"  // of what was fetched, or worked out
	Logs       LeftoverKind = "logs"    // of what was done
	Backups    LeftoverKind = "backups" // of a database, as it was before
	Docs       LeftoverKind = "docs"    // manuals and their like, without licences
	Catalogues LeftoverKind = "locales" // translations of what programs say
	// Archives are files that a script fetches and unpacks. They are in no row: see Unpacked.
	Archives LeftoverKind = "archives"
)

// Leftover is what a program leaves in an image that nothing needs where the image runs.
type Leftover struct {
	Kind LeftoverKind
	// Paths are patterns of a shell, absolute or below "~", the home of who runs the program. What
	// is below a match goes with it.
	Paths []string
	// Hook is a name in the files of an image whose base has the program leave none by itself.
	Hook string

	row *leftover // nil is one of no program
}

// leftover is a row of the table: see leftovers.
type leftover struct {
	Programs string // that leave it
	Kind     LeftoverKind
	Source   string // where that is from
	Paths    string // as of Leftover
	Hook     string

	By      string // actions and commands that leave it; "-" is the program alone
	Without string // options with which they leave none, or elsewhere
	Unless  string // variables with which they do

	Needs   string // actions and commands that need it to be there: without it they fail, or do other things
	Fresh   string // options with which they do not
	Offline string // options with which the program does in any case
	Readers string // other programs that need it

	Cleans string // the option with which the program's clean takes it away; "" is any
}

// leftoversBy are the rows by the names of programs.
var leftoversBy = sync.OnceValue(func() map[string][]*leftover {
	rows := map[string][]*leftover{}
	for i := range leftovers {
		for name := range strings.FieldsSeq(leftovers[i].Programs) {
			rows[name] = append(rows[name], &leftovers[i])
		}
	}
	return rows
})

// Installs tells a command of a program that manages packages, or builds with them: what it reads
// besides its own files is what their scripts do.
func (c Command) Installs() bool {
	if strings.HasPrefix(c.Name, "python") {
		return strings.Contains(c.Text, " -m pip ")
	}
	row := rows().find(c.Name)
	return row != nil && (row.Sees == seesPackages || row.Manager != "")
}

// LeftoversOf tells what a command leaves, if it runs and succeeds. What moves it by files of
// settings is not seen.
func LeftoversOf(c *shell.Command) (list []Leftover) {
	c = byRow(c)
	rows := leftoversBy()[c.Name]
	if len(rows) == 0 {
		return nil
	}
	t, ok := TaskOf(c)
	for _, row := range rows {
		if takes(c, row.Without) || sets(c, row.Unless) {
			continue
		}
		if ok && (among(row.By, string(t.Action)) || among(row.By, t.Command) || among(row.By, "-") && len(c.Operands()) == 0) {
			list = append(list, Leftover{row.Kind, strings.Fields(row.Paths), row.Hook, row})
		}
	}
	return list
}

// Moved are variables of the environment with which the program has it elsewhere.
func (l Leftover) Moved() []string {
	if l.row == nil {
		return nil
	}
	return strings.Fields(l.row.Unless)
}

// NeededBy tells whether a command needs the leftover of an earlier one, as its program uses it: it
// would fail without it, or do other things. What reads the files of another program is not known
// here.
func (l Leftover) NeededBy(c *shell.Command) bool {
	if c = byRow(c); l.row == nil {
		return false
	}
	if among(l.row.Readers, c.Name) {
		return true
	}
	if !among(l.row.Programs, c.Name) {
		return false
	}
	t, ok := TaskOf(c)
	needs := !ok || t.Command == "" && l.row.Needs != "" || among(l.row.Needs, string(t.Action)) || among(l.row.Needs, t.Command)
	return needs && !takes(c, l.row.Fresh) || takes(c, l.row.Offline)
}

// Uses tells whether a command is of a program that leaves it.
func (l Leftover) Uses(c *shell.Command) bool {
	return l.row != nil && among(l.row.Programs, byRow(c).Name)
}

// RenewedBy tells whether a command, if it succeeds, makes the leftover anew, whole.
func (l Leftover) RenewedBy(c *shell.Command) bool {
	t, ok := TaskOf(c)
	return ok && l.row != nil && l.Kind == Lists && among(l.row.Programs, c.Name) && t.Action == ToUpdate && t.Tame
}

// ClearedBy tells whether a command is the program's own for taking the leftover away.
func (l Leftover) ClearedBy(c *shell.Command) bool {
	if c = byRow(c); l.row == nil || !among(l.row.Programs, c.Name) {
		return false
	}
	t, ok := TaskOf(c)
	switch {
	case !ok:
		return false
	case l.row.Cleans != "":
		return t.Command == "clean" && takes(c, l.row.Cleans)
	}
	return t.Action == ToClean && (l.Kind == Caches || l.Kind == Lists && strings.HasSuffix(t.Command, "distclean"))
}

// byRow is a command by the name that its program has in the table: pip3.11, and python -m pip,
// are pip.
func byRow(c *shell.Command) *shell.Command {
	switch {
	case strings.HasPrefix(c.Name, "pip") && strings.Trim(c.Name[3:], "0123456789.") == "":
		out := *c
		out.Name = "pip"
		return &out
	case strings.HasPrefix(c.Name, "python") && c.Arg(0) == "-m" && c.Arg(1) == "pip":
		out := *c
		out.Name, out.Prog, out.Args = "pip", c.Args[1], c.Args[2:]
		return &out
	}
	return c
}

// sets tells whether a command is given one of some variables.
func sets(c *shell.Command, names string) bool {
	return len(c.Env) > 0 && c.Sets(strings.Fields(names)...)
}

// among tells a word of a list with blanks.
func among(list, word string) bool { return word != "" && listed(list, word) }

// takes tells whether a command has one of some options.
func takes(c *shell.Command, options string) bool {
	for o := range strings.FieldsSeq(options) {
		for _, w := range c.Args {
			letters := len(o) == 2 && strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--") && strings.Contains(w.Text, o[1:])
			if rest, ok := strings.CutPrefix(w.Text, o); ok && (rest == "" || rest[0] == '=') || letters {
				return true
			}
		}
	}
	return false
}

// Overlap tells whether one of some paths may be one of those that a pattern of a shell stands for,
// or below one, or a directory with all of them. The pattern is absolute.
func (p Paths) Overlap(pattern string) bool {
	return p.Grade == Unknown || slices.ContainsFunc(p.List, func(q Path) bool { return q.overlaps(pattern) })
}

func (p Path) overlaps(pattern string) bool {
	if p.Grade == Unknown {
		return true
	}
	n, theirs := len(segments(p.Name)), segments(pattern)
	switch {
	case !common(p, Path{Name: pattern, Glob: true}):
		return false
	case n >= len(theirs), p.Tree:
		return true
	}
	return n == len(theirs)-1 && wild(theirs[n]) // who reads the directory sees its names
}
