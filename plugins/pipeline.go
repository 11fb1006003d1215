package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// MaxRounds is how often instructions may expand into instructions of plugins.
const MaxRounds = 16

// Step is a plugin in a pipeline.
type Step struct {
	Plugin Plugin
	Config json.RawMessage // an object that the plugin's schema accepts; nil when there is none
	Grants []Grant
	Levels map[string]Level                     // severity by code, without the plugin's name
	Match  func(m *ir.Module, s *ir.Stage) bool // the stages it is for; nil is all
}

// Level is a severity, or Off.
type Level struct {
	Off      bool
	Severity diag.Severity
}

// Pipeline is plugins in order. The zero value has none.
type Pipeline struct{ Steps []Step }

// Input is a module and what a run needs besides.
type Input struct {
	Module *ir.Module
	Target string                  // a name or number as for docker build; "" is the last stage
	Only   bool                    // leave instructions in stages that the target does not need, and the bases of those, alone
	Host   func(m *ir.Module) Host // the services for a plugin that sees m; nil has none
}

// Output is what became of a module.
type Output struct {
	Module  *ir.Module // the last valid one
	Diags   diag.List  // of all plugins
	Reports map[string][]Report
	Ran     []string // plugins that were called
}

// Broken is why a pipeline stopped: a plugin did what no plugin may.
type Broken struct {
	Plugin string
	Phase  Phase
	Err    error
	Module *ir.Module // what it made, when that is not valid
}

// Error names the plugin.
func (b *Broken) Error() string { return fmt.Sprintf("plugin %s: %s: %v", b.Plugin, b.Phase, b.Err) }

// Unwrap gives the cause.
func (b *Broken) Unwrap() error { return b.Err }

// Claims are the instructions that the plugins expand.
func (p *Pipeline) Claims() (list []lang.Claim) {
	for _, s := range p.Steps {
		list = append(list, s.Plugin.Info().claims()...)
	}
	return list
}

// claims are the instructions that a plugin expands.
func (i Info) claims() (list []lang.Claim) {
	for _, in := range i.Instructions {
		list = append(list, lang.Claim{Keyword: in.Keyword, Heredocs: in.Heredocs})
	}
	return list
}

// Run takes a module through the plugins. An error that a rewrite tells ends it, as
// later plugins would see half of its work; those of checks are gathered. The error is
// a *Broken, or that of the context.
func (p *Pipeline) Run(ctx context.Context, in Input) (*Output, error) {
	r := &run{Input: in, out: &Output{Module: in.Module, Reports: map[string][]Report{}}}
	for i := range p.Steps {
		s := step{&p.Steps[i], p.Steps[i].Plugin.Info()}
		r.steps, r.claims = append(r.steps, s), append(r.claims, s.info.claims()...)
	}
	err := r.expand(ctx)
	for i := 0; i < len(r.steps) && err == nil && !r.stopped; i++ {
		if err = r.phase(ctx, r.steps[i], Rewrite); err == nil && !r.stopped {
			err = r.expand(ctx) // what the rewrite put in
		}
		if err == nil && !r.stopped {
			err = r.phase(ctx, r.steps[i], Check)
		}
	}
	for i := 0; i < len(r.steps) && err == nil && !r.out.Diags.HasErrors(); i++ {
		err = r.phase(ctx, r.steps[i], Finish)
	}
	if err != nil {
		return r.out, err
	}
	r.out.Diags = ignored(r.out.Module, r.out.Diags, r.codes())
	return r.out, nil
}

// step is a plugin of a run, and what it says of itself: that is asked for once.
type step struct {
	*Step
	info Info
}

// run is a pipeline at work.
type run struct {
	Input
	steps   []step
	claims  []lang.Claim
	written written // before rewrites
	states  eval.Memo
	out     *Output
	stopped bool // a rewrite told errors
}

// codes tells which plugins there are, for comments that ignore what they tell.
func (r *run) codes() []string {
	var names []string
	for _, s := range r.steps {
		names = append(names, s.info.Name)
	}
	return names
}

