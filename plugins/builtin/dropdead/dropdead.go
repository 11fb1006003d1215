// Package dropdead is the built-in plugin drop-dead: it takes out instructions and stages that
// the image does not depend on, where the Dockerfile alone shows that, and says why it leaves
// others that look like them. It may import lang, ir and plugins.
//
// What goes never changes a vertex of what stays: instructions that only set the config of an
// image, in which a later one has the last word or which no image has (overwritten.go,
// unneeded.go), arguments that nothing reads, stages that the target does not go back to, and
// RUNs that do nothing (idle.go), which are the only vertices that go.
package dropdead

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
)

// Name is the plugin's name in strake.yaml.
const Name = "drop-dead"

//go:embed schema.json
var schema []byte

const url = "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/drop-dead.md"

// config is what strake.yaml says.
type config struct {
	Keep    []string `json:"keep"`    // stages that are built by themselves, too
	Explain bool     `json:"explain"` // what goes and what stays are hints
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

// Info says what the plugin is.
func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name: Name, Version: "1.0.0",
		Summary: "takes out instructions and stages that the image does not depend on",
		URL:     url,
		Phases:  []plugins.Phase{plugins.Rewrite},
		After:   []string{"include", "packages", "ssh-server"}, // which put instructions in
		Schema:  schema,
	}
}

// Run takes out what is dead.
func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	j := &job{Call: c, ctx: ctx, host: h, ops: make([][]bool, len(c.Module.Stages)), stages: make([]bool, len(c.Module.Stages))}
	if err := c.Decode(&j.config); err != nil {
		return nil, err
	}
	if c.Target < 0 || c.Module.HasCustom() || j.strict() {
		return nil, nil // an instruction of a plugin may read anything, and where warnings are errors, dead ones fail
	}
	j.states = c.States.Module(c.Module, func(i int) *eval.State { return distro.Base(ctx, h, c.States, c.Module, i) })
	for i, s := range c.Module.Stages {
		j.ops[i] = make([]bool, len(s.Ops))
	}
	j.unneeded()
	for i := range c.Module.Stages {
		if c.Stages[i] && !j.stages[i] && ctx.Err() == nil {
			j.configOnly(i)
			j.overwritten(i)
			j.idle(i)
		}
	}
	j.arguments()
	j.result.Module = j.module()
	return &j.result, ctx.Err()
}

// strict tells whether warnings of build checks are errors: by the directive, or by the build
// argument that takes its place.
func (j *job) strict() bool {
	facts, _ := j.host.Facts(j.ctx, j.Target)
	return facts.Strict || strings.Contains(strings.ToLower(j.Module.Check), "error")
}

// job is one call at work.
type job struct {
	*plugins.Call
	ctx    context.Context
	host   plugins.Host
	config config
	states *eval.Module
	needed []bool   // what is asked for, or kept, goes back to the stage
	stages []bool   // the stage goes
	ops    [][]bool // of a stage, those that go
	args   []bool   // of those in front of the first stage
	result plugins.Result
}

// drop takes an op out.
func (j *job) drop(stage, op int, format string, args ...any) {
	if j.ops[stage][op] {
		return
	}
	j.ops[stage][op] = true
	body := j.Module.Stages[stage].Ops[op]
	j.say("dropped", body.Origin, body.Text(), fmt.Sprintf(format, args...))
}

// leave says why something stays that looks dead.
func (j *job) leave(code string, o *ir.Origin, text, format string, args ...any) {
	j.say(code, o, text, fmt.Sprintf(format, args...))
}

// say tells what became of an instruction: in the log, or as a hint in the source.
func (j *job) say(code string, o *ir.Origin, text, why string) {
	what := "stays"
	if code == "dropped" {
		what = "goes"
	}
	word, _, _ := strings.Cut(text, " ")
	t := explain.Teller{Host: j.host, Hints: j.config.Explain, Page: url, Diags: &j.result.Diags}
	t.Say(j.ctx, code, o, text, word+" "+what+": "+why)
}

// module is what is left, nil when that is all.
func (j *job) module() *ir.Module {
	changed := slices.Contains(j.stages, true) || slices.Contains(j.args, true)
	for _, list := range j.ops {
		changed = changed || slices.Contains(list, true)
	}
	if !changed {
		return nil
	}
	m := j.Module.Copy()
	m.Args = without(m.Args, j.args)
	for i, s := range m.Stages {
		s.Ops = without(s.Ops, j.ops[i])
	}
	m.Stages = without(m.Stages, j.stages)
	return m
}

// without is a list but for what goes.
func without[E any](list []E, gone []bool) (out []E) {
	for i, e := range list {
		if !gone[i] {
			out = append(out, e)
		}
	}
	return out
}

// mentions tells whether a text may read a variable: in words of the Dockerfile, whatever quotes
// and escapes are around it.
func mentions(text, name string) bool {
	for i := strings.IndexByte(text, '$'); i >= 0; {
		rest := text[i+1:]
		rest = strings.TrimPrefix(rest, "{")
		if strings.HasPrefix(rest, name) && (len(rest) == len(name) || !isName(rest[len(name)])) {
			return true
		}
		next := strings.IndexByte(text[i+1:], '$')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

func isName(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// full is the text of an instruction, here documents included.
func (j *job) full(op *ir.Op) string { return ir.Format(op.Body, j.Module.Escape) }

// plain tells a word that stands for itself.
func plain(word string) bool { return word != "" && !strings.ContainsAny(word, "$\"'\\`") }
