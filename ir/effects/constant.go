package effects

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
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
	always *Paths // what they come to when none depends on variables
}

// constant gives a list of paths of a row. What it comes to is worked out once for all calls, save
// for paths that have variables.
func (k *call) constant(list string) Paths {
	if list == "" {
		return Paths{}
	}
	known := k.w.rows.read(list)
	if known.always != nil {
		return *known.always
	}
	before := k.w.settings
	k.w.settings = true
	defer func() { k.w.settings = before }()
	var all []Paths
	for _, c := range known.list {
		if c.fixed() {
			all = append(all, c.paths)
			continue
		}
		for _, f := range k.w.expandConstant(c) {
			if !f.known {
				f.text = k.w.unknownConstant(c)
			}
			all = append(all, f.constant(k.dirs, c.tree))
		}
	}
	return joinPaths(all...)
}

// constant are the paths of a field: that a row has it does not say that it happens.
func (f field) constant(dirs []string, tree bool) Paths {
	f.over = true
	return f.paths(dirs, tree)
}

// fixed tells one that depends on nothing.
func (c constant) fixed() bool { return c.words == nil && !c.err }

// read gives the paths of a list.
func (p *programs) read(list string) constants {
	if found, ok := p.constants.Load(list); ok {
		return found.(constants)
	}
	var out constants
	var all []Paths
	for name := range strings.FieldsSeq(list) {
		c := newConstant(name)
		out.list, all = append(out.list, c), append(all, c.paths)
	}
	if !slices.ContainsFunc(out.list, func(c constant) bool { return !c.fixed() }) {
		joined := joinPaths(all...)
		out.always = &joined
	}
	p.constants.Store(list, out)
	return out
}

func newConstant(name string) constant {
	c := constant{text: name, tree: strings.HasSuffix(name, "/")}
	if !strings.ContainsAny(name, "$~") && strings.HasPrefix(name, "/") {
		c.paths = field{text: name, known: true}.constant(nil, c.tree)
		return c
	}
	for word, err := range syntax.NewParser().WordsSeq(strings.NewReader(name)) {
		c.err = c.err || err != nil
		c.words = append(c.words, word)
	}
	return c
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
