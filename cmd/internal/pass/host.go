package pass

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/plugins"
)

// Host is what plugins may ask of one compile.
type Host struct {
	plugins.NoHost // parses shells
	module         *ir.Module
	images         *gateway.Images // nil without an engine

	// Read reads a file of the build context; the error is errors.ErrUnsupported where
	// that is not to be had. Options are those of the compile: Images is nil when base
	// images are not to be asked for. Print takes what plugins log; nil drops it.
	Read    func(ctx context.Context, path string) ([]byte, error)
	Options plan.Options
	Print   func(string)

	// Platforms are those that are asked for, as the user has them. AtHand answers for
	// base images without a network; nil knows none.
	Platforms []string
	AtHand    plan.ImageResolver
}

// Log implements plugins.Host.
func (h *Host) Log(_ context.Context, text string) {
	if h.Print != nil {
		h.Print(text)
	}
}

// Expand implements plugins.Host: the module is planned with one variable more.
func (h *Host) Expand(ctx context.Context, at plugins.Place, word string) (string, error) {
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
	o := h.Options
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
func (h *Host) ReadFile(ctx context.Context, path string) ([]byte, error) {
	if h.Read == nil {
		return nil, plugins.ErrUnavailable
	}
	data, err := h.Read(ctx, path)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, plugins.ErrUnavailable
	}
	return data, err
}

// BaseConfig implements plugins.Host.
func (h *Host) BaseConfig(ctx context.Context, stage int) (json.RawMessage, error) {
	m, err := h.base(stage)
	switch {
	case err != nil:
		return nil, err
	case h.images != nil:
		return h.images.Config(ctx, m)
	case h.Options.Images == nil:
		return nil, plugins.ErrUnavailable
	}
	p, err := plan.Make(ctx, m, h.Options)
	if err != nil {
		return nil, err
	}
	return json.Marshal(p.Target.Image)
}

// BaseFile implements plugins.Host.
func (h *Host) BaseFile(ctx context.Context, stage int, path string) ([]byte, error) {
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
func (h *Host) base(stage int) (*ir.Module, error) {
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
