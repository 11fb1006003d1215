package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// link is a symbolic link that an instruction makes.
type link struct {
	at string // "" is not known
	to string // "" is not known,
	as string // and then its last name is of this pattern
}

// leads tells whether a link may lead to a directory, or to what that is in.
func (l link) leads(dir string) bool {
	if l.to != "" {
		return within(dir, l.to)
	}
	names := append(strings.Split(dir, "/"), ".", "..")
	return slices.ContainsFunc(names, func(name string) bool {
		ok, err := path.Match(l.as, name)
		return ok || err != nil
	})
}

// namesOf are those by which commands of the RUN may come to a directory: its own, and links of
// the instructions so far that may lead to it, or to what it is in. It is false where one surely
// does, which others may have copied and moved, or is in no known place.
func (j *job) namesOf(dir string) ([]string, bool) {
	links := j.links()
	names := []string{dir}
	for i := 0; i < len(names); i++ {
		for _, l := range links {
			switch {
			case !l.leads(names[i]):
			case l.to != "" || l.at == "":
				return nil, false
			case !slices.Contains(names, l.at):
				names = append(names, l.at)
			}
		}
	}
	return names, true
}

// places are all names of the directories that are mounted for a manager.
func (j *job) places(u *use) (list []string, ok bool) {
	for _, t := range u.targets {
		names, ok := j.namesOf(t.at)
		if !ok {
			return nil, false
		}
		list = append(list, names...)
	}
	return list, true
}

// links are those that the instructions so far make: of ln(1), and of what else may run it or
// speaks of a place that tells of mounts.
func (j *job) links() []link {
	if j.made != nil {
		return j.made
	}
	list := []link{}
	j.before(func(a *about) bool {
		more, opaque := a.linksMade()
		list = append(list, more...)
		return opaque
	})
	j.made = list
	return list
}

// linksMade are those that the instruction makes. An opaque one may make any.
func (a *about) linksMade() (list []link, opaque bool) {
	if _, ok := a.op.Body.(*ir.Run); !ok {
		return nil, false
	}
	if a.script == nil || a.speaksOfMounts() {
		return []link{{as: "*"}}, true
	}
	if !a.linked {
		a.links, a.linked = a.linksOfScript(), true
	}
	return a.links, false
}

func (r *reader) linksOfScript() (list []link) {
	for _, c := range r.script.Commands {
		switch {
		case c.Name == "ln" && !c.Fed():
			list = append(list, r.linksOf(c)...)
		case c.Name == "ln", hasWord(c, func(text string) bool { return text == "ln" }):
			list = append(list, link{as: "*"})
		}
	}
	return list
}

// lnFlags are options of ln(1), coreutils 9.1, that do not say where the links are.
var lnFlags = late.Regexp(`^(-[sfnvbirLPTdF]+|--(symbolic|force|no-dereference|verbose|interactive|relative|no-target-directory|backup.*))$`)

// linksOf are the links of a command.
func (r *reader) linksOf(c *shell.Command) (list []link) {
	for _, args := range r.variants(c.Args) {
		list = append(list, r.linksTo(args)...)
	}
	return list
}

// linksTo are those of its arguments.
func (r *reader) linksTo(args []shell.Word) (list []link) {
	var operands []shell.Word
	for _, w := range args {
		switch {
		case !strings.HasPrefix(w.Text, "-"):
			operands = append(operands, w)
		case !lnFlags().MatchString(w.Text):
			return []link{{as: "*"}}
		}
	}
	dest, isDir := shell.Word{Text: ".", Known: true}, true
	if n := len(operands); n > 1 {
		dest, operands, isDir = operands[n-1], operands[:n-1], false
	}
	for _, w := range operands {
		to, known := r.text(w)
		as := path.Base(to)
		if !known {
			as = path.Base(variables().ReplaceAllString(strings.Trim(w.Text, `"`), "*"))
		}
		for _, at := range r.linkAt(dest, as, isDir) {
			switch {
			case known && path.IsAbs(to):
				list = append(list, link{at: at, to: path.Clean(to)})
			case known && at != "":
				list = append(list, link{at: at, to: path.Join(path.Dir(at), to)})
			default:
				list = append(list, link{at: at, as: as})
			}
		}
	}
	return list
}

// linkAt are where a link may be: at a path, or by its name in a directory there. A name that is
// not known may be anything in it.
func (r *reader) linkAt(dest shell.Word, name string, isDir bool) (list []string) {
	text, ok := r.text(dest)
	if !ok {
		return []string{""}
	}
	for _, p := range r.absolute(text) {
		star := strings.Contains(name, "*")
		if star || !isDir {
			list = append(list, p)
		}
		if !star {
			list = append(list, path.Join(p, name))
		}
	}
	return list
}

// variables are what stands in a word for a text that is not known.
var variables = late.Regexp("\\$\\{[^}]*\\}|\\$\\(.*\\)|`.*`|\\$\\w+|\\$.?")
