package validate

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Judgement is whether two builds make the same image.
type Judgement string

// The judgements. Equal is said when all that was compared is the same; EqualUpTo when
// something is listed that differs by itself, says the same in another form, has another fixed
// time, or was meant to be dropped.
const (
	Equal     Judgement = "equal"
	EqualUpTo Judgement = "equal-up-to"
	NotEqual  Judgement = "different"
)

// Verdict is what an experiment says of two builds, each of which was made twice: what differs
// between the two images of one build differs by itself.
type Verdict struct {
	A        Side         `json:"a"`
	B        Side         `json:"b"`
	Answer   Judgement    `json:"answer"`
	Paths    int          `json:"paths"` // that were compared
	Config   []Setting    `json:"config,omitempty"`
	Packages []Package    `json:"packages,omitempty"`
	Files    []Difference `json:"files,omitempty"`    // that are different
	ByItself []Itself     `json:"byItself,omitempty"` // and are compared in all but that
	Forms    []Difference `json:"forms,omitempty"`    // that are the same in another form
	Times    []string     `json:"times,omitempty"`    // paths whose time is fixed on either side, to another value
	Moving   int          `json:"moving"`             // paths whose time differs by itself, and is not compared
	Dropped  []Drop       `json:"dropped,omitempty"`
	Others   []Difference `json:"others,omitempty"` // paths that differ as what was meant to be dropped is not there, or is another's
	Runs     []Smoke      `json:"runs,omitempty"`
	Guilty   *Guilty      `json:"guilty,omitempty"`
	Notes    []string     `json:"notes,omitempty"`
}

// Itself is a path, or a setting, of which something differs between two builds of A.
type Itself struct {
	Path string   `json:"path"` // of the directory, where names differ by themselves
	What []string `json:"what"` // content, target, names
}

// Drop is what B lacks and was meant to lack.
type Drop struct {
	Pattern string   `json:"pattern"`
	Files   int      `json:"files"` // regular files and links, no directories
	Bytes   int64    `json:"bytes"`
	Paths   []string `json:"paths,omitempty"`
}

// Judge compares two builds by the images that each was made into: the first of A with the
// first of B, but for what differs by itself in A. What differs by itself in B alone is a
// difference: A's is fixed. Files that match a pattern, as in .dockerignore, may be missing in
// B; the error is that of a bad pattern.
func (r *Reader) Judge(ctx context.Context, a, b [2]*Tree, dropped []string) (*Verdict, error) {
	j := &judge{a: a, b: b, where: map[string]bool{}, named: map[string]bool{}}
	var err error
	if j.matchers, err = matchers(dropped); err != nil {
		return nil, err
	}
	if j.own[0], err = r.Compare(ctx, a[0], a[1]); err != nil {
		return nil, err
	}
	if j.own[1], err = r.Compare(ctx, b[0], b[1]); err != nil {
		return nil, err
	}
	between, err := r.Compare(ctx, a[0], b[0])
	if err != nil {
		return nil, err
	}
	j.out = &Verdict{A: between.A, B: between.B, Paths: between.Paths, Packages: between.Packages, Notes: between.Notes}
	for _, p := range dropped {
		j.out.Dropped = append(j.out.Dropped, Drop{Pattern: p})
	}
	j.declared = declare(dropped)
	if err := j.declared.resolve(ctx, r, a[0], b[0], between.Packages); err != nil {
		return nil, err
	}
	j.moves()
	for _, d := range between.Files {
		j.difference(d)
	}
	j.alone(0)
	j.alone(1)
	j.empty()
	j.directories()
	j.packages()
	j.config(between)
	j.times(between)
	lacking, err := j.declared.lacking(ctx, r, a[0], b[0])
	if err != nil {
		return nil, err
	}
	j.out.Files = append(j.out.Files, lacking...)
	slices.SortStableFunc(j.out.Files, func(x, y Difference) int { return comparePaths(x.Path, y.Path) })
	slices.SortStableFunc(j.out.ByItself, func(x, y Itself) int { return comparePaths(x.Path, y.Path) })
	j.out.Decide()
	return j.out, nil
}

// comparePaths orders paths as a walk does: what is in a directory stands right behind it.
func comparePaths(a, b string) int {
	return strings.Compare(strings.ReplaceAll(a, "/", "\x00"), strings.ReplaceAll(b, "/", "\x00"))
}

