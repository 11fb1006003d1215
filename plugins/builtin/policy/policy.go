// Package policy is the built-in plugin policy: rules of an organisation about Dockerfiles, in
// CEL, and a set of shipped rules that are switched on by name. It changes nothing. It
// may import lang, ir and plugins.
//
//	fields.go    what rules see: the types of CEL, over view.go and state.go
//	env.go       CEL itself; config.go compiles the rules of a config
//	check.go     evaluates them
//	shipped.go   the shipped rules, written as an organisation would write its own
package policy

import (
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"sync"

	"github.com/seed-e0495807/strake/plugins"
)

// Name is the plugin's name in strake.yaml.
const Name = "policy"

//go:embed schema.json
var schema []byte

// policy keeps the rules of the last configs compiled: a run over many files has one
// or few.
type policy struct {
	mu   sync.Mutex
	sets []cached // the newest last
}

type cached struct {
	config string
	set    *ruleset
}

// maxCached is how many configs are kept.
const maxCached = 8

// New gives the plugin.
func New() plugins.Plugin { return &policy{} }

// Info says what the plugin is.
func (*policy) Info() plugins.Info {
	return plugins.Info{
		Name:    Name,
		Version: "1.0.0",
		Summary: "checks Dockerfiles against the rules of an organisation",
		URL:     page,
		Phases:  []plugins.Phase{plugins.Check, plugins.Finish},
		Schema:  json.RawMessage(schema),
	}
}

const page = "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/policy.md"

// Run checks, in the phase that the config names. A rule that is none is an error of
// the user; the others are checked all the same.
func (p *policy) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	set, err := p.ruleset(c)
	if err != nil {
		return nil, err
	}
	if set.config.Phase != c.Phase.String() {
		return nil, nil
	}
	r := &plugins.Result{Diags: slices.Clone(set.bad)}
	r.Diags.Add(set.check(ctx, h, c)...)
	return r, ctx.Err()
}

// ruleset gives the rules of a config. Two calls may compile the same one at once; no
// harm is done.
func (p *policy) ruleset(c *plugins.Call) (*ruleset, error) {
	p.mu.Lock()
	for _, s := range p.sets {
		if s.config == string(c.Config) {
			p.mu.Unlock()
			return s.set, nil
		}
	}
	p.mu.Unlock()
	conf := defaults()
	if err := c.Decode(conf); err != nil {
		return nil, err
	}
	set := newRuleset(conf)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sets = append(p.sets, cached{string(c.Config), set}); len(p.sets) > maxCached {
		p.sets = slices.Delete(p.sets, 0, 1)
	}
	return set, nil
}