// expand replaces instructions until none is left that a plugin claims.
func (r *run) expand(ctx context.Context) error {
	before := len(r.out.Diags) // what checks told does not count
	stop := func() bool {
		r.stopped = r.stopped || r.out.Diags[before:].HasErrors()
		return r.stopped
	}
	for range MaxRounds {
		found := false
		for _, s := range r.steps {
			info := s.info
			uses, diags := findUses(r.out.Module, info.Instructions, r.needed())
			r.out.Diags = append(r.out.Diags, diags...)
			if stop() {
				return nil
			}
			if len(uses) == 0 {
				continue
			}
			found = true
			if err := r.call(ctx, s, &Call{Phase: Expand, Uses: uses}); err != nil {
				return err
			}
			if stop() {
				return nil
			}
			if left, _ := findUses(r.out.Module, info.Instructions, r.needed()); len(left) >= len(uses) && same(left, uses) {
				return &Broken{Plugin: info.Name, Phase: Expand, Err: fmt.Errorf("%s was not expanded", left[0].Keyword)}
			}
		}
		if !found {
			return nil
		}
	}
	return fmt.Errorf("after %d rounds, instructions of plugins still expand into instructions of plugins", MaxRounds)
}

// same tells whether the first uses are the same ones.
func same(a, b []Use) bool { return a[0].Origin == b[0].Origin }

// needed tells for each stage whether its instructions are to be expanded, and its base
// may be asked for.
func (r *run) needed() []bool {
	if !r.Only {
		return slices.Repeat([]bool{true}, len(r.out.Module.Stages))
	}
	return Needed(r.out.Module, Target(r.out.Module, r.Target))
}

// findUses are the uses of instructions in the stages that are needed, in order. What is
// wrong with one by itself is told of all stages, as it is of BuildKit's instructions.
func findUses(m *ir.Module, list []Instruction, needed []bool) (uses []Use, diags diag.List) {
	if len(list) == 0 {
		return nil, nil
	}
	for i, s := range m.Stages {
		for j, op := range s.Ops {
			if b, ok := op.Body.(*ir.Onbuild); ok {
				diags = append(diags, left(b, list, op.Origin)...)
			}
			c, ok := op.Body.(*ir.Custom)
			if !ok {
				continue
			}
			for k := range list {
				if list[k].Keyword == c.Name {
					u, more := list[k].parse(c, Place{i, j}, op.Origin)
					if diags = append(diags, more...); needed[i] {
						uses = append(uses, u)
					}
				}
			}
		}
	}
	return uses, diags
}

// left tells of an instruction of a plugin that ONBUILD leaves to other builds. How it
// expands depends on the image that it is in, and who builds on this one need not have the
// plugin: it cannot be expanded here, and must not go unexpanded into the image.
func left(b *ir.Onbuild, list []Instruction, origin *ir.Origin) (diags diag.List) {
	fields := strings.Fields(b.Trigger)
	if len(fields) == 0 || !slices.ContainsFunc(list, func(in Instruction) bool { return strings.EqualFold(in.Keyword, fields[0]) }) {
		return nil
	}
	var span source.Span
	if spans := origin.Spans(); len(spans) > 0 {
		span = spans[0]
	}
	keyword := strings.ToUpper(fields[0])
	d := diags.Errorf(span, "onbuild-plugin", "ONBUILD leaves %s to builds that need not have its plugin", keyword)
	d.Hint = "write what it stands for, like `ONBUILD RUN …` (`strake expand` shows it of " + keyword + " without ONBUILD), or use " + keyword + " in the Dockerfiles that build on this one"
	return diags
}

// phase calls a plugin for a phase that it takes part in, when its filter matches.
func (r *run) phase(ctx context.Context, s step, phase Phase) error {
	info := s.info
	if !slices.Contains(info.Phases, phase) {
		return nil
	}
	stages := s.stages(r.out.Module)
	if !slices.Contains(stages, true) || !info.Filter.Match(r.out.Module, stages) {
		return nil
	}
	return r.call(ctx, s, &Call{Phase: phase})
}

// stages tells for each stage whether the plugin is for it.
func (s *Step) stages(m *ir.Module) []bool {
	list := make([]bool, len(m.Stages))
	for i, stage := range m.Stages {
		list[i] = s.Match == nil || s.Match(m, stage)
	}
	return list
}

