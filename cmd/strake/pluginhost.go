package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed-e0495807/strake/backend/buildcontext"
	"github.com/seed-e0495807/strake/backend/frontend"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/plugins"
)

// pluginHost is what plugins may ask of one compile.
type pluginHost struct {
	plugins.NoHost // parses shells
	module         *ir.Module
	input          *buildcontext.Input
	options        plan.Options     // Images is nil when base images are not to be asked for
	images         *frontend.Images // nil without an engine
	log            func(string)
}

// Log implements plugins.Host.
func (h *pluginHost) Log(_ context.Context, text string) {
	if h.log != nil {
		h.log(text)
	}
}

// Expand implements plugins.Host: the module is planned with one variable more.
func (h *pluginHost) Expand(ctx context.Context, at plugins.Place, word string) (string, error) {
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
	o := h.options
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

// ReadFile implements plugins.Host.
func (h *pluginHost) ReadFile(_ context.Context, path string) ([]byte, error) {
	data, err := h.input.ReadFile(path)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, plugins.ErrUnavailable
	}
	return data, err
}

// BaseConfig implements plugins.Host.
func (h *pluginHost) BaseConfig(ctx context.Context, stage int) (json.RawMessage, error) {
	m, err := h.base(stage)
	switch {
	case err != nil:
		return nil, err
	case h.images != nil:
		return h.images.Config(ctx, m)
	case h.options.Images == nil:
		return nil, plugins.ErrUnavailable
	}
	p, err := plan.Make(ctx, m, h.options)
	if err != nil {
		return nil, err
	}
	return json.Marshal(p.Target.Image)
}

// BaseFile implements plugins.Host.
func (h *pluginHost) BaseFile(ctx context.Context, stage int, path string) ([]byte, error) {
	m, err := h.base(stage)
	switch {
	case err != nil:
		return nil, err
	case h.images == nil:
		return nil, plugins.ErrUnavailable
	}
	return h.images.File(ctx, m, path)
}

// base is a module whose last stage has what a stage goes back to, and no more.
func (h *pluginHost) base(stage int) (*ir.Module, error) {
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
