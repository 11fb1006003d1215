package effects

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// constant is a path that a row has whatever the arguments are.
type constant struct {
	text  string
	tree  bool
	words []*syntax.Word // what it comes to depends on variables
	paths Paths          // and of others, that is known
	err   bool           // it is no word: anything
}

// constants are a list of them.
type constants struct {
	list   []constant
	names  []string // of variables that it depends on
	always *Paths   // what they come to when it depends on none
	usual  *Paths   // and for root, where none but HOME is set; nil when that is not known
}

// usualHome is the HOME of usual constants.
const usualHome = "/root"

// written is a list of paths as a row has it. They may be the program's own.
type written struct {
	list string
	own  bool
}

// constant gives a list of paths of a row, which nobody changes.
func (k *call) constant(list string) Paths { return k.pathsOf(written{list: list}) }

// own are paths of the program's own.
func (k *call) own(list string) Paths { return k.pathsOf(written{list, true}) }

// pathsOf gives what a list comes to. That is worked out once for all calls, save where variables are
// set that it depends on.
func (k *call) pathsOf(list written) Paths {
	if list.list == "" {
		return Paths{}
	}
	known := k.w.rows.read(list)
	if known.always != nil {
		return *known.always
	}
	before := k.w.settings
	k.w.settings = true
	defer func() { k.w.settings = before }()
	if known.usual != nil && !slices.ContainsFunc(known.names, k.w.unusual) {
		return *known.usual
	}
	return k.w.constant(known.list, k.dirs, list.own)
}

// unusual tells a variable that has another value than for usual constants, or may have.
func (w *walker) unusual(name string) bool {
	v, want := w.variable(name), ""
	if name == "HOME" {
		want = usualHome
	}
	return !v.known || len(v.list) != 1 || v.list[0] != want
}

// constant gives what some come to, from some directories.
func (w *walker) constant(list []constant, dirs []string, own bool) Paths {
	var all []Paths
	for _, c := range list {
		if c.fixed() {
			all = append(all, c.paths)
			continue
		}
		for _, f := range w.expandConstant(c) {
			if !f.known {
				f.text = w.unknownConstant(c)
			}
			all = append(all, f.constant(dirs, c.tree, own))
		}
	}
	return joinPaths(all...)
}

// constant are the paths of a field: that a row has it does not say that it happens.
func (f field) constant(dirs []string, tree, own bool) Paths {
	f.over = true
	return f.paths(dirs, tree).each(func(p *Path) { p.Own = own })
}

// fixed tells one that depends on nothing.
func (c constant) fixed() bool { return c.words == nil && !c.err }

// read gives the paths of a list.
func (p *programs) read(list written) constants {
	if found, ok := p.constants.Load(list); ok {
		return found.(constants)
	}
	var out constants
	var all []Paths
	for name := range strings.FieldsSeq(list.list) {
		c := newConstant(name, list.own)
		out.list, all = append(out.list, c), append(all, c.paths)
	}
	if !slices.ContainsFunc(out.list, func(c constant) bool { return !c.fixed() }) {
		joined := joinPaths(all...)
		joined.List = slices.Clip(joined.List)
		out.always = &joined
	} else {
		out.names = variablesOf(out.list)
		usual := (&walker{rows: p, state: State{Home: usualHome}, settings: true}).constant(out.list, nil, list.own)
		if usual.Grade != Unknown && !strings.Contains(strings.ReplaceAll(list.list, "${", ""), "{") { // braces are read otherwise by some shells
			usual.List = slices.Clip(usual.List)
			out.usual = &usual
		}
	}
	p.constants.Store(list, out)
	return out
}

func newConstant(name string, own bool) constant {
	c := constant{text: name, tree: strings.HasSuffix(name, "/")}
	if !strings.ContainsAny(name, "$~") && strings.HasPrefix(name, "/") {
		c.paths = field{text: name, known: true}.constant(nil, c.tree, own)
		return c
	}
	for word, err := range syntax.NewParser().WordsSeq(strings.NewReader(name)) {
		c.err = c.err || err != nil
		c.words = append(c.words, word)
	}
	return c
}

// variablesOf are the names of variables that some depend on.
func variablesOf(list []constant) []string {
	names := []string{"HOME", "IFS"}
	for _, c := range list {
		for _, word := range c.words {
			shell.Walk(word, func(n syntax.Node) bool {
				if x, ok := n.(*syntax.ParamExp); ok && x.Param != nil {
					names = append(names, x.Param.Value)
				}
				return true
			})
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unknownConstant says what of a word is not known: a variable, or what stands for it.
func (w *walker) unknownConstant(c constant) string {
	_, inner, ok := strings.Cut(c.text, "${")
	if !ok {
		return c.text
	}
	name, otherwise, _ := strings.Cut(inner, ":-")
	if w.isSet(name) {
		return "$" + name
	}
	return strings.Replace(otherwise, "}", "", 1)
}

// expandConstant expands a word that stands in no script.
func (w *walker) expandConstant(c constant) (list []field) {
	if c.err {
		return []field{{text: c.text}}
	}
	for _, word := range c.words {
		list = append(list, w.split(word)...)
	}
	return list
}
