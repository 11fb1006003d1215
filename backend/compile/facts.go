package compile

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/plugins"
)

// Facts implements plugins.Host: the platforms are those of a plan for each platform that
// was asked for, in which a FROM may have its own.
func (h *host) Facts(ctx context.Context, stage int) (plugins.Facts, error) {
	var facts plugins.Facts
	m, err := h.bases(stage)
	if err != nil {
		return facts, err
	}
	asked := make([]*ocispecs.Platform, 0, len(h.Platforms))
	for i := range h.Platforms {
		asked = append(asked, &h.Platforms[i])
	}
	facts.Strict = h.strict()
	facts.Shell = h.shell(ctx, m, append(slices.Clip(asked), nil))
	if len(asked) == 0 && said(m) {
		asked = append(asked, nil)
	}
	for _, p := range asked {
		o := h.asked()
		o.Platform, o.Images = p, layered{}
		made, err := plan.Make(ctx, m, o)
		if err != nil {
			return facts, err
		}
		if run := made.Target.RunPlatform; run != nil {
			facts.Platforms = append(facts.Platforms, platforms.Format(*run))
		}
	}
	return facts, nil
}

// strict tells whether a warning of a build check ends the build.
func (h *host) strict() bool {
	if h.Directive != nil {
		return h.Directive.ReturnAsError
	}
	config, err := linter.ParseLintOptions(h.module.Check)
	return err != nil || config.ReturnAsError
}

// said tells whether the FROM of a base says for which platform it is.
func said(m *ir.Module) bool {
	for _, s := range m.Stages {
		if s.Platform != "" {
			return true
		}
	}
	return false
}

// shell is the SHELL of a base whose config is at hand, for the first of the platforms for
// which it is.
func (h *host) shell(ctx context.Context, m *ir.Module, asked []*ocispecs.Platform) []string {
	if h.AtHand == nil {
		return nil
	}
	for _, p := range asked {
		o := h.asked()
		o.Images, o.Platform = h.AtHand, p
		if made, err := plan.Make(ctx, m, o); err == nil && len(made.Target.Image.Config.Shell) > 0 {
			return made.Target.Image.Config.Shell
		}
	}
	return nil
}

// layered is an image of which nothing is known but that it is for the platform.
type layered struct{}

func (layered) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	config, err := json.Marshal(ocispecs.Image{Platform: r.Platform, History: []ocispecs.History{{CreatedBy: "something"}}})
	if err != nil {
		return plan.ImageInfo{}, fmt.Errorf("%s: %w", r.Ref, err)
	}
	return plan.ImageInfo{Ref: r.Ref, Config: config}, nil
}
