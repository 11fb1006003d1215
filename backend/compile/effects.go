package compile

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
)

// Effects gives the module after the plugins, and for each op of each stage what it does. Base
// images count as far as their configs are at hand.
func (s *Snapshot) Effects(ctx context.Context) (*ir.Module, [][]effects.Step, diag.List, error) {
	m, found, err := s.Targeted(ctx)
	if err != nil {
		return nil, nil, found, err
	}
	k, err := newHost(&s.config, m).known(ctx)
	if err != nil {
		return nil, nil, found, err
	}
	list := make([][]effects.Step, len(m.Stages))
	for i := range m.Stages {
		list[i] = effects.Stage(m, i, k.states.Stage(i), k.open[i])
	}
	return m, list, found, nil
}

// Effects implements plugins.Host.
func (h *host) Effects(ctx context.Context, stage int) ([]plugins.OpEffects, error) {
	if stage < 0 || stage >= len(h.module.Stages) {
		return nil, fmt.Errorf("there is no stage %d", stage)
	}
	k, err := h.known(ctx)
	if err != nil {
		return nil, err
	}
	return plugins.StageEffects(h.module, stage, k.states.Stage(stage), k.open[stage]), nil
}

// known is what is in force in front of the ops of a module.
type known struct {
	states *eval.Module
	open   []bool // by stage: nobody knows what its base image sets
}

// known is worked out once for a module, all stages of it: an eval.Module that is whole can be
// read by several goroutines, as those of a plugin that asks more than one thing at once.
func (h *host) known(ctx context.Context) (known, error) { return h.facts.get(ctx, h.know) }

func (h *host) know(ctx context.Context) (known, error) {
	m, here := h.module, atHand{h}
	k := known{eval.New(m, func(stage int) *eval.State { return distro.Base(ctx, here, nil, m, stage) }), make([]bool, len(m.Stages))}
	parents := eval.Parents(m)
	for i, s := range m.Stages { // a stage comes after the one that it starts from
		if p := parents[i]; p >= 0 {
			k.open[i] = k.open[p]
		} else if s.Base != "scratch" {
			_, err := here.BaseConfig(ctx, i)
			k.open[i] = err != nil
		}
		k.states.Stage(i)
	}
	return k, context.Cause(ctx)
}

// atHand is a host that asks nobody for base images.
type atHand struct{ *host }

// BaseConfig gives the config of an image that is at hand, for the first of the platforms.
func (h atHand) BaseConfig(ctx context.Context, stage int) (json.RawMessage, error) {
	if h.AtHand == nil {
		return nil, plugins.ErrUnavailable
	}
	m, err := h.bases(stage)
	if err != nil {
		return nil, err
	}
	o := h.asked()
	o.Images = h.AtHand
	if len(h.Platforms) > 0 {
		o.Platform = &h.Platforms[0]
	}
	made, err := plan.Make(ctx, m, o)
	if err != nil {
		return nil, err
	}
	return json.Marshal(made.Target.Image)
}

// BaseFile is not there.
func (h atHand) BaseFile(context.Context, int, string) ([]byte, error) {
	return nil, plugins.ErrUnavailable
}