// Decide gives the answer to all that is in a verdict.
func (v *Verdict) Decide() {
	failed := slices.ContainsFunc(v.Runs, func(s Smoke) bool { return s.Difference != "" })
	itself := slices.ContainsFunc(v.Runs, func(s Smoke) bool { return s.ByItself })
	missing := slices.ContainsFunc(v.Dropped, func(d Drop) bool { return len(d.Paths) > 0 })
	counts := slices.ContainsFunc(v.Config, func(s Setting) bool { return s.Form == "" })
	switch {
	case len(v.Files)+len(v.Packages) > 0 || counts || failed:
		v.Answer = NotEqual
	case len(v.ByItself)+len(v.Forms)+len(v.Times)+len(v.Config)+len(v.Others) > 0 || missing || itself:
		v.Answer = EqualUpTo
	default:
		v.Answer = Equal
	}
}

// judge is one judgement at work.
type judge struct {
	a, b     [2]*Tree
	own      [2]*Report // of the two images of a side
	out      *Verdict
	matchers []*patternmatcher.PatternMatcher // nil for what is no pattern of paths
	declared declared

	where map[string]bool // paths of A whose content differs by itself
	named map[string]bool // directories in which names do
}

// CheckDropped tells what is wrong with patterns for Judge.
func CheckDropped(patterns []string) error {
	_, err := matchers(patterns)
	return err
}

func matchers(patterns []string) (list []*patternmatcher.PatternMatcher, err error) {
	for _, p := range patterns {
		if !isPattern(p) {
			list = append(list, nil)
			continue
		}
		name := strings.TrimPrefix(p, "/")
		parts := []string{name}
		if strings.HasSuffix(name, "/") {
			parts = append(parts, "!"+name+"**") // the directory itself
		}
		m, err := patternmatcher.New(parts)
		if err != nil || strings.HasPrefix(p, "!") {
			return nil, diag.Diagnostic{Code: "bad-pattern", Message: fmt.Sprintf("%q is no pattern of paths", p), Hint: "write it as in .dockerignore, like /var/lib/apt/lists/*"}
		}
		list = append(list, m)
	}
	return list, nil
}

// moves finds what differs by itself in A: contents, and names in directories.
func (j *judge) moves() {
	for side, own := range j.own {
		for _, d := range own.Files {
			switch {
			case d.Change != Changed && !d.below:
				j.named[path.Dir(d.Path)] = true
			case side == 0 && d.Change == Changed && slices.ContainsFunc(d.Aspects, excusable):
				j.where[d.Path] = true
			}
		}
	}
}

// excusable tells whether an aspect may differ by itself: what a file holds, or where a link
// leads. All else of such a path is compared.
func excusable(a Aspect) bool { return a.Form == "" && a.OfContent() }

// difference sorts one of the differences between A and B.
func (j *judge) difference(d Difference) {
	switch {
	case d.Change == Removed && j.b[1].at(d.Path) == nil && j.drop(d, j.meant(d.Path)):
	case (d.Change != Removed || j.b[1].at(d.Path) == nil) && j.drop(d, j.declared.index(j.a[0], j.b[0], d)):
	case d.Change == Removed && j.a[1].at(d.Path) == nil, d.Change == Added && j.b[1].at(d.Path) == nil:
		if !d.below {
			j.named[path.Dir(d.Path)] = true
		}
	case d.Change != Changed:
		j.out.Files = append(j.out.Files, d)
	case same(d.Aspects):
		j.out.Forms = append(j.out.Forms, d)
	default:
		rest := slices.DeleteFunc(slices.Clone(d.Aspects), func(a Aspect) bool { return j.where[d.Path] && excusable(a) })
		if d.Aspects = rest; !same(rest) {
			j.out.Files = append(j.out.Files, d)
		}
	}
}

// drop notes a path that B was meant to lack.
func (j *judge) drop(d Difference, i int) bool {
	if i < 0 {
		return false
	}
	at := &j.out.Dropped[i]
	if d.Change != Removed {
		j.out.Others = append(j.out.Others, d)
		return true
	}
	if at.Paths = append(at.Paths, d.Path); d.Kind != Directory {
		at.Files++
		at.Bytes += d.Size
	}
	return true
}

// meant is the pattern by which a path may be missing, -1 for none.
func (j *judge) meant(name string) int {
	return slices.IndexFunc(j.matchers, func(m *patternmatcher.PatternMatcher) bool {
		if m == nil {
			return false
		}
		ok, err := m.MatchesOrParentMatches(strings.TrimPrefix(name, "/"))
		return ok && err == nil
	})
}

