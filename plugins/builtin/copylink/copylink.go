// Package copylink is the built-in plugin copy-link: it gives COPY and ADD the flag --link where the
// image stays the same, so that they do not wait for the steps in front of them, and are not repeated
// with those. It may import lang, ir and plugins.
//
// With --link, what is copied is made on its own and laid over the stage: directories on the way are
// new ones, root's with mode 0755, and neither a symbolic link nor a mode that was there before stays
// (docs.docker.com/reference/dockerfile, "COPY --link"). So all directories on the way have to be
// known, which is what tree.go and image.go are for.
package copylink

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
	"github.com/seed-e0495807/strake/plugins/builtin/ground"
)

// Name is the plugin's name in strake.yaml.
const Name = "copy-link"

//go:embed schema.json
var schema []byte

const url = "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/copy-link.md"

// config is what strake.yaml says.
type config struct {
	Explain bool `json:"explain"`
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

// Info says what the plugin is.
func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name: Name, Version: "1.0.0",
		Summary: "gives COPY the flag --link where the image stays the same",
		URL:     url,
		Phases:  []plugins.Phase{plugins.Rewrite},
		Filter:  plugins.Filter{Keywords: []string{"COPY", "ADD"}},
		After:   []string{"include", "packages", "ssh-server", "drop-dead", "split-copy", "reorder", "parallelise"}, // which put steps in, or move them
		Schema:  schema,
	}
}

// Run gives the flag.
func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	j := &job{Call: c, ctx: ctx, host: h, trees: make([]*tree, len(c.Module.Stages))}
	if err := c.Decode(&j.config); err != nil {
		return nil, err
	}
	if c.Module.HasCustom() || c.Module.Escape != '\\' {
		return nil, nil // an instruction of a plugin may do anything, and Windows has no such layers
	}
	j.states = ground.Of(ctx, h, c)
	for i := range c.Module.Stages {
		if ctx.Err() == nil {
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
	states *ground.Stages
	trees  []*tree // of the stages so far, as they are at their end
	result plugins.Result
}

// stage follows what is in a stage, and gives its COPYs the flag.
func (j *job) stage(stage int) {
	ops, states := j.Module.Stages[stage].Ops, j.states.Stage(stage)
	t := j.base(stage)
	mine := j.Stages[stage] && (j.Needed == nil || j.Needed[stage]) && len(ops) > 0 && !states[0].Triggers && states[0].OS != "windows"
	parent := j.states.Parent(stage)
	waits := parent >= 0 && slices.ContainsFunc(j.Module.Stages[parent].Ops, takes)
	var steps []effects.Step // made when the first is asked for
	for i, op := range ops {
		if c := transferOf(op.Body, states[i], j.Module.Escape); c != nil {
			if k := t.at(c.dest); k == plain || k == absent {
				c.names = j.regular(c)
			}
			c.link = c.link || mine && waits && j.link(stage, i, c, t)
			t.copied(c)
		} else if _, run := op.Body.(*ir.Run); run {
			if steps == nil {
				steps = j.states.Steps(stage)
			}
			t.ran(steps[i], states[i].Root())
		} else if w, ok := op.Body.(*ir.Workdir); ok {
			dir := ""
			if i+1 < len(states) {
				dir = states[i+1].Workdir
			} else if text, known := states[i].Expand(w.Path, j.Module.Escape); known && strings.HasPrefix(text, "/") {
				dir = text
			}
			t.worked(dir, states[i].Root())
		}
		waits = waits || takes(op)
	}
	j.trees[stage] = t
}

// takes tells a step for which those behind it wait, and which is done again when something has
// changed.
func takes(op *ir.Op) bool {
	switch op.Body.(type) {
	case *ir.Run, *ir.Copy, *ir.Add:
		return true
	}
	return false
}

// base is what is known of the files with which a stage starts.
func (j *job) base(stage int) *tree {
	if p := j.states.Parent(stage); p >= 0 {
		if slices.ContainsFunc(j.Module.Stages[p].Ops, func(op *ir.Op) bool { _, on := op.Body.(*ir.Onbuild); return on }) {
			return &tree{lost: "the stage that it starts from has triggers"}
		}
		return j.trees[p].copy()
	}
	s := j.Module.Stages[stage]
	if s.Base == "scratch" {
		return &tree{image: empty}
	}
	if image := j.image(stage); image != nil {
		return &tree{image: image}
	}
	return &tree{lost: "what is in the base image is not known"}
}

// link gives a COPY the flag, or says why not.
func (j *job) link(stage, i int, c *transfer, t *tree) bool {
	op := j.Module.Stages[stage].Ops[i]
	word, _, _ := strings.Cut(op.Text(), " ")
	if no := j.refusal(c, t); no != nil {
		j.say(no.code, op, word+" stays without --link: "+no.why)
		return false
	}
	var body ir.Body
	switch b := op.Body.(type) {
	case *ir.Copy:
		out := *b
		out.Link, body = true, &out
	case *ir.Add:
		out := *b
		out.Link, body = true, &out
	}
	j.result.Edits = append(j.result.Edits, plugins.Edit{Stage: stage, Op: i, Delete: 1, Insert: []*ir.Op{j.Op(body, "it need not wait for the steps in front of it", op.Origin)}})
	j.say("linked", op, word+" gets --link: all directories on its way are known")
	return true
}

// say tells what became of an instruction: in the log, or as a hint in the source.
func (j *job) say(code string, op *ir.Op, what string) {
	t := explain.Teller{Host: j.host, Hints: j.config.Explain, Page: url, Diags: &j.result.Diags}
	t.Say(j.ctx, code, op.Origin, op.Text(), what)
}

// refusal is why a COPY stays as it is: a code, which the page of the plugin explains, and a text.
type refusal struct{ code, why string }

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code, fmt.Sprintf(format, args...)}
}
