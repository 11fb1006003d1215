// Package ground tells built-in plugins that weigh the steps of a stage against each other what these
// stand on: what is known of the base image, and the stages that a stage starts from. It may import
// lang, ir and plugins.
package ground

import (
	"context"
	"slices"
	"strings"

	"github.com/moby/buildkit/util/system"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
)

// Stages are those of a module that a plugin is called for, with the state in front of each of their ops.
type Stages struct {
	*eval.Module
	ctx   context.Context
	host  plugins.Host
	memo  *eval.Memo
	in    *ir.Module
	known map[int]bool // by the stage that has the base image
}

// Of gives the stages of a call.
func Of(ctx context.Context, h plugins.Host, c *plugins.Call) *Stages {
	return &Stages{
		Module: c.States.Module(c.Module, func(i int) *eval.State { return distro.Base(ctx, h, c.States, c.Module, i) }),
		ctx:    ctx, host: h, memo: c.States, in: c.Module, known: map[int]bool{},
	}
}

// Known tells whether all is known of what the image sets that a stage goes back to.
func (s *Stages) Known(stage int) bool {
	for p := s.Parent(stage); p >= 0; p = s.Parent(p) {
		stage = p
	}
	known, asked := s.known[stage]
	if !asked {
		_, err := s.host.BaseConfig(s.ctx, stage)
		known = err == nil || s.in.Stages[stage].Base == "scratch"
		s.known[stage] = known
	}
	return known
}

// Steps are what the ops of a stage do.
func (s *Stages) Steps(stage int) []effects.Step {
	return effects.Stage(s.in, stage, s.Stage(stage), !s.Known(stage))
}

// Under adds to a ground the stages that a stage starts from, and gives what their steps do.
func (s *Stages) Under(stage int, g effects.Ground) (*effects.Ground, []effects.Step) {
	_, g.Standard = distro.Detect(s.ctx, s.host, s.memo, s.in, stage)
	var parents []int
	for p := s.Parent(stage); p >= 0; p = s.Parent(p) {
		parents = append(parents, p)
	}
	at, before := &g, []effects.Step(nil)
	for _, p := range slices.Backward(parents) {
		for i, step := range s.Steps(p) {
			at = at.With(s.in.Stages[p].Ops[i].Body, step)
			before = append(before, step)
		}
	}
	return at, before
}

// leading are the variables that say where programs are, and what they load: those of ld.so(8), git(1),
// python(1), perlrun(1), ruby(1) and Node's module.md.
func leading() []string {
	return []string{"PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "GIT_EXEC_PATH",
		"PYTHONPATH", "PYTHONHOME", "PERL5LIB", "RUBYLIB", "GEM_HOME", "GEM_PATH", "NODE_PATH"}
}

// Path are the directories from which steps have their programs, and what these load, and the files
// that are loaded; nil when they are not known. An image without PATH gets BuildKit's, and official ones
// are taken to set no other of these variables.
func (s *Stages) Path(stage int, at *eval.State) (dirs []string) {
	for _, name := range leading() {
		value, set, known := at.Var(name)
		switch {
		case set && !known, !set && !s.Known(stage) && !s.Official(stage):
			return nil
		case !set && name == "PATH":
			value = system.DefaultPathEnvUnix
		}
		list := strings.Split(value, ":")
		if value == "" || name == "LD_PRELOAD" { // which may have spaces between files
			list = strings.FieldsFunc(value, func(r rune) bool { return r == ':' || r == ' ' })
		}
		for _, dir := range list {
			if !strings.HasPrefix(dir, "/") {
				return nil // in the working directory, which an empty one is, too
			}
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// Official tells whether a stage goes back to an official image of Docker Hub.
func (s *Stages) Official(stage int) bool {
	ref, _ := distro.BaseImage(s.in, stage)
	_, official := distro.Official(ref)
	return official
}
