package effects

import (
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// State is what a step starts with.
type State struct {
	Shell []string // that of RUN
	Dir   string   // absolute; "" is not known
	Home  string   // of who runs the step; "" is not known

	// Open tells that a base image which is not known may set any variable that Lookup has not.
	// Those that change what programs do, like TAR_OPTIONS and TMPDIR, it is taken not to set.
	Open bool
	// Lookup gives a variable of the environment: its value, whether it is set, and whether that
	// is known. Nil has none set.
	Lookup func(name string) (value string, set, known bool)
	// Form gives what is known of a variable whose value is not (see eval.State.Form). Nil knows
	// nothing.
	Form func(name string) string
	// Word expands a word of the Dockerfile, and tells whether all of it is known.
	Word func(word string) (string, bool)
	// Script is shell.Parse, by who has read the scripts before; nil is that itself.
	Script func(run *ir.Run, shell []string) (*shell.Script, error)
}

// Stage gives the effects of each op of a stage, for the states in front of them (eval.Module has
// them). Open tells that the variables of its base image are not known.
func Stage(m *ir.Module, stage int, states []*eval.State, open bool) []Step {
	list := make([]Step, len(m.Stages[stage].Ops))
	for i, op := range m.Stages[stage].Ops {
		list[i] = Of(op.Body, StateOf(states[i], m.Escape, open))
		if from, ok := source(op.Body); ok { // a copy out of an earlier stage is no fetch
			list[i].Effects = fetched(list[i].Effects, m, stage, from)
		}
	}
	return list
}

// StateOf is what a step of a module with an escape starts with, for the state in front of it. It is
// all that this package asks of package eval. Open is that of Stage.
func StateOf(s *eval.State, escape byte, open bool) State {
	return State{
		Open: open, Shell: s.Shell, Dir: s.Workdir, Home: s.Home(), Lookup: s.Var, Form: s.Form,
		Word: func(word string) (string, bool) { return s.Expand(word, escape) },
	}
}

// script is Script.
func (s State) script(run *ir.Run) (*shell.Script, error) {
	if s.Script == nil {
		return shell.Parse(run, s.Shell)
	}
	return s.Script(run, s.Shell)
}

// lookup is Lookup with HOME, which is set when a step runs.
func (s State) lookup(name string) (value string, set, known bool) {
	if s.Lookup != nil {
		if value, set, known = s.Lookup(name); set {
			return value, set, known
		}
	}
	if name == "HOME" {
		return s.Home, true, s.Home != ""
	}
	return "", false, true
}

// form is the value of a variable that is one of those of its form.
func (s State) form(name string) values {
	form := ""
	if s.Form != nil {
		form = s.Form(name)
	}
	if form == "" || strings.ContainsRune(form, eval.AnyWord) || strings.ContainsRune(form, eval.AnyBase) {
		return values{word: form != "" && eval.IsWord(form)}
	}
	return oneValue(pattern(form))
}

// pattern is what a form of names can be.
func pattern(form string) string {
	return strings.NewReplacer(string(eval.AnyName), "*", string(eval.AnyDigest), "*").Replace(literal(form))
}

// word is Word; without one, a word with nothing to expand is known.
func (s State) word(word string) (string, bool) {
	if s.Word == nil {
		return eval.NewState("", false, "", nil, nil).Expand(word, '\\')
	}
	return s.Word(word)
}
