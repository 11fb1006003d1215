package validate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Change is what became of a path, or of a setting, from one image to the other.
type Change string

// The changes that there are.
const (
	Removed Change = "removed"
	Added   Change = "added"
	Changed Change = "changed"
)

// Difference is a path that is not the same in both images.
type Difference struct {
	Path    string   `json:"path"`
	Change  Change   `json:"change"`
	Kind    Kind     `json:"kind"`              // in the first image, or the only one that has it
	Size    int64    `json:"size,omitempty"`    // bytes, of a file
	Aspects []Aspect `json:"aspects,omitempty"` // of what has changed
	Twin    string   `json:"twin,omitempty"`    // a path with the same content that only the other image has
	Note    string   `json:"note,omitempty"`    // why it is one, where that is not seen
	A       *Origin  `json:"a,omitempty"`       // what wrote it, or removed it, there
	B       *Origin  `json:"b,omitempty"`

	below bool // so is the directory that it is in
	a, b  *Node
}

// Aspect is in what a path, or a setting, differs.
type Aspect struct {
	What   string `json:"what"` // mode, owner, content, …
	A      string `json:"a"`
	B      string `json:"b"`
	Form   string `json:"form,omitempty"`   // in which both contents are the same, though their bytes differ
	Detail string `json:"detail,omitempty"` // where they begin to differ
}

// The aspects of a path. That of an extended attribute ends with its name.
const (
	aspectKind     = "kind"
	aspectMode     = "mode"
	aspectOwner    = "owner"
	aspectXattr    = "xattr "
	aspectTarget   = "target"
	aspectHardLink = "hard link"
	aspectClaim    = "hard link's entry"
	aspectDevice   = "device"
	aspectContent  = "content"
)

// OfContent tells whether it is what a file holds, or where a link leads: all else of a path is what
// surrounds that.
func (a Aspect) OfContent() bool { return a.What == aspectContent || a.What == aspectTarget }

// same tells whether nothing that counts differs: the contents are the same in another form.
func same(aspects []Aspect) bool {
	return !slices.ContainsFunc(aspects, func(a Aspect) bool { return a.Form == "" })
}

// comparison is of two trees.
type comparison struct {
	a, b  *Tree
	files []Difference
	times []string               // paths that differ in their time of modification
	paths int                    // that were compared
	links [2]map[hardLink]string // the path that stands for a file
}

// hardLink is a file with several names.
type hardLink struct {
	*File
	born int
}

// compareTrees compares all paths, in their order.
func compareTrees(a, b *Tree) *comparison {
	c := &comparison{a: a, b: b, links: [2]map[hardLink]string{{}, {}}}
	// The first name of a file that both trees have stands for it: names that are missing are
	// reported as such.
	each(a.root, b.root, func(x, y *Node) {
		for i, n := range [2]*Node{x, y} {
			if key := (hardLink{n.File, n.born}); n.Kind != Directory && c.links[i][key] == "" {
				c.links[i][key] = n.Path()
			}
		}
	})
	c.walk(a.root, b.root, false)
	c.twins()
	return c
}

