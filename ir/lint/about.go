package lint

import (
	"iter"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
)

// A rule that says what it is about is called for that alone: a view is walked once for all rules, and
// one that is about a program that no script runs costs nothing.

// OnBody makes a Rule.View of a function that looks at one kind of instruction.
func OnBody[B ir.Body](look func(*Step, B, *Report)) func(*View, *Report) {
	var kind B
	return OnKeyword(func(s *Step, r *Report) {
		if b, ok := s.Body.(B); ok {
			look(s, b, r)
		}
	}, kind.Keyword())
}

// OnKeyword makes a Rule.View of a function that looks at instructions of some keywords.
func OnKeyword(look func(*Step, *Report), keywords ...string) func(*View, *Report) {
	return func(v *View, r *Report) {
		v.byKeyword().each(keywords, func(s *Step) bool {
			look(s, r)
			return true
		})
	}
}

// Each makes one Rule.View of several, which look one after the other.
func Each(views ...func(*View, *Report)) func(*View, *Report) {
	return func(v *View, r *Report) {
		for _, view := range views {
			view(v, r)
		}
	}
}

// OnScript makes a Rule.View of a function that looks at scripts that can be read: those that run one
// of some programs, or all where none is named.
func OnScript(look func(*Script, *Report), programs ...string) func(*View, *Report) {
	return OnScriptOf(written{}, look, programs...)
}

// OnScriptOf is OnScript for what a set of rules takes for the commands of a script.
func OnScriptOf(of Commands, look func(*Script, *Report), programs ...string) func(*View, *Report) {
	return func(v *View, r *Report) {
		if len(programs) == 0 {
			for _, s := range v.Scripts() {
				look(s, r)
			}
			return
		}
		var last *Script
		v.byProgram(of).each(programs, func(u use) bool {
			if u.script != last {
				last = u.script
				look(last, r)
			}
			return true
		})
	}
}

// OnCommand makes a Rule.View of a function that looks at the commands of scripts one by one: those of
// some programs, or all where none is named.
func OnCommand(look func(*Script, *shell.Command, *Report), programs ...string) func(*View, *Report) {
	return OnCommandOf(written{}, look, programs...)
}

// OnCommandOf is OnCommand for what a set of rules takes for the commands of a script.
func OnCommandOf(of Commands, look func(*Script, *shell.Command, *Report), programs ...string) func(*View, *Report) {
	return func(v *View, r *Report) {
		uses := v.byProgram(of)
		if len(programs) == 0 {
			for i := range uses.entries {
				look(uses.entries[i].it.script, uses.entries[i].it.command, r)
			}
			return
		}
		uses.each(programs, func(u use) bool {
			look(u.script, u.command, r)
			return true
		})
	}
}

// Commands is what a set of rules takes for the commands of a script: its own, and others behind them or in
// place of some.
// Its values can be compared.
type Commands interface {
	Of(*Script) []*shell.Command
}

// written are the commands that stand in a script.
type written struct{}

func (written) Of(s *Script) []*shell.Command { return s.Commands }

// use is a command in a script.
type use struct {
	script  *Script
	command *shell.Command
}

// Steps are those of some keywords, triggers among them.
func (v *View) Steps(keywords ...string) iter.Seq[*Step] {
	return func(yield func(*Step) bool) { v.byKeyword().each(keywords, yield) }
}

func (v *View) byKeyword() *index[*Step] {
	if v.keywords == nil {
		v.keywords = &index[*Step]{}
		for _, s := range v.steps {
			if s.Body != nil {
				v.keywords.add(s.Body.Keyword(), s)
			}
		}
	}
	return v.keywords
}

// Scripts are those that can be read.
func (v *View) Scripts() []*Script {
	return v.Share(written{}, func() any {
		var list []*Script
		for s := range v.Steps("RUN") {
			if script := s.Script(); script != nil {
				list = append(list, script)
			}
		}
		return list
	}).([]*Script)
}

func (v *View) byProgram(of Commands) *index[use] {
	for _, have := range v.programs {
		if have.of == of {
			return have.index
		}
	}
	list, n, same := &programs{of: of, index: &index[use]{}}, 0, true
	for _, s := range v.Scripts() {
		all := of.Of(s)
		n, same = n+len(all), same && slices.Equal(all, s.Commands)
	}
	if same && of != (written{}) {
		list.index = v.byProgram(written{})
	} else {
		list.entries = make([]entry[use], 0, n)
		for _, s := range v.Scripts() {
			for _, c := range of.Of(s) {
				list.add(c.Name, use{s, c})
			}
		}
	}
	v.programs = append(v.programs, list)
	return list.index
}

// programs are the commands of all scripts by their programs.
type programs struct {
	of Commands
	*index[use]
}

// index has things under names, in the order in which they were added.
type index[T any] struct {
	entries []entry[T]
	names   map[string]ends
}

// entry is one of them, and the next of its name: 0 is none.
type entry[T any] struct {
	it   T
	next int
}

// ends are the first and the last of a name.
type ends struct{ first, last int }

func (x *index[T]) add(name string, it T) {
	at := len(x.entries)
	x.entries = append(x.entries, entry[T]{it: it})
	of, ok := x.names[name]
	switch {
	case ok:
		x.entries[of.last].next = at
	case x.names == nil:
		x.names = map[string]ends{}
		fallthrough
	default:
		of.first = at
	}
	of.last = at
	x.names[name] = of
}

// each goes through what is under some names, in its order.
func (x *index[T]) each(names []string, yield func(T) bool) {
	var room [16]int
	at := room[:0] // the next of each name
	for _, name := range names {
		if of, ok := x.names[name]; ok {
			at = append(at, of.first)
		}
	}
	for len(at) > 0 {
		i := 0
		for j := range at {
			if at[j] < at[i] {
				i = j
			}
		}
		e := &x.entries[at[i]]
		if !yield(e.it) {
			return
		}
		if at[i] = e.next; e.next == 0 {
			at = slices.Delete(at, i, i+1)
		}
	}
}
