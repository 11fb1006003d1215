package ir

import "slices"

// Copy makes a module whose stages and lists of ops can be changed without changing m.
// Ops, bodies and origins are shared: one that is to change is replaced.
func (m *Module) Copy() *Module {
	out := *m
	out.Files, out.Args, out.Stages = slices.Clone(m.Files), slices.Clone(m.Args), slices.Clone(m.Stages)
	for i, s := range out.Stages {
		if s == nil {
			continue
		}
		stage := *s
		stage.Comments, stage.Ops = slices.Clone(s.Comments), slices.Clone(s.Ops)
		out.Stages[i] = &stage
	}
	return &out
}
