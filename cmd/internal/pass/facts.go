package pass

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/plugins"
)

// Facts implements plugins.Host: the platforms are those of a plan for each platform that
// was asked for, in which a FROM may have its own.
func (h *Host) Facts(ctx context.Context, stage int) (plugins.Facts, error) {
	var facts plugins.Facts
	m, err := h.base(stage)
	if err != nil {
		return facts, err
	}
	asked := make([]*ocispecs.Platform, 0, len(h.Platforms))
	for _, text := range h.Platforms {
		p, err := platforms.Parse(text)
		if err != nil {
			return facts, err
		}
		asked = append(asked, &p)
	}
	if len(asked) == 0 && h.said(m) {
		asked = append(asked, nil)
	}
	for _, p := range asked {
		o := h.Options
		o.Platform, o.Images = p, layered{}
		made, err := plan.Make(ctx, m, o)
		if err != nil {
			return facts, err
		}
		if run := made.Target.RunPlatform; run != nil {
			facts.Platforms = append(facts.Platforms, platforms.Format(*run))
		}
	}
	facts.Shell = h.shell(ctx, m)
	return facts, nil
}

// said tells whether the FROM of a base says for which platform it is.
func (h *Host) said(m *ir.Module) bool {
	for _, s := range m.Stages {
		if s.Platform != "" {
			return true
		}
	}
	return false
}

// shell is the SHELL of a base whose config is at hand.
func (h *Host) shell(ctx context.Context, m *ir.Module) []string {
	if h.AtHand == nil {
		return nil
	}
	for _, text := range append(h.Platforms[:len(h.Platforms):len(h.Platforms)], "") {
		o := h.Options
		o.Images = h.AtHand
		if text != "" {
			p, err := platforms.Parse(text)
			if err != nil {
				return nil
			}
			o.Platform = &p
		}
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
