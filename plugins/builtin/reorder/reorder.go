// Package reorder is the built-in plugin reorder: it has steps that seldom change come in front of
// those that often do, where their effects show that they may change places, so that an edit
// repeats fewer of them. It may import lang, ir and plugins.
//
// Whether two steps may change places is for package effects to say (Ground.Apart), and how often
// one changes for changes.go. Steps move in a stretch of a stage in which nothing is set that they
// depend on: variables, user, directory and shell.
package reorder

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
	"github.com/seed-e0495807/strake/plugins/builtin/ground"
)

// Name is the plugin's name in strake.yaml.
const Name = "reorder"

//go:embed schema.json
var schema []byte

const url = "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/reorder.md"

// config is what strake.yaml says.
type config struct {
	Changes  map[string]float64 `json:"changes"`
	Links    string             `json:"links"`
	Packages string             `json:"packages"`
	Explain  bool               `json:"explain"`
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

// Info says what the plugin is.
func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name: Name, Version: "1.0.0",
		Summary: "moves steps that seldom change in front of those that often do",
		URL:     url,
		Phases:  []plugins.Phase{plugins.Rewrite},
		Filter:  plugins.Filter{Keywords: []string{"COPY", "ADD"}},
		After:   []string{"include", "packages", "ssh-server", "split-copy"}, // which put steps in
		Schema:  schema,
	}
}

// Run moves steps.
func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	j := &job{Call: c, ctx: ctx, host: h}
	if err := c.Decode(&j.config); err != nil {
		return nil, err
	}
	j.states = ground.Of(ctx, h, c)
	j.weights = newWeights(c.Module, j.config.Changes)
	for i := range c.Module.Stages {
		if c.Stages[i] && j.weights.heaviest(i) > 0 && ctx.Err() == nil {
			j.stage(i)
		}
	}
	return &j.result, ctx.Err()
}

// job is one call at work.
type job struct {
	*plugins.Call
	ctx     context.Context
	host    plugins.Host
	config  config
	states  *ground.Stages
	weights *weights
	result  plugins.Result
}

// stage moves the steps of a stage, one stretch after the other.
func (j *job) stage(stage int) {
	ops, states := j.Module.Stages[stage].Ops, j.states.Stage(stage)
	steps := j.states.Steps(stage)
	g, _ := j.states.Under(stage, effects.Ground{Straight: j.config.Links == "trust", Aside: j.config.Packages == "trust"})
	for at := 0; at < len(ops); {
		end := at
		for end < len(ops) && !sets(ops[end].Body) {
			end++
		}
		from, behind := hoisted(ops, states, at, end), end
		for behind++; behind < len(ops) && !sets(ops[behind].Body); {
			behind++
		}
		here := *g
		here.Path = j.states.Path(stage, states[at])
		s := &stretch{job: j, ground: &here, state: states[at], first: at, stage: stage}
		switch {
		case from < end && s.over(ops, steps, from, end, behind):
			end = behind
		case end > at+1:
			s.sort(ops[at:end], steps[at:end], j.weights.ops[stage][at:end])
			s.done(nil)
		}
		for end = max(end, at+1); at < end; at++ {
			g = g.With(ops[at].Body, steps[at])
		}
	}
}

// sets tells an instruction on which those behind it depend, whatever these do.
func sets(body ir.Body) bool {
	switch body.(type) {
	case *ir.Env, *ir.Arg, *ir.Workdir, *ir.User, *ir.Shell, *ir.Custom:
		return true
	}
	return false
}

// say tells what became of a step: in the log, or as a hint in the source.
func (j *job) say(code string, op *ir.Op, format string, args ...any) {
	t := explain.Teller{Host: j.host, Hints: j.config.Explain, Page: url, Diags: &j.result.Diags}
	t.Say(j.ctx, code, op.Origin, op.Text(), fmt.Sprintf(format, args...))
}
