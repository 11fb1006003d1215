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

	"github.com/moby/buildkit/util/system"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
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
	j.states = c.States.Module(c.Module, func(i int) *eval.State { return distro.Base(ctx, h, c.States, c.Module, i) })
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
	states *eval.Module
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

// ground is what the steps of a stage stand on, with those of the stages that it starts from, and what
// these do.
func (j *job) ground(stage int) (*effects.Ground, []effects.Step) {
	_, known := distro.Detect(j.ctx, j.host, j.States, j.Module, stage)
	g := &effects.Ground{Standard: known, Straight: j.config.Links == "trust"}
	var parents []int
	for p := j.states.Parent(stage); p >= 0; p = j.states.Parent(p) {
		parents = append(parents, p)
	}
	var before []effects.Step
	for _, p := range slices.Backward(parents) {
		for i, step := range effects.Stage(j.Module, p, j.states.Stage(p), !j.known(stage)) {
			g = g.With(j.Module.Stages[p].Ops[i].Body, step)
			before = append(before, step)
		}
	}
	return g, before
}

// known tells whether all is known of what the image sets that a stage goes back to.
func (j *job) known(stage int) bool {
	for p := j.states.Parent(stage); p >= 0; p = j.states.Parent(p) {
		stage = p
	}
	_, err := j.host.BaseConfig(j.ctx, stage)
	return err == nil || j.Module.Stages[stage].Base == "scratch"
}

// path are the directories in which programs are found; nil when they are not known.
func (j *job) path(stage int, at *eval.State) (dirs []string) {
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "GIT_EXEC_PATH"} {
		value, set, known := at.Var(name)
		switch {
		case set && !known, !set && !j.known(stage) && !j.official(stage):
			return nil
		case !set && name == "PATH":
			value = system.DefaultPathEnvUnix
		}
		for _, dir := range strings.Split(value, ":") {
			if strings.HasPrefix(dir, "/") {
				dirs = append(dirs, dir)
			} else if dir != "" {
				return nil // in the working directory
			}
		}
	}
	return dirs
}

// official tells whether a stage goes back to an official image of Docker Hub.
func (j *job) official(stage int) bool {
	ref, _ := distro.BaseImage(j.Module, stage)
	_, official := distro.Official(ref)
	return official
}

// say tells what became of a step: in the log, or as a hint in the source.
func (j *job) say(code string, op *ir.Op, format string, args ...any) {
	t := explain.Teller{Host: j.host, Hints: j.config.Explain, Page: url, Diags: &j.result.Diags}
	t.Say(j.ctx, code, op.Origin, op.Text(), fmt.Sprintf(format, args...))
}

// short is an instruction, cut where it is long.
func short(op *ir.Op) string {
	text := []rune(strings.ToValidUTF8(op.Text(), "?"))
	if len(text) > 60 {
		return string(text[:57]) + "…"
	}
	return string(text)
}
