package eval

import (
	"slices"
	"strings"
	"sync"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/words"
)

// Memo remembers states: of the same op behind the same state, in this module or in one that
// was made of it, the state is the same, and so is the script of the same RUN. Nil remembers
// nothing; it is for many goroutines.
type Memo struct {
	mu      sync.Mutex
	bases   []*State
	steps   map[key]*State
	scripts map[reading]*script
	shell   []string // of the script that was asked for last
	joined  string   // it, as reading has it
}

// key is an op behind a state. Nobody changes a body, so that its pointer is as good as all of it.
type key struct {
	before *State
	body   ir.Body
	escape byte
}

// Module is New with what is remembered.
func (m *Memo) Module(module *ir.Module, base func(stage int) *State) *Module {
	lexer := &words.Lexer{Escape: rune(module.Escape), SkipUnset: true}
	return &Module{module: module, memo: m, base: base, parents: Parents(module), stages: make([][]*State, len(module.Stages)),
		lexer: lexer, globals: newGlobals(module, lexer)}
}

func (m *Memo) step(k key, work func() *State) *State {
	if m == nil {
		return work()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.steps[k]
	if !ok {
		if m.steps == nil {
			m.steps = map[key]*State{}
		}
		s = work()
		m.steps[k] = s
	}
	return s
}

// base gives the state that says the same as another.
func (m *Memo) base(s *State) *State {
	if m == nil {
		return s
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.IndexFunc(m.bases, s.same); i >= 0 {
		return m.bases[i]
	}
	m.bases = append(m.bases, s)
	return s
}

// reading is a RUN that a shell reads.
type reading struct {
	run   *ir.Run
	shell string
}

// script is what was read, by whoever came first.
type script struct {
	once   sync.Once
	script *shell.Script
	err    error
}

// Script is shell.Parse with what is remembered. What it gives is shared: nobody changes it.
func (m *Memo) Script(run *ir.Run, sh []string) (*shell.Script, error) {
	if m == nil {
		return shell.Parse(run, sh)
	}
	m.mu.Lock()
	if m.joined == "" || !slices.Equal(m.shell, sh) {
		m.shell, m.joined = slices.Clone(sh), strings.Join(sh, "\x00")
	}
	k := reading{run, m.joined}
	s := m.scripts[k]
	if s == nil {
		if m.scripts == nil {
			m.scripts = map[reading]*script{}
		}
		s = &script{}
		m.scripts[k] = s
	}
	m.mu.Unlock()
	s.once.Do(func() { s.script, s.err = shell.Parse(run, sh) })
	return s.script, s.err
}
