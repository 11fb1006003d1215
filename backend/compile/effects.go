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
	m, found, err := s.Expanded(ctx)
	if err != nil {
		return nil, nil, found, err
	}
	k := newHost(&s.config, m).known(ctx)
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
	k := h.known(ctx)
	return plugins.StageEffects(k.module, stage, k.states.Stage(stage), k.open[stage]), nil
}

// known is what is in force in front of the ops of a module.
type known struct {
	module *ir.Module
	states *eval.Module
	open   []bool // by stage: nobody knows what its base image sets
}

func (h *host) known(ctx context.Context) known {
	m, here := h.module, atHand{h}
	k := known{m, eval.New(m, func(stage int) *eval.State { return distro.Base(ctx, here, m, stage) }), make([]bool, len(m.Stages))}
	parents := eval.Parents(m)
	for i, s := range m.Stages { // a stage comes after the one that it starts from
		if p := parents[i]; p >= 0 {
			k.open[i] = k.open[p]
		} else if s.Base != "scratch" {
			_, err := here.BaseConfig(ctx, i)
			k.open[i] = err != nil
		}
	}
	return k
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
