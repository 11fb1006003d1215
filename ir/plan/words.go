package plan

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/seed-e0495807/strake/ir"
)

// Words tells what words come to at the places of a module in one build, with its arguments and
// what its base images bring: just what Make makes of an ENV there. It plans the module once
// where that is enough, so that all words together take a time that grows with the module.
// It is for many goroutines.
type Words struct {
	module *ir.Module // without instructions of plugins
	places [][]int    // of each op of the module that was given: of those left, how many stand in front
	o      Options

	mu     sync.Mutex
	whole  *trace         // of the target; nil is not planned
	stages map[int]*trace // of modules that end with a stage
	part   *trace         // of one that ends in front of an op: cut
	cut    [2]int
}

// NewWords is for a module and the options of a build. Instructions of plugins set no variable
// yet, and are left out.
func NewWords(m *ir.Module, o Options) *Words {
	w := &Words{module: m.Copy(), places: make([][]int, len(m.Stages)), o: o, stages: map[int]*trace{}}
	for i, s := range w.module.Stages {
		s.Ops = nil
		for _, op := range m.Stages[i].Ops {
			w.places[i] = append(w.places[i], len(s.Ops))
			if _, custom := op.Body.(*ir.Custom); !custom {
				s.Ops = append(s.Ops, op)
			}
		}
		w.places[i] = append(w.places[i], len(s.Ops))
	}
	return w
}

// Expand gives a word with its variables expanded as they stand in front of an op of a stage,
// both numbers as in the module; an op below 0 is the FROM. What is wrong with the module up to
// there is the error, a diag.List.
func (w *Words) Expand(ctx context.Context, stage, op int, word string) (string, error) {
	if stage < 0 || stage >= len(w.places) || op >= len(w.places[stage]) {
		return "", fmt.Errorf("there is no op %d in a stage %d", op, stage)
	}
	op = w.places[stage][max(op, 0)]
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, plan := range []func(context.Context, int, int) (*trace, error){w.target, w.stage, w.upTo} {
		t, err := plan(ctx, stage, op)
		if err != nil {
			return "", err
		}
		if value, err, ok := t.word(stage, op, word); ok {
			return value, err
		}
	}
	return w.plan(ctx, stage, op, word)
}

// target is the plan of the target, and of all stages where that asks for no image.
func (w *Words) target(ctx context.Context, _, _ int) (*trace, error) {
	if w.whole == nil {
		o := w.alone()
		o.Target, o.AllStages = w.o.Target, w.o.Images == nil && len(w.module.Stages) > 1
		t, err := makeTrace(ctx, w.module, o)
		if err != nil {
			return nil, err
		}
		w.whole = t
	}
	return w.whole, nil
}

// stage is the plan of a stage.
func (w *Words) stage(ctx context.Context, stage, _ int) (*trace, error) {
	if w.stages[stage] == nil {
		t, err := makeTrace(ctx, w.ending(stage, len(w.module.Stages[stage].Ops)), w.alone())
		if err != nil {
			return nil, err
		}
		w.stages[stage] = t
	}
	return w.stages[stage], nil
}

// upTo is the plan of a stage up to the op in front of which it begins to read something that
// it has not read up to a place.
func (w *Words) upTo(ctx context.Context, stage, op int) (*trace, error) {
	cut := [2]int{stage, w.stages[stage].cut(op)}
	if w.part == nil || w.cut != cut {
		t, err := makeTrace(ctx, w.ending(stage, cut[1]), w.alone())
		if err != nil {
			return nil, err
		}
		w.part, w.cut = t, cut
	}
	return w.part, nil
}

// alone are the options for a stage: it is the target.
func (w *Words) alone() Options {
	o := w.o
	if o.Target = ""; o.Images == nil {
		o.Images = anyImage{}
	}
	return o
}

// ending is the module up to an op of a stage.
func (w *Words) ending(stage, op int) *ir.Module {
	m := w.module.Copy()
	m.Stages = m.Stages[:stage+1]
	m.Stages[stage].Ops = m.Stages[stage].Ops[:op]
	return m
}

// plan asks the planner, where a trace has not got enough of the budget left to tell.
func (w *Words) plan(ctx context.Context, stage, op int, word string) (string, error) {
	m := w.ending(stage, op)
	s := m.Stages[stage]
	s.Ops = append(s.Ops, &ir.Op{Body: &ir.Env{Pairs: []ir.Pair{{Key: "STRAKE_WORD", Value: word}}}, Origin: s.Origin})
	p, err := Make(ctx, m, w.alone())
	if err != nil {
		return "", err
	}
	set, ok := p.Target.Steps[len(p.Target.Steps)-1].Action.(SetEnv)
	if !ok || len(set) == 0 {
		return "", errors.New("an ENV that sets nothing")
	}
	return set[len(set)-1].Value, nil
}

// anyImage is an image of which nothing is known.
type anyImage struct{}

func (anyImage) ResolveImage(_ context.Context, r ImageRequest) (ImageInfo, error) {
	return ImageInfo{Ref: r.Ref, Config: []byte("{}")}, nil
}
