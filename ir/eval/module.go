package eval

import (
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/words"
)

// Module is the states of a module, each worked out when it is first asked for. It is for one
// goroutine.
type Module struct {
	module  *ir.Module
	memo    *Memo
	base    func(stage int) *State
	parents []int
	stages  [][]*State // nil is not worked out
	lexer   *words.Lexer
	globals *globals
}

// New gives the states of a module. Base gives that which the image of a stage that starts from
// no other starts with.
func New(m *ir.Module, base func(stage int) *State) *Module { return (*Memo)(nil).Module(m, base) }

// Stage gives the state in front of each op of a stage, and behind the last.
func (e *Module) Stage(stage int) []*State {
	var chain []int
	for i := stage; i >= 0 && e.stages[i] == nil; i = e.parents[i] {
		chain = append(chain, i)
	}
	for _, i := range slices.Backward(chain) {
		s := e.start(i)
		list := make([]*State, 0, len(e.module.Stages[i].Ops)+1)
		for _, op := range e.module.Stages[i].Ops {
			list = append(list, s)
			s = e.behind(s, op.Body)
		}
		e.stages[i] = append(list, s)
	}
	return e.stages[stage]
}

// Parent is the stage that a stage starts from, -1 when that is an image.
func (e *Module) Parent(stage int) int { return e.parents[stage] }

// start is the state in front of a stage, whose parent is worked out: that behind the parent and
// the triggers that it leaves, which no other stage runs.
func (e *Module) start(stage int) *State {
	p := e.parents[stage]
	if p < 0 {
		s := *e.base(stage)
		s.globals = e.globals
		return e.memo.base(&s)
	}
	list := e.stages[p]
	s := list[len(list)-1]
	s = e.memo.step(key{before: s}, s.inherited)
	for _, op := range e.module.Stages[p].Ops {
		if on, ok := op.Body.(*ir.Onbuild); ok {
			s = e.memo.step(key{before: s, body: on}, func() *State {
				body, err := trigger(on)
				if err != nil {
					return s
				}
				return s.after(body, e.lexer)
			})
		}
	}
	return s
}

// behind is the state behind an op.
func (e *Module) behind(s *State, body ir.Body) *State {
	if !s.changedBy(body) {
		return s
	}
	return e.memo.step(key{s, body, e.module.Escape}, func() *State { return s.after(body, e.lexer) })
}

// trigger is the instruction that an ONBUILD leaves, as BuildKit reads it; others end the build.
func trigger(on *ir.Onbuild) (ir.Body, error) { return ir.ParseBody(on.Trigger, '\\') }

// Parents are, for each stage, the one that it starts from, -1 when that is an image.
func Parents(m *ir.Module) []int {
	names, list := map[string]int{}, make([]int, len(m.Stages))
	for i, s := range m.Stages {
		list[i] = -1
		if p, ok := names[s.Base]; ok && s.Base != "" {
			list[i] = p
		}
		names[s.Name] = i
	}
	return list
}

// Parent is the stage that a stage starts from, -1 when that is an image.
func Parent(m *ir.Module, stage int) int {
	for i := stage - 1; i >= 0; i-- {
		if m.Stages[i].Name != "" && m.Stages[i].Name == m.Stages[stage].Base {
			return i
		}
	}
	return -1
}

// Inherited is what runs in front of the ops of a stage: those of the stages that it goes
// back to, and the triggers of its parent, which are run by no other stage.
func Inherited(m *ir.Module, stage int) []ir.Body {
	p := Parent(m, stage)
	if p < 0 {
		return nil
	}
	list := Inherited(m, p)
	for _, op := range m.Stages[p].Ops {
		list = append(list, op.Body)
	}
	for _, op := range m.Stages[p].Ops {
		if on, ok := op.Body.(*ir.Onbuild); ok {
			if body, err := trigger(on); err == nil {
				list = append(list, body)
			}
		}
	}
	return list
}
