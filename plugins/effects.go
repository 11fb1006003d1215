package plugins

import (
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
)

// OpEffects is what is known of an op before it runs.
type OpEffects struct {
	State *eval.View `json:"state,omitempty"` // nil over the wire is that of the op before
	effects.Step
}

// StageEffects are those of the ops of a stage, for the states in front of them. Open tells that
// nobody knows what the base image sets.
func StageEffects(m *ir.Module, stage int, states []*eval.State, open bool) []OpEffects {
	list := make([]OpEffects, len(m.Stages[stage].Ops))
	for i, step := range effects.Stage(m, stage, states, open) {
		list[i].Step = step
		if i > 0 && states[i] == states[i-1] {
			list[i].State = list[i-1].State
		} else {
			list[i].State = states[i].View()
		}
	}
	return list
}
