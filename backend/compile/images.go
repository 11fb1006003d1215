package compile

import (
	"context"
	"path"
	"strings"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/plan"
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
	return distro.OfImage(i.ctx, atHand{newHost(i.config, m)}, m, stage, stage)
}

// Digest implements lint.Known: what the store of this machine has may be in no registry.
func (i images) Digest(m *ir.Module, stage int) string {
	named, err := reference.ParseNormalizedNamed(m.Stages[stage].Base)
	if err != nil {
		return ""
	}
	platform := platforms.Normalize(platforms.DefaultSpec())
	if len(i.config.Platforms) > 0 {
		platform = i.config.Platforms[0]
	}
	info, err := i.config.AtHand.ResolveImage(i.ctx, plan.ImageRequest{Ref: reference.TagNameOnly(named).String(), Platform: platform})
	if err != nil || info.Store != "" {
		return ""
	}
	return info.Digest.String()
}

// Size implements lint.Known.
func (i images) Size(m *ir.Module, names []string) (int64, bool) {
	var patterns []string
	for _, name := range names {
		name = strings.Trim(path.Clean("/"+name), "/")
		patterns = append(patterns, name, path.Join(name, "**"))
	}
	list, err := newHost(i.config, m).ListFiles(i.ctx, patterns)
	sum := int64(0)
	for _, f := range list {
		if f.Mode.IsRegular() {
			sum += f.Size
		}
	}
	return sum, err == nil && len(list) > 0
}
