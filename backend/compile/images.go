package compile

import (
	"context"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
)

// images is what rules are told of base images: what is at hand.
type images struct {
	ctx    context.Context
	config *Config
}

// Base implements lint.Known.
func (i images) Base(m *ir.Module, stage int) (*eval.State, bool) {
	here := atHand{newHost(i.config, m)}
	known := m.Stages[stage].Base == "scratch"
	if !known {
		_, err := here.BaseConfig(i.ctx, stage)
		known = err == nil
	}
	return distro.Base(i.ctx, here, nil, m, stage), known
}

// Distro implements lint.Known.
func (i images) Distro(m *ir.Module, stage int) (distro.Distro, bool) {
	return distro.Detect(i.ctx, atHand{newHost(i.config, m)}, nil, m, stage)
}
