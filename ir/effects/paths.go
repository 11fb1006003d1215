package effects

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// Grade is how good a statement about paths is. A larger one says less.
type Grade uint8

// The grades.
const (
	Precise Grade = iota // these paths and no other, and each where the command that names it runs and succeeds
	Over                 // these paths and no other; some may stay as they are in any case
	Unknown              // any path
)

// String is "precise", "over" or "unknown".
func (g Grade) String() string { return [...]string{"precise", "over", "unknown"}[g] }

// MarshalText writes a grade by its name.
func (g Grade) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads a name. One that a later version may have is Unknown.
func (g *Grade) UnmarshalText(text []byte) error {
	*g = Unknown
	for _, known := range []Grade{Precise, Over} {
		if string(text) == known.String() {
			*g = known
		}
	}
	return nil
}

// Path is what a program names, as the program says it: where a symbolic link leads is not
// followed.
type Path struct {
	Name  string `json:"path"` // absolute and clean, or as written when the grade is Unknown
	Glob  bool   `json:"glob,omitempty"`
	Tree  bool   `json:"tree,omitempty"` // it, and all that is below it
	Grade Grade  `json:"grade"`

	Made bool `json:"-"` // a directory that is made where there is none
	Into bool `json:"-"` // a directory is not changed itself
	Own  bool `json:"-"` // a file of the program's own, which it changes whatever it is given
	Link bool `json:"-"` // of the file only how many names it has is changed
	// Product says that a compiler is asked to make it: see Compiles.
	Product bool        `json:"-"`
	Word    *shell.Word `json:"-"` // the word of an Unknown one, where it is as the script has it; nil where nobody says
}

// String is the path as the shell has it: with a slash behind it when it is a tree.
func (p Path) String() string {
	if p.Tree && p.Grade != Unknown && !strings.HasSuffix(p.Name, "/") {
		return p.Name + "/"
	}
	return p.Name
}

// Covers tells whether a path is one of those that p stands for. The name is absolute and clean.
func (p Path) Covers(name string) bool {
	if p.Grade == Unknown {
		return true
	}
	if !p.Glob {
		return name == p.Name || p.Tree && (p.Name == "/" || strings.HasPrefix(name, p.Name+"/"))
	}
	for {
		if ok, err := path.Match(p.Name, name); ok || err != nil {
			return true
		}
		if !p.Tree || name == "/" {
			return false
		}
		name = path.Dir(name)
	}
}

// Paths are those of one kind of use. The zero value is none.
type Paths struct {
	Grade Grade  `json:"grade"` // the worst of the list, or Unknown
	List  []Path `json:"list,omitempty"`

	Any bool `json:"-"` // Unknown for more than the unknown paths of the list
}

// Anything is a use of any path.
func Anything() Paths { return Paths{Grade: Unknown, Any: true} }

// Covers tells whether a path may be used. The name is absolute and clean.
func (p Paths) Covers(name string) bool {
	return p.Grade == Unknown || slices.ContainsFunc(p.List, func(q Path) bool { return q.Covers(name) })
}

// Empty tells that no path is used.
func (p Paths) Empty() bool { return p.Grade != Unknown && len(p.List) == 0 }

// each gives the same with a change to each path. The list is its own.
func (p Paths) each(change func(*Path)) Paths {
	for i := range p.List {
		change(&p.List[i])
	}
	return p
}

// add puts another use behind, as it is.
func (p *Paths) add(q Paths) {
	p.Grade, p.List, p.Any = max(p.Grade, q.Grade), append(p.List, q.List...), p.Any || q.Any
}

// joinPaths puts uses together: all paths of all, and the worst grade. A path that is there with
// two grades keeps the worse.
func joinPaths(all ...Paths) (out Paths) {
	for _, p := range all {
		if out.Grade, out.Any = max(out.Grade, p.Grade), out.Any || p.Any; out.List == nil {
			out.List = slices.Clip(p.List) // most often it is the only one
		} else {
			out.List = append(out.List, p.List...)
		}
	}
	if !strictly(out.List, Path.compare) {
		out.List = slices.Clone(out.List)
		slices.SortFunc(out.List, func(a, b Path) int { return cmp.Or(a.compare(b), -cmp.Compare(a.Grade, b.Grade)) })
		out.List = compact(out.List)
	}
	for _, p := range out.List {
		out.Grade = max(out.Grade, p.Grade)
	}
	return out
}

// compact makes one of paths that are the same, for which only what holds for each does.
func compact(list []Path) []Path {
	out := list[:0]
	for _, p := range list {
		if n := len(out); n > 0 && out[n-1].compare(p) == 0 {
			q := &out[n-1]
			q.Made, q.Into, q.Own, q.Link = q.Made && p.Made, q.Into && p.Into, q.Own && p.Own, q.Link && p.Link
			q.Product = q.Product || p.Product
			continue
		}
		out = append(out, p)
	}
	return out
}

func (p Path) compare(q Path) int {
	return cmp.Or(strings.Compare(p.Name, q.Name), compareBool(p.Glob, q.Glob), compareBool(p.Tree, q.Tree))
}

// strictly tells whether a list is sorted, and has nothing twice.
func strictly[E any](list []E, compare func(a, b E) int) bool {
	for i := 1; i < len(list); i++ {
		if compare(list[i-1], list[i]) >= 0 {
			return false
		}
	}
	return true
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Patterns are texts in the form of path.Match: what is no wildcard has a backslash in front.

// literal is the pattern of a text that stands for itself.
func literal(text string) string { return literals.Replace(text) }

var literals = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`)

// text is what a pattern without wildcards stands for.
func text(pattern string) (string, bool) {
	if wild(pattern) {
		return "", false
	}
	if !strings.Contains(pattern, `\`) {
		return pattern, true
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String(), true
}

// wild tells whether a pattern has a wildcard.
func wild(pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}

// climbs tells whether a part of a pattern may be "..", which a shell may put for ".*".
func climbs(pattern string) bool {
	if !wild(pattern) {
		return false
	}
	for part := range strings.SplitSeq(pattern, "/") {
		if wild(part) && part[0] == '.' {
			if ok, err := path.Match(part, ".."); ok || err != nil {
				return true
			}
		}
	}
	return false
}
