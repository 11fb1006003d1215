// Package splitcopy is the built-in plugin split-copy: it has the COPY of a directory of the build
// context in front of an install become a COPY of the files that say what to install, the install, and
// then the COPY, so that an edit of other files does not repeat the install. It may import lang, ir
// and plugins.
//
// The image stays the same, which takes this: the install reads of the directory just these files
// (package ir/effects has which, npm.go and the like what is in them), and makes nothing there that
// the COPY brings (project.go); what else stands between has nothing to do with the directory
// (step.go); and neither do the programs, the settings and the caches of the install (place.go).
package splitcopy

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
)

// Name is the plugin's name in strake.yaml.
const Name = "split-copy"

//go:embed schema.json
var schema []byte

const url = "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/split-copy.md"

// config is what strake.yaml says.
type config struct {
	Scripts  []string `json:"scripts"`  // packages of npm whose install scripts keep to themselves
	Packages string   `json:"packages"` // trust takes it that those of distributions do, too
	Explain  bool     `json:"explain"`  // what is split and what is not are hints
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

// Info says what the plugin is.
func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name: Name, Version: "1.0.0",
		Summary: "copies what an install reads before the install, and the rest behind it",
		URL:     url,
		Phases:  []plugins.Phase{plugins.Rewrite},
		Needs:   []plugins.Grant{plugins.GrantContext},
		After:   []string{"include", "packages", "ssh-server"}, // which put instructions in
		Schema:  schema,
	}
}

// Run splits what can be split.
func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	j := &job{Call: c, ctx: ctx, host: h}
	if err := c.Decode(&j.config); err != nil {
		return nil, err
	}
	if c.Module.HasCustom() {
		return nil, nil // an instruction of a plugin may read anything
	}
	j.files = &files{ctx: ctx, host: h}
	j.states = c.States.Module(c.Module, func(i int) *eval.State { return distro.Base(ctx, h, c.States, c.Module, i) })
	for i := range c.Module.Stages {
		if c.Stages[i] && ctx.Err() == nil {
			j.stage(i)
		}
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
	files  *files
	result plugins.Result
}

// refusal is why something is not split: a code, which the page of the plugin explains, and a text.
type refusal struct{ code, why string }

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// stage splits COPYs of a stage.
func (j *job) stage(stage int) {
	ops := j.Module.Stages[stage].Ops
	for i := 0; i < len(ops); i++ {
		c := copyOf(ops[i].Body)
		if c == nil || !j.installs(ops[i+1:]) {
			continue
		}
		s := &split{job: j, stage: stage, at: i, copied: c}
		if no := s.find(); no != nil {
			j.say(no.code, ops[i].Origin, ops[i].Text(), "stays whole: "+no.why)
			continue
		}
		if s.last == 0 {
			continue
		}
		j.rewrite(s)
		i = s.last
	}
}

// installs tells whether one of the ops installs what a project needs.
func (j *job) installs(ops []*ir.Op) bool {
	for _, op := range ops {
		run, ok := op.Body.(*ir.Run)
		if !ok {
			continue
		}
		script, err := j.States.Script(run, nil)
		if err != nil {
			continue
		}
		for _, c := range script.Commands {
			if p, _ := effects.ProjectOf(c); p != nil {
				return true
			}
		}
	}
	return false
}

// rewrite puts the two COPYs in the place of the one.
func (j *job) rewrite(s *split) {
	op := j.Module.Stages[s.stage].Ops[s.at]
	var first []*ir.Op
	for _, body := range s.manifests() {
		first = append(first, j.Op(body, "the install reads these files", op.Origin))
	}
	rest := j.Op(s.rest(), "other files come behind the install, which an edit of them does not repeat", op.Origin)
	j.result.Edits = append(j.result.Edits,
		plugins.Edit{Stage: s.stage, Op: s.at, Delete: 1, Insert: first}, s.behind(rest))
	j.say("split", op.Origin, op.Text(), "is split: "+strings.Join(s.names(), ", ")+" come first")
}

// behind puts the COPY behind the last install, and what else its RUN does behind that.
func (s *split) behind(rest *ir.Op) plugins.Edit {
	if s.cut == nil {
		return plugins.Edit{Stage: s.stage, Op: s.last + 1, Insert: []*ir.Op{rest}}
	}
	run := s.Module.Stages[s.stage].Ops[s.last].Origin
	return plugins.Edit{Stage: s.stage, Op: s.last, Delete: 1, Insert: []*ir.Op{
		s.Op(s.cut[0], "the install is a step of its own", run), rest, s.Op(s.cut[1], "what comes behind the install in its RUN", run)}}
}

// say tells what became of an instruction: in the log, or as a hint in the source.
func (j *job) say(code string, o *ir.Origin, text, what string) {
	word, _, _ := strings.Cut(text, " ")
	t := explain.Teller{Host: j.host, Hints: j.config.Explain, Page: url, Diags: &j.result.Diags}
	t.Say(j.ctx, code, o, text, word+" "+what)
}
