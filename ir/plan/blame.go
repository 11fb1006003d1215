package plan

import "github.com/seed-e0495807/strake/ir"

// Def is the stage as it was written; nil for an image that a step copies or mounts from.
func (s *Stage) Def() *ir.Stage { return s.def }

// Asked is the base as it was named: for an image that a step copies or mounts from, that
// image.
func (s *Stage) Asked() string { return s.asked }

// FromScratch tells whether the stage goes back to scratch, or to an image without layers.
func (s *Stage) FromScratch() bool { return s.root().Base.Kind == BaseScratch }

// root is the stage at the start of the chain of bases.
func (s *Stage) root() *Stage {
	for s.Base.Kind == BaseStage && s.Base.Stage != nil {
		s = s.Base.Stage
	}
	return s
}

// UserOf is the USER that counts at a step of the stage; nil when there is none. Image
// tells whether the base image has a user instead.
func (s *Stage) UserOf(step *Step) (op *ir.Op, image bool) {
	for {
		for i := range s.Steps {
			if &s.Steps[i] == step {
				break
			}
			if _, ok := s.Steps[i].Action.(SetUser); ok {
				op = s.Steps[i].Op
			}
		}
		if op != nil || s.Base.Kind != BaseStage || s.Base.Stage == nil {
			return op, op == nil && s.Start.User != ""
		}
		s, step = s.Base.Stage, nil
	}
}
