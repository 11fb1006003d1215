package compile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/plugins"
)

// host is what plugins may ask of one compile, when they see a module.
type host struct {
	plugins.NoHost // parses shells
	*Config
	module *ir.Module
}

// Log implements plugins.Host.
func (h *host) Log(_ context.Context, text string) {
	if h.Config.Log != nil {
		h.Config.Log(text)
	}
}

// Expand implements plugins.Host: the module is planned with one variable more.
func (h *host) Expand(ctx context.Context, at plugins.Place, word string) (string, error) {
	if at.Stage < 0 || at.Stage >= len(h.module.Stages) || at.Op > len(h.module.Stages[at.Stage].Ops) {
		return "", fmt.Errorf("there is no op %d in a stage %d", at.Op, at.Stage)
	}
	m := h.module.Copy()
	m.Stages = m.Stages[:at.Stage+1]
	for _, s := range m.Stages {
		s.Ops = plain(s.Ops)
	}
	stage := m.Stages[at.Stage]
	stage.Ops = plain(h.module.Stages[at.Stage].Ops[:max(at.Op, 0)])
	stage.Ops = append(stage.Ops, &ir.Op{Body: &ir.Env{Pairs: []ir.Pair{{Key: "STRAKE_WORD", Value: word}}}, Origin: stage.Origin})
	o := h.asked()
	if o.Images == nil {
		o.Images = anyImage{}
	}
	p, err := plan.Make(ctx, m, o)
	if err != nil {
		return "", err
	}
	set, ok := p.Target.Steps[len(p.Target.Steps)-1].Action.(plan.SetEnv)
	if !ok || len(set) == 0 {
		return "", fmt.Errorf("the word %q has no value here", word)
	}
	return set[len(set)-1].Value, nil
}

// plain leaves out instructions of plugins, which set no variable yet.
func plain(ops []*ir.Op) []*ir.Op {
	var out []*ir.Op
	for _, op := range ops {
		if _, custom := op.Body.(*ir.Custom); !custom {
			out = append(out, op)
		}
	}
	return out
}

// anyImage is an image of which nothing is known.
type anyImage struct{}

func (anyImage) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	return plan.ImageInfo{Ref: r.Ref, Config: []byte("{}")}, nil
}

// asked are the options for small plans of the host's own.
func (h *host) asked() plan.Options {
	return plan.Options{BuildArgs: h.Build.BuildArgs, Images: h.Build.Images}
}

// ReadFile implements plugins.Host.
func (h *host) ReadFile(ctx context.Context, path string) ([]byte, error) {
	if h.Config.ReadFile == nil {
		return nil, plugins.ErrUnavailable
	}
	data, err := h.Config.ReadFile(ctx, path)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, plugins.ErrUnavailable
	}
	return data, err
}

// BaseConfig implements plugins.Host.
func (h *host) BaseConfig(ctx context.Context, stage int) (json.RawMessage, error) {
	r, err := h.base(ctx, stage)
	if err != nil {
		return nil, err
	}
	return r.Config()
}

// BaseFile implements plugins.Host.
func (h *host) BaseFile(ctx context.Context, stage int, path string) ([]byte, error) {
	if h.ReadImage == nil {
		return nil, plugins.ErrUnavailable
	}
	r, err := h.base(ctx, stage)
	if err != nil {
		return nil, err
	}
	return h.ReadImage(ctx, r.State, path)
}

// base compiles what a stage goes back to, for the first platform.
func (h *host) base(ctx context.Context, stage int) (*llb.Result, error) {
	m, err := h.bases(stage)
	switch {
	case err != nil:
		return nil, err
	case h.Build.Images == nil && h.Build.Resolver == nil:
		return nil, plugins.ErrUnavailable
	}
	o := h.Build
	o.Target, o.AllStages = "", false
	if len(h.Platforms) > 0 {
		o.Platform = &h.Platforms[0]
	}
	return llb.CompileModule(ctx, m, o)
}

// bases is a module whose last stage has what a stage goes back to, and no more.
func (h *host) bases(stage int) (*ir.Module, error) {
	if stage < 0 || stage >= len(h.module.Stages) {
		return nil, fmt.Errorf("there is no stage %d", stage)
	}
	m := h.module.Copy()
	m.Stages = m.Stages[:stage+1]
	for _, s := range m.Stages {
		s.Ops = nil
	}
	return m, nil
}