// alone looks at what differs between two images of one side. Contents of A may; what else
// does is a difference, as nothing is fixed that it could be compared with.
func (j *judge) alone(side int) {
	letter := "AB"[side : side+1]
	known := map[string]bool{}
	for _, d := range j.out.Files {
		known[d.Path] = true
	}
	for _, d := range j.own[side].Files {
		if d.Change != Changed {
			continue
		}
		var rest []Aspect
		var excused []string
		for _, a := range d.Aspects {
			switch {
			case a.Form != "":
			case excusable(a) && j.where[d.Path]:
				excused = append(excused, a.What)
			default:
				rest = append(rest, a)
			}
		}
		if len(excused) > 0 && side == 0 {
			j.out.ByItself = append(j.out.ByItself, Itself{d.Path, excused})
		}
		if len(rest) > 0 && !known[d.Path] {
			origin := d.A
			d.Note, d.Aspects, d.A, d.B = "differs between two builds of "+letter, rest, nil, nil
			*[2]**Origin{&d.A, &d.B}[side] = origin
			j.out.Files = append(j.out.Files, d)
		}
	}
}

// empty looks at files whose content differs by itself: one that never is empty in A has
// something in it in B, too.
func (j *judge) empty() {
	for name := range j.where {
		var nodes [4]*Node
		for i, t := range [4]*Tree{j.a[0], j.a[1], j.b[0], j.b[1]} {
			if nodes[i] = t.at(name); nodes[i] == nil || nodes[i].Kind != Regular {
				break // which is a difference of its own
			}
		}
		if last := nodes[3]; last == nil || last.Kind != Regular {
			continue
		}
		if min(nodes[0].Size, nodes[1].Size) > 0 && min(nodes[2].Size, nodes[3].Size) == 0 {
			j.out.Files = append(j.out.Files, Difference{Path: name, Change: Changed, Kind: Regular, Size: nodes[0].Size, Note: "it is never empty in A",
				Aspects: []Aspect{{What: aspectContent, A: contentOf(nodes[0].File), B: contentOf(&File{})}}})
		}
	}
}

// packages adds those that differ between two images of a side, and leaves those alone whose
// database was meant to be dropped.
func (j *judge) packages() {
	for side, own := range j.own {
		for _, p := range own.Packages {
			known := slices.ContainsFunc(j.out.Packages, func(o Package) bool { return o.Manager == p.Manager && o.Name == p.Name })
			if !known {
				j.out.Packages = append(j.out.Packages, p)
				j.out.Notes = append(j.out.Notes, fmt.Sprintf("The package %s differs between two builds of %s.", shown(p.Name), "AB"[side:side+1]))
			}
		}
	}
	j.out.Packages = slices.DeleteFunc(j.out.Packages, func(p Package) bool {
		_, meant := j.declared.names[p.Name]
		return meant && p.Manager == dpkg && p.Change == Removed || j.otherBase()
	})
	if len(j.out.Packages) == 0 {
		return
	}
	if slices.ContainsFunc(j.out.Dropped, func(d Drop) bool { return slices.ContainsFunc(d.Paths, isPackages) }) {
		j.out.Packages = nil
		j.out.Notes = append(j.out.Notes, "A database of packages was dropped: packages are compared as files only.")
	}
}

// otherBase tells that the packages of both are those of their base images, which are meant to be others.
func (j *judge) otherBase() bool {
	return j.declared.base >= 0 && slices.ContainsFunc(j.out.Others, func(d Difference) bool { return isPackages(d.Path) && j.declared.ofBase(d) })
}

// directories compares those in which names differ by themselves: whatever they are called,
// there are as many of a kind, with the same modes and owners, as in one of the images of A; and
// with the same contents, if these are the same in both.
func (j *judge) directories() {
	for _, dir := range slices.Sorted(maps.Keys(j.named)) {
		four := [4]*Node{j.a[0].at(dir), j.a[1].at(dir), j.b[0].at(dir), j.b[1].at(dir)}
		shapes := j.shapes(four, false)
		fits := func(s string) bool { return s == shapes[0] || s == shapes[1] }
		if !fits(shapes[2]) || !fits(shapes[3]) {
			shapes = j.shapes(four, true)
		}
		if shapes == [4]string{} {
			continue // all of it was meant to be dropped
		}
		if fits(shapes[2]) && fits(shapes[3]) || j.fewer(four) {
			j.out.ByItself = append(j.out.ByItself, Itself{dir, []string{"names"}})
			continue
		}
		a, b := shapes[0], shapes[2]
		if fits(b) {
			b = shapes[3]
		}
		j.out.Files = append(j.out.Files, Difference{Path: dir, Change: Changed, Kind: Directory, Note: "names in it differ between two builds",
			Aspects: []Aspect{{What: "entries that are not always there", A: a, B: b}}})
	}
}

