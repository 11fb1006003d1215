package config

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/spec"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config/trust"
)

// Plugins are the plugins of a strake.yaml, ready to run. Programs start when they are
// first needed.
type Plugins struct {
	plugins.Pipeline
	programs []*lazy  // nil for the steps of built-in plugins
	own      []string // what the plugins of the steps call themselves
}

// ErrNoFile is that of a pipeline of a file that Load could not read.
var ErrNoFile = errors.New("there is no strake.yaml to take plugins from: look at what Load found")

// Pipeline makes the pipeline of a file that Load found nothing wrong with. The list has
// all that is in the way, and then the pipeline is nil. The error is that of the context, or
// ErrNoFile.
func (f *File) Pipeline(ctx context.Context, env Env) (*Plugins, diag.List, error) {
	if f == nil {
		return nil, nil, ErrNoFile
	}
	b := builder{f: f, env: env, out: &Plugins{}}
	lock := &trust.Lock{}
	if i := slices.IndexFunc(f.Entries, func(e Entry) bool { return e.External() }); i >= 0 {
		var err error
		if lock, err = trust.ReadLock(f.LockPath()); err != nil {
			return nil, diag.List{located(err, &f.Entries[i])}, nil
		}
	}
	list := make([]Status, len(f.Entries))
	err := f.each(ctx, func(ctx context.Context, i int) (err error) {
		if list[i], err = f.status(ctx, env, lock, &f.Entries[i]); err == nil {
			err = f.ask(ctx, env, &list[i])
		}
		return err
	})
	if err != nil {
		return nil, nil, errors.Join(err, closeAll(list))
	}
	for i := range list {
		b.step(&list[i])
	}
	b.order()
	b.claims()
	b.diags.Sort()
	if b.diags.HasErrors() {
		return nil, b.diags, closeAll(list)
	}
	return b.out, b.diags, nil
}

// First are the first n of the plugins. They are the same ones: Close ends them for both.
func (p *Plugins) First(n int) *Plugins {
	return &Plugins{Pipeline: plugins.Pipeline{Steps: p.Steps[:n:n]}, programs: p.programs[:n:n], own: p.own[:n:n]}
}

// closeAll ends programs that were only asked what they are.
func closeAll(list []Status) error {
	var errs []error
	for _, s := range list {
		if s.started != nil {
			errs = append(errs, s.started.Close())
		}
	}
	return errors.Join(errs...)
}

// each does something for every entry, a few at a time.
func (f *File) each(ctx context.Context, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range f.Entries {
		g.Go(func() error { return do(ctx, i) })
	}
	return g.Wait()
}

// located puts an error at an entry.
func located(err error, e *Entry) diag.Diagnostic {
	var d diag.Diagnostic
	if !errors.As(err, &d) {
		d = diag.Diagnostic{Code: "plugin", Message: err.Error()}
	}
	if d.Span.IsZero() {
		d.Span = e.Span
	}
	return d
}

// builder makes a pipeline.
type builder struct {
	f       *File
	env     Env
	out     *Plugins
	diags   diag.List
	entries []*Entry // of the steps
}

// step adds the step of an entry, or tells why there is none.
func (b *builder) step(s *Status) {
	e := s.Entry
	if s.Err != nil {
		b.diags.Add(located(s.Err, e))
		return
	}
	step := plugins.Step{
		Plugin: s.plugin, Config: e.Config, Grants: e.Grants, Levels: e.Levels,
		Match: e.match(b.f.Dir(), b.env.WorkDir),
	}
	var program *lazy
	if s.plugin != nil {
		step.Grants = union(e.Grants, s.Info.Needs) // it is a part of strake
	} else {
		program = &lazy{info: s.Info, starter: b.env.Starter, program: s.program(), started: s.started}
		step.Plugin = program
		b.needs(s)
	}
	if e.Name != "" && e.Name != s.Info.Name {
		step.Plugin = renamed{step.Plugin, e.Name}
	}
	b.config(s)
	b.name(step.Plugin.Info().Name, e)
	b.out.Steps = append(b.out.Steps, step)
	b.out.programs = append(b.out.programs, program)
	b.entries = append(b.entries, e)
	b.out.own = append(b.out.own, s.Info.Name)
}