// names gives the names of both directories, in order.
func names(x, y *Node) []string {
	list := make([]string, 0, max(len(x.children), len(y.children)))
	list = slices.AppendSeq(list, maps.Keys(x.children))
	for name := range y.children {
		if _, ok := x.children[name]; !ok {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// each visits the paths that two directories have both, in order.
func each(x, y *Node, visit func(x, y *Node)) {
	visit(x, y)
	for _, name := range slices.Sorted(maps.Keys(x.children)) {
		if other := y.children[name]; other != nil {
			each(x.children[name], other, visit)
		}
	}
}

// walk notes how two paths differ, and what is below them. One of them may be nil, with a
// directory above that is missing as well or not.
func (c *comparison) walk(x, y *Node, below bool) {
	c.paths++
	switch {
	case y == nil:
		c.files = append(c.files, Difference{Path: x.Path(), Change: Removed, Kind: x.Kind, Size: x.Size, below: below, a: x})
	case x == nil:
		c.files = append(c.files, Difference{Path: y.Path(), Change: Added, Kind: y.Kind, Size: y.Size, below: below, b: y})
	default:
		c.both(x, y)
	}
	none := &Node{}
	left, right := x, y
	if left == nil {
		left = none
	}
	if right == nil {
		right = none
	}
	for _, name := range names(left, right) {
		// Where one is no directory, what is below the other is missing with it.
		c.walk(left.children[name], right.children[name], x == nil || y == nil || x.Kind != y.Kind)
	}
}

// both compares a path that both trees have.
func (c *comparison) both(x, y *Node) {
	if aspects := c.aspects(x, y); len(aspects) > 0 {
		c.files = append(c.files, Difference{Path: x.Path(), Change: Changed, Kind: x.Kind, Size: x.Size, Aspects: aspects, a: x, b: y})
	}
	if !x.ModTime.Equal(y.ModTime) {
		c.times = append(c.times, x.Path())
	}
}

func (c *comparison) aspects(x, y *Node) (list []Aspect) {
	note := func(what, a, b string) {
		if a != b {
			list = append(list, Aspect{What: what, A: a, B: b})
		}
	}
	note(aspectKind, string(x.Kind), string(y.Kind))
	if x.Kind != Symlink || y.Kind != Symlink { // whose permissions nothing looks at
		note(aspectMode, fmt.Sprintf("%04o", x.Mode), fmt.Sprintf("%04o", y.Mode))
	}
	note(aspectOwner, fmt.Sprintf("%d:%d", x.UID, x.GID), fmt.Sprintf("%d:%d", y.UID, y.GID))
	list = append(list, xattrs(x.Xattrs, y.Xattrs)...)
	if x.Kind != Directory && y.Kind != Directory {
		note(aspectHardLink, c.linked(0, x), c.linked(1, y))
	}
	note(aspectClaim, x.claim, y.claim)
	if x.Kind != y.Kind {
		return list
	}
	switch x.Kind {
	case Symlink:
		note(aspectTarget, x.Target, y.Target)
	case CharDev, BlockDev:
		note(aspectDevice, fmt.Sprintf("%d:%d", x.Major, x.Minor), fmt.Sprintf("%d:%d", y.Major, y.Minor))
	case Regular:
		if x.Size != y.Size || x.Sum != y.Sum {
			list = append(list, Aspect{What: aspectContent, A: contentOf(x.File), B: contentOf(y.File)})
		}
	}
	return list
}

// contentOf stands for a content.
func contentOf(f *File) string {
	return strconv.FormatInt(f.Size, 10) + " bytes, sha256:" + fmt.Sprintf("%x", f.Sum[:6])
}

// linked tells of which other path the file is, "" when it stands for itself.
func (c *comparison) linked(side int, n *Node) string {
	if first := c.links[side][hardLink{n.File, n.born}]; first != "" && first != n.Path() {
		return "with " + first
	}
	return ""
}

func xattrs(x, y map[string]string) (list []Aspect) {
	all := slices.Collect(maps.Keys(x))
	for name := range y {
		if _, ok := x[name]; !ok {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	value := func(m map[string]string, name string) string {
		if v, ok := m[name]; ok {
			return fmt.Sprintf("0x%x", v)
		}
		return "none"
	}
	for _, name := range all {
		if a, b := value(x, name), value(y, name); a != b {
			list = append(list, Aspect{What: aspectXattr + name, A: a, B: b})
		}
	}
	return list
}

// twins finds for files that one image lacks those with the same content that only the
// other has: most were renamed.
func (c *comparison) twins() {
	type key struct {
		sum  [32]byte
		size int64
	}
	added := map[key]*Difference{}
	for i := range c.files {
		if d := &c.files[i]; d.Change == Added && d.Kind == Regular && d.Size > 0 {
			added[key{d.b.Sum, d.Size}] = d
		}
	}
	for i := range c.files {
		d := &c.files[i]
		if d.Change != Removed || d.Kind != Regular {
			continue
		}
		if twin := added[key{d.a.Sum, d.Size}]; twin != nil && twin.Twin == "" {
			d.Twin, twin.Twin = twin.Path, d.Path
		}
	}
}