// fewer tells whether B has less of what one of the images of A has, where B was meant to lack all
// of that: names that differ by themselves do not tell which is missing.
func (j *judge) fewer(four [4]*Node) bool {
	for _, n := range four {
		if n == nil || slices.ContainsFunc(j.varying(n, four, false), func(c *Node) bool {
			always := four[0].children[c.name] != nil && four[1].children[c.name] != nil
			return always || j.meant(c.Path()) < 0
		}) {
			return false
		}
	}
	d := kinds
	for _, most := range []detail{contents, filled} {
		if d == kinds && j.shape(four[0], four, most, false) == j.shape(four[1], four, most, false) {
			d = most
		}
	}
	among := func(few, many *Node) bool {
		left := map[string]int{}
		for _, c := range j.varying(many, four, false) {
			left[outline(c, d)]++
		}
		return !slices.ContainsFunc(j.varying(few, four, false), func(c *Node) bool {
			left[outline(c, d)]--
			return left[outline(c, d)] < 0
		})
	}
	return (among(four[2], four[0]) || among(four[2], four[1])) && (among(four[3], four[0]) || among(four[3], four[1]))
}

// detail is how much an outline says of contents.
type detail uint8

const (
	kinds    detail = iota // nothing
	filled                 // which are empty
	contents               // all
)

// shapes are those of a directory in the four images, with as much of contents as is the same in
// both of A; and with lacking, without what B was meant to lack.
func (j *judge) shapes(four [4]*Node, lacking bool) (shapes [4]string) {
	for _, d := range []detail{contents, filled, kinds} {
		for i, n := range four {
			shapes[i] = j.shape(n, four, d, lacking)
		}
		if shapes[0] == shapes[1] {
			break
		}
	}
	return shapes
}

// shape lists the entries of a directory that vary, without their names.
func (j *judge) shape(n *Node, four [4]*Node, d detail, lacking bool) string {
	var list []string
	for _, child := range j.varying(n, four, lacking) {
		list = append(list, outline(child, d))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// varying are the entries of a directory that one image of a side has and the other has not. What
// only one image of B has is not lacking.
func (j *judge) varying(n *Node, four [4]*Node, lacking bool) (list []*Node) {
	if n == nil {
		return nil
	}
	for name, child := range n.children {
		has := [4]bool{}
		for i, other := range four {
			has[i] = other != nil && other.children[name] != nil
		}
		skip := lacking && has[2] == has[3] && j.meant(child.Path()) >= 0
		if (has[0] != has[1] || has[2] != has[3]) && !skip {
			list = append(list, child)
		}
	}
	return list
}

// outline is a path without its name, and without those of all below it.
func outline(n *Node, d detail) string {
	text := owned(n.File)
	for _, name := range slices.Sorted(maps.Keys(n.Xattrs)) {
		text += fmt.Sprintf(" %s=0x%x", name, n.Xattrs[name])
	}
	if n.Kind == CharDev || n.Kind == BlockDev {
		text += fmt.Sprintf(" %d,%d", n.Major, n.Minor)
	}
	text = string(n.Kind) + ", " + text
	switch {
	case n.Kind == Symlink && d == contents:
		text += " → " + shown(n.Target)
	case n.Kind == Regular && (d == contents || d == filled && n.Size == 0):
		text += ", " + contentOf(n.File)
	}
	if n.Kind != Directory {
		return text
	}
	var list []string
	for _, child := range n.children {
		list = append(list, outline(child, d))
	}
	slices.Sort(list)
	return text + " (" + strings.Join(list, ", ") + ")"
}

// config sorts the settings that differ.
func (j *judge) config(between *Report) {
	moves := func(own *Report, name string) bool {
		return slices.ContainsFunc(own.Config, func(s Setting) bool { return s.Name == name && s.Change == Changed && s.Form == "" })
	}
	for _, s := range between.Config {
		if s.Change == Changed && moves(j.own[0], s.Name) {
			continue
		}
		j.out.Config = append(j.out.Config, s)
	}
	for _, s := range j.own[0].Config {
		if moves(j.own[0], s.Name) {
			j.out.ByItself = append(j.out.ByItself, Itself{"config " + s.Name, []string{"value"}})
		} else if s.Form == "" {
			j.out.Config = append(j.out.Config, s) // a setting that is not always there
		}
	}
	for _, s := range j.own[1].Config {
		known := slices.ContainsFunc(j.out.Config, func(o Setting) bool { return o.Name == s.Name })
		if s.Form == "" && !known && !moves(j.own[0], s.Name) {
			j.out.Config = append(j.out.Config, s)
		}
	}
}

// times sorts the times that differ: those that either side has in both its images were set.
func (j *judge) times(between *Report) {
	moving := map[string]bool{}
	for _, own := range j.own {
		for _, name := range own.Times {
			moving[name] = true
		}
	}
	for _, name := range between.Times {
		if !moving[name] {
			j.out.Times = append(j.out.Times, name)
		}
	}
	j.out.Moving = len(moving)
}
