package compile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

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
	words  func() *plan.Words // made when a word is asked for
	facts  memo[known]
}

func newHost(c *Config, m *ir.Module) *host {
	h := &host{Config: c, module: m}
	h.words = sync.OnceValue(func() *plan.Words {
		o := h.asked()
		o.Target = c.Build.Target
		return plan.NewWords(m, o)
	})
	return h
}

// Log implements plugins.Host.
func (h *host) Log(_ context.Context, text string) {
	if h.Config.Log != nil {
		h.Config.Log(text)
	}
}

// Expand implements plugins.Host.
func (h *host) Expand(ctx context.Context, at plugins.Place, word string) (string, error) {
	return h.words().Expand(ctx, at.Stage, at.Op, word)
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

// asked are the options for small plans of the host's own.
func (h *host) asked() plan.Options {
	return plan.Options{BuildArgs: h.Build.BuildArgs, Images: h.Build.Images}
}

// ReadFile implements plugins.Host.
func (h *host) ReadFile(ctx context.Context, path string) ([]byte, error) {
	if h.Files == nil {
		return nil, plugins.ErrUnavailable
	}
	data, err := h.Files.ReadFile(ctx, path)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, plugins.ErrUnavailable
	}
	return data, err
}

// ListFiles implements plugins.Host.
func (h *host) ListFiles(ctx context.Context, patterns []string) ([]plugins.File, error) {
	if h.Files == nil {
		return nil, plugins.ErrUnavailable
	}
	list, err := h.Files.ListFiles(ctx, patterns)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, plugins.ErrUnavailable
	}
	return list, err
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
	m := *h.module
	m.Stages = nil
	for _, i := range h.lineage(stage) {
		s := *h.module.Stages[i]
		s.Ops = nil
		m.Stages = append(m.Stages, &s)
	}
	return &m, nil
}

// lineage are the stages that a stage goes back to, and itself at the end; where only the build
// knows which, all in front of it.
func (h *host) lineage(stage int) []int {
	all := h.module.Stages
	chain := []int{stage}
	for i := stage - 1; i >= 0; i-- {
		base := all[chain[len(chain)-1]].Base
		if strings.Contains(base, "$") {
			chain = nil
			for j := range stage + 1 {
				chain = append(chain, j)
			}
			return chain
		}
		if all[i].Name != "" && strings.EqualFold(all[i].Name, base) {
			chain = append(chain, i)
		}
	}
	slices.Reverse(chain)
	return chain
}
