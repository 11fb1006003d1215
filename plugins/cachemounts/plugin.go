// Package cachemounts is the built-in plugin cache-mounts: it gives the RUNs that use
// package managers a cache that outlives the build, and takes out the clean-up that the
// cache makes useless.
//
// Its rule is that the image stays as it is, apart from what the caches would have held.
// Where that is not certain it leaves a RUN alone.
package cachemounts

import (
	"context"
	_ "embed"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
)

// Name is the plugin's name in strake.yaml.
const Name = "cache-mounts"

//go:embed schema.json
var schema []byte

// config is what strake.yaml says.
type config struct {
	Managers    []string `json:"managers"`
	Except      []string `json:"except"`
	IDPrefix    string   `json:"id-prefix"`
	CargoTarget bool     `json:"cargo-target"`
	CleanUp     string   `json:"clean-up"`
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
		Name: Name, Version: "1.0.0",
		Summary: "adds cache mounts to RUNs that use package managers",
		URL:     "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/cache-mounts.md",
		Phases:  []plugins.Phase{plugins.Rewrite},
		Filter:  plugins.Filter{Keywords: []string{"RUN"}},
		Schema:  schema,
	}
}

func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	p := &pass{call: c, host: h, config: config{IDPrefix: "strake", CleanUp: "remove"}}
	if err := c.Decode(&p.config); err != nil {
		return nil, err
	}
	p.file = func(name string) ([]byte, error) { return h.ReadFile(ctx, name) }
	p.read(ctx)
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
			if v := job.platform; v != "" && !declares(ops, v) {
				ops = append(ops, p.call.Op(&ir.Arg{Defaults: []ir.Default{{Key: v}}}, "caches of another platform are kept apart", op.Origin))
				p.declare(out, v)
			}
			ops = append(ops, p.call.Op(job.body, job.why(), op.Origin))
		}
		s.Ops = ops
	}
	if !changed {
		return nil
	}
	return &plugins.Result{Module: out}
}

// declare makes a global ARG, where the platforms are known without being declared.
func (p *pass) declare(m *ir.Module, name string) {
	if declares(m.Args, name) {
		return
	}
	body := &ir.Arg{Defaults: []ir.Default{{Key: name, Value: "$" + strings.TrimPrefix(name, varPrefix), Set: true}}}
	m.Args = append(m.Args, p.call.Op(body, "caches of another platform are kept apart", m.Stages[0].Origin))
}

func declares(ops []*ir.Op, name string) bool {
	return slices.ContainsFunc(ops, func(op *ir.Op) bool {
		arg, ok := op.Body.(*ir.Arg)
		return ok && slices.ContainsFunc(arg.Defaults, func(d ir.Default) bool { return d.Key == name })
	})
}
