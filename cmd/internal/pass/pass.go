// Package pass puts the plugins of a strake.yaml into a compile: as a pass over its module,
// with what plugins may ask of it. The command line and the frontend share it.
package pass

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config"
)

// Pass is the plugins of a Dockerfile. It runs them once, however often the same text
// is compiled: for each platform, and before an engine is asked.
type Pass struct {
	Plugins *config.Plugins
	Target  string // stage to build; "" is the last one
	Whole   bool   // all stages count, not those alone that the target needs
	Host    Host   // for every module

	once sync.Once
	out  *plugins.Output
	err  error
}

// Probe implements gateway.Prober.
func (p *Pass) Probe(images gateway.Images) { p.Host.images = &images }

// Claims implements ir.Pass.
func (p *Pass) Claims() []lang.Claim {
	claims := p.Plugins.Claims()
	return append(claims, missing(claims, "strake.yaml does not name it among its plugins")...)
}

// Files implements ir.Pass. Each reader of spans calls it after Run.
func (p *Pass) Files() []ir.File {
	if p.out == nil {
		return nil
	}
	return p.out.Module.Files[1:]
}

// Run implements ir.Pass.
func (p *Pass) Run(ctx context.Context, m *ir.Module) (*ir.Module, diag.List, error) {
	p.once.Do(func() {
		p.Plugins.Start(ctx, m)
		p.out, p.err = p.Plugins.Run(ctx, plugins.Input{Module: m, Target: p.Target, Only: !p.Whole, Host: func(m *ir.Module) plugins.Host {
			h := p.Host
			h.module = m
			return &h
		}})
	})
	if p.err != nil {
		return m, nil, p.explain(p.err)
	}
	return p.out.Module, p.out.Diags, nil
}

// Whole tells whether the answer to a question, "" for a build, is about all stages, as in
// a Dockerfile that is printed.
func Whole(question, target string) bool {
	switch strings.TrimPrefix(question, "frontend.") {
	case "strake.expand":
		return true
	case "lint":
		return target == ""
	}
	return false
}

// Looks tells whether a plugin may look into base images, for which there has to be an
// engine.
func (p *Pass) Looks() bool {
	return slices.ContainsFunc(p.Plugins.Steps, func(s plugins.Step) bool { return slices.Contains(s.Grants, plugins.GrantImages) })
}

// Early stands for a pass that runs later: it takes its instructions for nothing.
type Early struct{ *Pass }

// Run implements ir.Pass.
func (e Early) Run(_ context.Context, m *ir.Module) (*ir.Module, diag.List, error) {
	m = m.Copy()
	for _, s := range m.Stages {
		s.Ops = plain(s.Ops)
	}
	return m, nil, nil
}

// explain tells what to do about a plugin that is broken.
func (p *Pass) explain(err error) error {
	var broken *plugins.Broken
	if !errors.As(err, &broken) {
		return err
	}
	if d := (diag.Diagnostic{}); errors.As(err, &d) && d.Code == "plugin-sandbox" {
		return diag.List{d} // it is no fault of the plugin
	}
	d := diag.Diagnostic{Code: "plugin-broken", Message: err.Error(),
		Hint: "this is a mistake in the plugin, not in the Dockerfile: tell its author; --no-plugins builds without plugins"}
	for _, s := range p.Plugins.Steps {
		if info := s.Plugin.Info(); info.Name == broken.Plugin {
			d.URL = info.URL
			d.Notes = append(d.Notes, diag.Note{Label: "plugin", Text: fmt.Sprintf("%s %s", info.Name, info.Version)})
		}
	}
	return diag.List{d}
}