// call calls a plugin and takes what it answers.
func (r *run) call(ctx context.Context, s step, c *Call) error {
	info := s.info
	old := r.out.Module
	c.Module, c.Target, c.Stages, c.Config, c.By = old, Target(old, r.Target), s.stages(old), s.Config, info.Name
	c.Claims, c.States = r.claims, &r.states
	_, err := strconv.Atoi(r.Target)
	if c.Numbered = err == nil; !c.Numbered && r.Only { // a stage that goes makes a number that of another
		c.Needed = r.needed()
	}
	if c.Phase == Expand {
		for i := range c.Stages {
			c.Stages[i] = true // nobody else can expand them
		}
	}
	broken := func(err error) error { return &Broken{Plugin: info.Name, Phase: c.Phase, Err: err} }
	res, err := safely(ctx, s.Plugin, s.guard(r.host(old), r.needed()), c)
	switch {
	case ctx.Err() != nil: // what it says then may be wrong: it may do without what it was not given
		return context.Cause(ctx)
	case err != nil:
		return broken(err)
	}
	if !slices.Contains(r.out.Ran, info.Name) {
		r.out.Ran = append(r.out.Ran, info.Name)
	}
	if res == nil {
		return nil
	}
	if len(res.Diags) > 0 && (c.Phase == Check || c.Phase == Finish) {
		res.Diags = r.placed(ctx, s, c, res.Diags)
	}
	errors := res.Diags.HasErrors()
	r.out.Diags = append(r.out.Diags, s.levelled(info.Name, res.Diags, c)...)
	if (c.Phase == Rewrite || c.Phase == Expand) && errors {
		r.stopped = true
		r.addFiles(res.Module)
		return nil
	}
	next, err := res.Apply(old)
	if err != nil {
		return broken(err)
	}
	if next != old {
		if c.Phase == Check || c.Phase == Finish {
			return broken(fmt.Errorf("a plugin changes modules in its rewrite phase only"))
		}
		if err := verify(old, next, c); err != nil {
			return &Broken{Plugin: info.Name, Phase: c.Phase, Err: err, Module: next}
		}
		r.written.note(old)
		r.out.Module = next
	}
	r.out.Reports[info.Name] = append(r.out.Reports[info.Name], res.Reports...)
	return nil
}

// safely runs a plugin. A panic is an error, and what there is to say of its place is logged.
func safely(ctx context.Context, p Plugin, h Host, c *Call) (res *Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
			h.Log(ctx, fmt.Sprintf("%v\n%s", err, debug.Stack()))
		}
	}()
	return p.Run(ctx, h, c)
}

// addFiles takes over the files of a module that is not, as errors may be in them.
func (r *run) addFiles(m *ir.Module) {
	n := len(r.out.Module.Files)
	if m == nil || len(m.Files) <= n || !slices.Equal(m.Files[:n], r.out.Module.Files) {
		return
	}
	r.out.Module = r.out.Module.Copy()
	r.out.Module.Files = slices.Clone(m.Files)
}

func (r *run) host(m *ir.Module) Host {
	if r.Host == nil {
		return NoHost{}
	}
	return r.Host(m)
}

// levelled gives the diagnostics of a plugin their final codes and severities. Those
// of stages that it is not for are dropped.
func (s *Step) levelled(name string, list diag.List, c *Call) diag.List {
	var out diag.List
	for _, d := range list {
		code := strings.TrimPrefix(d.Code, name+"/")
		if !inStages(c, d.Span) {
			continue
		}
		if level, ok := s.Levels[code]; ok {
			if level.Off {
				continue
			}
			d.Severity = level.Severity
		}
		d.Code = name
		if code != "" {
			d.Code += "/" + code
		}
		out = append(out, d)
	}
	return out
}

// Target is the index of the stage that a build makes: -1 when there is none of that
// name.
func Target(m *ir.Module, name string) int {
	if name == "" {
		return len(m.Stages) - 1
	}
	for i := len(m.Stages) - 1; i >= 0; i-- {
		if strings.EqualFold(m.Stages[i].Name, name) {
			return i
		}
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(m.Stages) {
		return i
	}
	return -1
}
