package effects

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// Trees are the words of a command which may name trees that it reads, where it has one that
// SeesBelow: "." when it is given none. It is false when it goes where its words do not say: through
// links, or by a list of names.
func Trees(c *shell.Command) (list []shell.Word, sure bool) {
	has := func(is func(string) bool) bool {
		return slices.ContainsFunc(c.Args, func(w shell.Word) bool { return is(w.Text) })
	}
	sure = !has(elsewhere().MatchString) && !(strings.HasSuffix(c.Name, "grep") && has(grepLinks().MatchString))
	return orHere(c, treeNames(c, has)), sure
}

// treeNames are those words, as they are written.
func treeNames(c *shell.Command, has func(is func(string) bool) bool) []shell.Word {
	var list []shell.Word
	for _, w := range c.Args {
		_, value, hasValue := strings.Cut(w.Text, "=")
		switch {
		case !strings.HasPrefix(w.Text, "-"):
			if c.Name == "find" && (w.Text == "(" || w.Text == "!" || w.Text == `\(` || w.Text == `\!`) {
				return list
			}
			list = append(list, w)
		case c.Name == "find" && !slices.Contains([]string{"-H", "-L", "-P"}, w.Text):
			return list
		case c.Name == "tar" && strings.HasPrefix(w.Text, "-C") && len(w.Text) > 2:
			list = append(list, shell.Word{Text: w.Text[2:], Known: w.Known})
		case hasValue:
			list = append(list, shell.Word{Text: value, Known: w.Known})
		}
	}
	if len(list) > 0 && strings.HasPrefix(c.Name, "ch") { // the owner or the mode
		list = list[1:]
	}
	if n := len(list); n > 1 && (c.Name == "cp" || c.Name == "mv" || c.Name == "rsync") && !has(targetFirst().MatchString) {
		list = list[:n-1] // written, and not read
	}
	return list
}

var (
	// targetFirst are options of cp and mv that may name the target.
	targetFirst = late.Regexp(`^(-[A-Za-z]*t|--t)`)
	// elsewhere are options of a walk that goes where its words do not say: through links,
	// or by a list of names. grepLinks are those of grep(1) 3.8.
	elsewhere = late.Regexp(`^(-[A-Za-z]*L|--(deref|copy-l|copy-u|files0|files-f)|-follow$|-files0)`)
	grepLinks = late.Regexp(`^-[A-Za-z]*R`)
)

// orHere is what a program takes when it is given nothing.
func orHere(c *shell.Command, list []shell.Word) []shell.Word {
	if len(list) == 0 && slices.Contains([]string{"find", "du", "ls", "dir", "grep", "egrep", "fgrep"}, c.Name) {
		return []shell.Word{{Text: ".", Known: true}}
	}
	return list
}