func union(a, b []plugins.Grant) []plugins.Grant {
	out := slices.Clone(a)
	for _, g := range b {
		if !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// needs tells what a program needs and is not granted.
func (b *builder) needs(s *Status) {
	for _, g := range s.Info.Needs {
		if !slices.Contains(s.Entry.Grants, g) {
			d := b.diags.Errorf(s.Entry.Span, "plugin-needs-grant", "the plugin %s needs the grant %s", s.Name, g)
			var all []string
			for _, g := range union(s.Entry.Grants, s.Info.Needs) {
				all = append(all, string(g))
			}
			d.Hint = "to give it, write `grants: [" + strings.Join(all, ", ") + "]` below"
		}
	}
}

// config checks a plugin's config against its schema.
func (b *builder) config(s *Status) {
	e := s.Entry
	if len(s.Info.Schema) == 0 {
		if e.Config != nil {
			b.diags.Errorf(e.configSpan(), "config", "the plugin %s has no config", s.Name).Hint = "remove it"
		}
		return
	}
	schema, err := compileSchema(s.Info.Schema)
	if err != nil {
		d := b.diags.Errorf(e.Span, "plugin-schema", "the plugin %s has a wrong schema for its config: %s", s.Name, strings.Join(strings.Fields(err.Error()), " "))
		d.Hint = "this is a mistake in the plugin: tell its author"
		return
	}
	b.diags.Add(schema.check(e.node.Get("config"), e.configSpan())...)
}

// name makes sure that a name is there once. Load has told when it is in the file twice.
func (b *builder) name(name string, e *Entry) {
	for i, s := range b.out.Steps {
		if s.Plugin.Info().Name == name {
			d := b.diags.Errorf(e.Span, "config", "two plugins call themselves %s", name)
			d.Hint = "give one of them a `name` of its own"
			d.Related = []diag.Related{{Span: b.entries[i].Span, Message: "it is here, too"}}
		}
	}
}

// order checks what plugins say of their order.
func (b *builder) order() {
	for i, s := range b.out.Steps {
		info := s.Plugin.Info()
		for j := i + 1; j < len(b.out.Steps); j++ {
			later := b.out.Steps[j].Plugin.Info().Name
			if slices.Contains(info.After, later) || slices.Contains(info.After, b.out.own[j]) {
				d := b.diags.Errorf(b.entries[i].Span, "plugin-order", "the plugin %s must stand behind %s", info.Name, later)
				d.Hint = "move the entry of " + later + " in front of it"
				d.Related = []diag.Related{{Span: b.entries[j].Span, Message: later + " is here"}}
			}
		}
	}
}

// keywordForm is how keywords of plugins are written.
var keywordForm = late.Regexp(`^[A-Z][A-Z0-9_-]*$`)

// claims checks which instructions plugins claim.
func (b *builder) claims() {
	type claim struct {
		by string
		at source.Span
	}
	seen := map[string]claim{}
	for i, s := range b.out.Steps {
		info, at := s.Plugin.Info(), b.entries[i].Span
		for _, in := range info.Instructions {
			first, twice := seen[in.Keyword]
			switch {
			case !keywordForm().MatchString(in.Keyword):
				b.diags.Errorf(at, "plugin-claim", "the plugin %s claims the instruction %q, which is not upper case letters", info.Name, in.Keyword)
			case slices.Contains(spec.Keywords(), in.Keyword):
				b.diags.Errorf(at, "plugin-claim", "the plugin %s claims the instruction %s, which is Docker's own", info.Name, in.Keyword)
			case twice:
				d := b.diags.Errorf(at, "plugin-claim", "the plugins %s and %s both claim the instruction %s", first.by, info.Name, in.Keyword)
				d.Hint = "use one of them"
				d.Related = []diag.Related{{Span: first.at, Message: first.by + " is here"}}
			default:
				seen[in.Keyword] = claim{info.Name, at}
			}
		}
	}
}

// Start starts those programs at once whose filter matches a module, so that none waits
// for another. Others start when they are called. What fails here is told then.
func (p *Plugins) Start(ctx context.Context, m *ir.Module) {
	var wg sync.WaitGroup
	for i, program := range p.programs {
		if program != nil && p.wanted(i, m) {
			wg.Go(func() { _, _ = program.start(ctx) })
		}
	}
	wg.Wait()
}

// wanted tells whether a step will be called for a module, as far as can be seen now.
func (p *Plugins) wanted(i int, m *ir.Module) bool {
	step := &p.Steps[i]
	info := step.Plugin.Info()
	stages := make([]bool, len(m.Stages))
	for j, s := range m.Stages {
		stages[j] = step.Match == nil || step.Match(m, s)
		for _, op := range s.Ops {
			if c, ok := op.Body.(*ir.Custom); ok && slices.ContainsFunc(info.Instructions, func(in plugins.Instruction) bool { return in.Keyword == c.Name }) {
				return true
			}
		}
	}
	phases := slices.ContainsFunc(info.Phases, func(ph plugins.Phase) bool { return ph != plugins.Expand })
	return phases && slices.Contains(stages, true) && info.Filter.Match(m, stages)
}

// Close ends the programs that were started.
func (p *Plugins) Close() error {
	var errs []error
	for _, program := range p.programs {
		if program != nil {
			errs = append(errs, program.Close())
		}
	}
	return errors.Join(errs...)
}

// String names the plugins in order.
func (p *Plugins) String() string {
	var names []string
	for _, s := range p.Steps {
		names = append(names, s.Plugin.Info().Name)
	}
	return fmt.Sprint(names)
}
