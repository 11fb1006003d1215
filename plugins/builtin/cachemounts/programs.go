package cachemounts

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// kind is what a command may see of directories that a RUN mounts.
type kind = effects.Sight

const (
	unknown   = effects.SeesAll
	quiet     = effects.SeesNamed
	walker    = effects.SeesBelow
	installer = effects.SeesPackages // what it installs brings programs of its own; see docs/plugins/cache-mounts.md
	changer   = effects.SeesNext
)

// systemDirs are where distributions have their programs.
var systemDirs = strings.Fields("/bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin")

// kindOf tells what a command may see.
func kindOf(c *shell.Command) kind {
	if c.Sets("PATH") || c.Apart {
		return unknown
	}
	if installsHere(c) {
		return installer
	}
	return effects.SightOf(c)
}

// changesDir tells a builtin that changes the directory, whatever stands in front of it.
func changesDir(c *shell.Command) bool {
	return effects.ChangesDir(c.Name)
}

// hasWord tells whether a word of a command is of a kind.
func hasWord(c *shell.Command, is func(text string) bool) bool {
	return slices.ContainsFunc(c.Args, func(w shell.Word) bool { return is(w.Text) })
}
