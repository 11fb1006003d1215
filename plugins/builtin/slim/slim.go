// Package slim is the built-in plugin slim: what an image does not need where it runs leaves the
// layer that made it. It may import lang, ir and plugins.
//
// What package managers leave is in the table of ir/effects, and which archives a script fetches and
// unpacks, effects.Step knows. It is removed at the end of the RUN
// that made it (ending.go), where nothing behind it needs it (later.go). Each op that the plugin
// makes says in its origin which files are gone, so that a proof can ask (declared.go).
package slim

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
	"github.com/seed-e0495807/strake/plugins/builtin/ground"
)

// Name is the plugin's name in strake.yaml.
const Name = "slim"

//go:embed schema.json
var schema []byte

const url = "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/slim.md"

// config is what strake.yaml says.
type config struct {
	Drop       []effects.LeftoverKind `json:"drop"`
	Recommends string                 `json:"recommends"`
	Unknown    string                 `json:"unknown"`
	RunBase    string                 `json:"run-base"`
	Explain    bool                   `json:"explain"`
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

// Info says what the plugin is.
func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name: Name, Version: "1.0.0",
		Summary: "takes out of layers what the image does not need where it runs, like package lists and caches",
		URL:     url,
		Phases:  []plugins.Phase{plugins.Rewrite},
		Filter:  plugins.Filter{Keywords: []string{"RUN"}},
		After:   []string{"include", "packages", "ssh-server"}, // which put instructions in
		Schema:  schema,
	}
}

// Run takes out what is not needed.
func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	set := config{Drop: []effects.LeftoverKind{effects.Lists, effects.Caches, effects.Logs, effects.Backups, effects.Archives}, Recommends: "keep", Unknown: "leave"}
	if err := c.Decode(&set); err != nil {
		return nil, err
	}
	if c.Target < 0 || c.Module.HasCustom() || c.Module.Escape != '\\' {
		return nil, nil // an instruction of a plugin may read anything, and Windows has none of this
	}
	j := newJob(ctx, h, c, set)
	m, from := j.split()
	if m != nil {
		j = j.of(m, from)
	}
	out := j.Module.Copy()
	changed := m != nil
	for i, s := range j.Module.Stages {
		for k, op := range s.Ops {
			run, ok := op.Body.(*ir.Run)
			if !ok || !j.Stages[i] || !j.shipped(i) || ctx.Err() != nil {
				continue
			}
			if body, why := j.slim(i, k, run); body != nil {
				out.Stages[i].Ops[k] = j.Op(body, why, op.Origin)
				changed = true
			}
		}
	}
	if changed {
		j.result.Module = out
	}
	return &j.result, ctx.Err()
}

func newJob(ctx context.Context, h plugins.Host, c *plugins.Call, set config) *job {
	j := &job{Call: c, ctx: ctx, host: h, config: set, steps: make([][]*effects.Step, len(c.Module.Stages))}
	j.states = ground.Of(ctx, h, c)
	return j
}

// of is the same for a module that has one stage more, the last but one. For each stage, from is the
// one of the module that the host knows, whose base image it has; -1 is none.
func (j *job) of(m *ir.Module, from []int) *job {
	c := *j.Call
	c.Module, c.Target, c.Stages = m, len(m.Stages)-1, append(slices.Clone(c.Stages), c.Stages[c.Target])
	next := newJob(j.ctx, shifted{j.host, from}, &c, j.config)
	next.result = j.result
	return next
}

// job is one call at work.
type job struct {
	*plugins.Call
	ctx    context.Context
	host   plugins.Host
	config config
	states *ground.Stages
	steps  [][]*effects.Step // by stage and op, nil where nobody asked
	result plugins.Result
}

// shipped tells whether a stage is the one that is built, or one that it starts from: the layers of
// others are in no image.
func (j *job) shipped(stage int) bool { return j.descends(j.Target, stage) }

// descends tells whether a stage is another, or goes back to it.
func (j *job) descends(stage, from int) bool {
	for ; stage >= 0; stage = j.states.Parent(stage) {
		if stage == from {
			return true
		}
	}
	return false
}

// step is what an op does.
func (j *job) step(stage, op int) *effects.Step {
	if j.steps[stage] == nil {
		j.steps[stage] = make([]*effects.Step, len(j.Module.Stages[stage].Ops))
	}
	if j.steps[stage][op] == nil {
		s := effects.Of(j.Module.Stages[stage].Ops[op].Body, effects.StateOf(j.states.Stage(stage)[op], j.Module.Escape, !j.states.Known(stage)))
		j.steps[stage][op] = &s
	}
	return j.steps[stage][op]
}

// reason is why something stays.
type reason struct {
	code string // of the diagnostic
	text string
}

func because(code, format string, args ...any) *reason {
	return &reason{code, fmt.Sprintf(format, args...)}
}

// say tells what became of a leftover of a RUN: in the log, or as a hint in the source.
func (j *job) say(op *ir.Op, code, text string) {
	t := explain.Teller{Host: j.host, Hints: j.config.Explain, Page: url, Diags: &j.result.Diags}
	t.Say(j.ctx, code, op.Origin, op.Text(), text)
}
