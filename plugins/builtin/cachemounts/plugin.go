// Package cachemounts is the built-in plugin cache-mounts: it gives the RUNs that use
// package managers a cache that outlives the build.
//
// Its rule is that the image stays as it is, apart from what the caches would have held.
// Where that is not certain it leaves a RUN alone. So it removes nothing: a clean-up works
// on what it always did.
package cachemounts

import (
	"context"
	_ "embed"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
)

// Name is the plugin's name in strake.yaml.
const Name = "cache-mounts"

//go:embed schema.json
var schema []byte

// config is what strake.yaml says.
type config struct {
	Managers []string `json:"managers"`
	Except   []string `json:"except"`
	IDPrefix string   `json:"id-prefix"`
	Unknown  string   `json:"unknown"`
}

// wants tells whether a manager is switched on.
func (c *config) wants(name string) bool {
	return (len(c.Managers) == 0 || slices.Contains(c.Managers, name)) && !slices.Contains(c.Except, name)
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name: Name, Version: "2.1.0",
		Summary: "adds cache mounts to RUNs that use package managers",
		URL:     "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/cache-mounts.md",
		Phases:  []plugins.Phase{plugins.Rewrite},
		Filter:  plugins.Filter{Keywords: []string{"RUN"}},
		After:   []string{"include", "ssh-server"}, // which put RUNs and stages in
		Schema:  schema,
	}
}

func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	p := &pass{call: c, config: config{IDPrefix: "strake", Unknown: "leave"}}
	if err := c.Decode(&p.config); err != nil {
		return nil, err
	}
	p.file = func(name string) ([]byte, error) { return h.ReadFile(ctx, name) }
	p.read(ctx, h)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	p.settle()
	return p.result(), nil
}

// result puts what the jobs made into a copy of the module.
func (p *pass) result() *plugins.Result {
	changed := false
	out := p.call.Module.Copy()
	for i, s := range out.Stages {
		var ops []*ir.Op
		for j, op := range s.Ops {
			job := p.jobs[i][j]
			if job == nil || len(job.mounts) == 0 {
				ops = append(ops, op)
				continue
			}
			changed = true
			ops = append(ops, p.call.Op(job.body, job.why(), op.Origin))
		}
		s.Ops = ops
	}
	if !changed {
		return nil
	}
	return &plugins.Result{Module: out}
}
