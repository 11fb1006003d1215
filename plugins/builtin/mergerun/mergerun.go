// Package mergerun is the built-in plugin merge-run: it joins RUNs that follow one
// another into one, where the shell's syntax tree shows that the result is the same,
// and tells why it leaves others apart. It may import lang, ir and plugins.
//
// N RUNs are N shells, each of which starts afresh: with the environment, directory,
// umask and user of the stage, no process but its own, and nothing remembered. So the
// question is always what a shell, or its container, would carry over. Package syntax
// answers it for a script alone (script.go), the stage says how a shell starts
// (state.go), and chain.go decides about neighbours.
package mergerun

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// Name is the plugin's name in strake.yaml.
const Name = "merge-run"

var schema = []byte(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "cache": {
      "description": "keep leaves RUNs apart where another stage of the Dockerfile starts with the same instructions on the same base, so that both go on sharing those layers. ignore merges there, too, and the stages do that work twice.",
      "enum": ["keep", "ignore"],
      "default": "keep"
    },
    "apart": {
      "description": "Regular expressions (RE2). A RUN whose command matches one keeps the end of its layer: nothing is merged onto it. For slow steps that stand still while what is below them is edited.",
      "type": "array",
      "items": {"type": "string", "minLength": 1, "format": "regex"},
      "default": []
    },
    "max-length": {
      "description": "The most bytes that a merged RUN may have, here documents included. Lines of 64 KiB and more are too long for stock docker.",
      "type": "integer",
      "minimum": 1,
      "maximum": 60000,
      "default": 4000
    },
    "explain": {
      "description": "Tell why RUNs that follow one another are not merged, as hints in the source. Without it the reasons are in the plugin's log.",
      "type": "boolean",
      "default": false
    },
    "unknown": {
      "description": "What becomes of RUNs with programs that merge-run does not know, and of all RUNs behind them: apart, or merge, which takes the risk that one of them leaves a process, changes files that have several names, or changes other programs; or a list of programs to take it for.",
      "oneOf": [
        {"enum": ["apart", "merge"]},
        {"type": "array", "items": {"type": "string", "minLength": 1}}
      ],
      "default": "apart"
    }
  }
}`)

type config struct {
	Cache     string   `json:"cache"`
	Apart     []string `json:"apart"`
	MaxLength int      `json:"max-length"`
	Explain   bool     `json:"explain"`
	Unknown   unknown  `json:"unknown"`
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

// Info says what the plugin is.
func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name:    Name,
		Version: "1.0.0",
		Summary: "merges RUNs that follow one another where that is proven to be the same",
		URL:     "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/merge-run.md",
		Phases:  []plugins.Phase{plugins.Rewrite},
		Filter:  plugins.Filter{Keywords: []string{"RUN"}},
		After:   []string{"include", "ssh-server"}, // which put RUNs and stages in
		Schema:  schema,
	}
}

// Run merges. A pattern of the config that is none is an error of the user.
func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	j := &job{Call: c, ctx: ctx, host: h, config: config{Cache: "keep", MaxLength: 4000}}
	if err := c.Decode(&j.config); err != nil {
		return nil, err
	}
	for _, text := range j.config.Apart {
		re, err := regexp.Compile(text)
		if err != nil {
			j.result.Diags.Errorf(source.Span{}, "config", "apart: %v", err)
			return &j.result, nil
		}
		j.keep = append(j.keep, re)
	}
	j.states = c.States.Module(c.Module, j.base)
	j.stages()
	return &j.result, ctx.Err()
}

// job is one call at work.
type job struct {
	*plugins.Call
	ctx    context.Context
	host   plugins.Host
	config config
	keep   []*regexp.Regexp
	states *eval.Module
	result plugins.Result
}

// stages merges in the stages that the plugin is for.
func (j *job) stages() {
	ends := make([]*state, len(j.Module.Stages)) // of each stage
	shared := boundaries(j.Module, j.Stages, j.config.Cache == "keep")
	read := horizon(j.Module, j.Stages)
	for i, s := range j.Module.Stages {
		if read[i] < 0 {
			continue
		}
		now, states := j.start(i, ends), j.states.Stage(i)
		for at := 0; at < read[i]; {
			n := runs(s.Ops[at:])
			if n > 0 && j.ctx.Err() == nil {
				c := &chain{job: j, stage: i, first: at, state: now, shared: shared[i]}
				now = c.merge(s.Ops[at:at+n], j.Stages[i])
			}
			at += max(n, 1)
			now = now.after(s.Ops[at-1].Body, states[at], j.settled(now.past))
		}
		ends[i] = now
	}
}

// horizon tells how many ops of each stage count: those up to the last RUNs that may be merged,
// and all of a stage that one with such starts from; -1 where that has none to do.
func horizon(m *ir.Module, chosen []bool) []int {
	list := slices.Repeat([]int{-1}, len(m.Stages))
	for i, s := range slices.Backward(m.Stages) {
		for at := 0; chosen[i] && at < len(s.Ops); {
			n := runs(s.Ops[at:])
			if n > 1 {
				list[i] = max(list[i], at+n)
			}
			at += max(n, 1)
		}
		if parent := eval.Parent(m, i); parent >= 0 && list[i] >= 0 {
			list[parent] = len(m.Stages[parent].Ops)
		}
	}
	return list
}

// runs tells how many RUNs a list starts with.
func runs(ops []*ir.Op) int {
	for i, op := range ops {
		if _, ok := op.Body.(*ir.Run); !ok {
			return i
		}
	}
	return len(ops)
}

// reason is why RUNs stay apart.
type reason struct {
	code string // of the diagnostic
	text string // continues "not merged with the RUN above: "
}

func because(code, format string, args ...any) *reason {
	return &reason{code, fmt.Sprintf(format, args...)}
}

// refuse tells why an op is not merged with the one above it.
func (j *job) refuse(above, op *ir.Op, why *reason) {
	if !j.config.Explain {
		j.host.Log(j.ctx, fmt.Sprintf("%.80q is not merged with the RUN above: %s (%s)", op.Text(), why.text, why.code))
		return
	}
	var at, before source.Span
	if spans := op.Origin.Spans(); len(spans) > 0 {
		at = spans[0]
	}
	if spans := above.Origin.Spans(); len(spans) > 0 {
		before = spans[0]
	}
	d := j.result.Diags.Hintf(at, why.code, "not merged with the RUN above: %s", why.text)
	d.URL = New().Info().URL + "#" + why.code
	d.Related = []diag.Related{{Span: before, Message: "the RUN above"}}
}
