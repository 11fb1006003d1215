// Package parallelise is the built-in plugin parallelise: a RUN that downloads, and that neither uses
// what the steps in front of it make nor writes anything but files of its own, becomes a stage beside
// them, from which the image copies these files, so that both run at once. It may import lang, ir and
// plugins.
//
// What a step uses is for package effects to say (Ground.Unseen); which files are its own, and are
// there for sure, is in own.go; where a stage is divided, in fork.go; and what it becomes, in join.go.
package parallelise

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
	"github.com/seed-e0495807/strake/plugins/builtin/ground"
)

// Name is the plugin's name in strake.yaml.
const Name = "parallelise"

//go:embed schema.json
var schema []byte

const url = "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/parallelise.md"

// config is what strake.yaml says.
type config struct {
	Links   string `json:"links"`
	Explain bool   `json:"explain"`
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

// Info says what the plugin is.
func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name: Name, Version: "1.0.0",
		Summary: "has downloads run beside one another, in stages of their own",
		URL:     url,
		Phases:  []plugins.Phase{plugins.Rewrite},
		Filter:  plugins.Filter{Keywords: []string{"RUN"}},
		After:   []string{"include", "packages", "ssh-server", "drop-dead", "split-copy", "reorder"}, // which put steps in, or move them
		Schema:  schema,
	}
}

// Run divides stages.
func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	j := &job{Call: c, ctx: ctx, host: h}
	if err := c.Decode(&j.config); err != nil {
		return nil, err
	}
	if c.Module.HasCustom() || c.Numbered || numbers(c.Module) {
		return nil, nil // an instruction of a plugin may do anything, and a new stage makes a number that of another
	}
	j.states = ground.Of(ctx, h, c)
	forks := make([]fork, len(c.Module.Stages))
	changed := false
	for i := range c.Module.Stages {
		if c.Stages[i] && (c.Needed == nil || c.Needed[i]) && ctx.Err() == nil {
			forks[i] = j.stage(i)
			changed = changed || len(forks[i].apart) > 0
		}
	}
	if changed {
		j.result.Module = j.join(forks)
	}
	return &j.result, ctx.Err()
}

// job is one call at work.
type job struct {
	*plugins.Call
	ctx    context.Context
	host   plugins.Host
	config config
	states *ground.Stages
	result plugins.Result
}

// numbers tells whether an instruction names a stage by its number, or may.
func numbers(m *ir.Module) bool {
	number := func(from string) bool {
		return from != "" && (strings.Trim(from, "0123456789") == "" || strings.Contains(from, "$"))
	}
	in := func(body ir.Body) bool {
		switch b := body.(type) {
		case *ir.Copy:
			return number(b.From)
		case *ir.Onbuild:
			return true // it is an instruction of who starts from the stage
		case *ir.Run:
			return slices.ContainsFunc(b.Mounts, func(m ir.Mount) bool { from, _ := m.Option("from"); return number(from) })
		}
		return false
	}
	return slices.ContainsFunc(m.Stages, func(s *ir.Stage) bool {
		return slices.ContainsFunc(s.Ops, func(op *ir.Op) bool { return in(op.Body) })
	})
}

// say tells what became of a step: in the log, or as a hint in the source.
func (j *job) say(code string, op *ir.Op, format string, args ...any) {
	t := explain.Teller{Host: j.host, Hints: j.config.Explain, Page: url, Diags: &j.result.Diags}
	t.Say(j.ctx, code, op.Origin, op.Text(), fmt.Sprintf(format, args...))
}
