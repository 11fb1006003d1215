package compile

import (
	"context"
	"encoding/json"

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
	here := atHand{&host{Config: &s.config, module: m}}
	parents := eval.Parents(m)
	open := make([]bool, len(m.Stages)) // that of a stage is never asked before that of its parent
	states := eval.New(m, func(stage int) *eval.State { return distro.Base(ctx, here, m, stage) })
	list := make([][]effects.Step, len(m.Stages))
	for i := range m.Stages {
		if p := parents[i]; p >= 0 {
			open[i] = open[p]
		} else if m.Stages[i].Base != "scratch" {
			_, err := here.BaseConfig(ctx, i)
			open[i] = err != nil
		}
		list[i] = effects.Stage(m, i, states.Stage(i), open[i])
	}
	return m, list, found, nil
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
