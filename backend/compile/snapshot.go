// Package compile is the driver of the compiler: a Snapshot is one Dockerfile under one
// configuration, and answers what is to be known of it. Each answer is worked out once,
// whoever asks for it: commands, the gateway's frontend and editors share the work.
//
//	text ─ AST ─ Module ─ plugins ─ Expanded ─ Plan(platform) ─ LLB(platform)
//
// The package may import lang, ir, plugins and the other backends but gateway, build and
// engine.
package compile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// Snapshot is a Dockerfile with a Config. It does not change, what it answers is worked out
// once, and many goroutines may ask it. So all who ask get the same tree, module, plan and
// result, and nobody may change those; ir.Module.Copy makes one that may be.
//
// Where a context ended the work, the next who asks begins it again. Any other failure stays,
// also one of a registry that may answer later: New makes a snapshot that tries again.
type Snapshot struct {
	config Config
	text   *text
	memo   *memo[expanded] // a snapshot made by With may share it

	files   source.Set
	brought sync.Once // the files of plugins into the set
	plans   []memo[planned]
	results []memo[*llb.Result]
	looks   []memo[Inspection]
	outline memo[*plan.Outline]
}

// text is what follows from the text and the instructions of plugins alone.
type text struct {
	once   sync.Once
	claims []lang.Claim
	tree   *lang.File
	form   diag.List // what is wrong with it
	found  diag.List // and instructions that nobody knows

	module  *ir.Module
	all     diag.List
	problem error
}

// expanded is a module after the plugins.
type expanded struct {
	module *ir.Module
	found  diag.List
}

// planned is a plan, and what rules found.
type planned struct {
	plan   *plan.Plan
	checks []lint.Finding
}

// Default asks for no platform, in place of an index of Config.Platforms, of which 0 is the
// first: the build is for the builder's own then, or for what its base image is. It is all
// there is where Config.Platforms is empty.
const Default = -1

// New makes a snapshot. That costs nothing yet.
func New(c Config) *Snapshot {
	n := len(c.Platforms) + 1
	s := &Snapshot{config: c, text: &text{}, memo: &memo[expanded]{},
		plans: make([]memo[planned], n), results: make([]memo[*llb.Result], n), looks: make([]memo[Inspection], n)}
	s.files.Add(c.Name, c.Text)
	return s
}

// Open makes a snapshot of a source, whose text and options the config has. A repository can
// call a link to any file of the machine its Dockerfile, a key of its user say, and errors
// would show that file line by line, where they are kept: in the log of a CI. So what is no
// Dockerfile is an error there. Seen is a snapshot that may be shared with, or nil.
func Open(src *input.Source, c Config, seen *Snapshot) (*Snapshot, error) {
	s := seen.With(c)
	if src.Outside != "" && s.parsed().found.HasErrors() {
		return nil, src.NotShown()
	}
	return s, nil
}

// OpenBlind makes a snapshot of a Dockerfile as it is where no base image is to be had.
func OpenBlind(ctx context.Context, in *input.Input, c Config) (*Snapshot, error) {
	src, err := in.Open(ctx, input.NoImages{})
	if err != nil {
		return nil, err
	}
	c = c.From(src)
	c.Build.Resolver, c.Blind = input.NoImages{}, true
	return Open(src, c, nil)
}

// With is a snapshot with another configuration. What does not depend on what is different is
// shared: the tree of the same text, and what plugins made of it if all that they may ask for
// is the same. They are asked again if they may look into base images, or read files of a
// context whose Files are not the same value. S may be nil.
func (s *Snapshot) With(c Config) *Snapshot {
	n := New(c)
	if s == nil || s.config.Name != c.Name || s.config.Text != c.Text || s.config.Plugins != c.Plugins || s.config.Without != c.Without {
		return n
	}
	n.text = s.text
	if s.config.expandsAs(&n.config) {
		n.memo = s.memo
	}
	return n
}

// Edited is a snapshot of another text in the place of this one's. Its source map is made of
// that text.
func (s *Snapshot) Edited(text string) *Snapshot {
	if text == s.config.Text {
		return s
	}
	c := s.config
	c.Text, c.Build.SourceMap = text, nil
	return New(c)
}

// Files are those that spans point into: the Dockerfile, which is file 0, and behind it the
// files that plugins brought, once they have run.
func (s *Snapshot) Files() *source.Set { return &s.files }

// File is the Dockerfile.
func (s *Snapshot) File() *source.File { return s.files.File(0) }

// Config is what the snapshot was made with.
func (s *Snapshot) Config() *Config { return &s.config }

// Platforms are the indices of the platforms that are asked for, for Plan and LLB.
func (s *Snapshot) Platforms() []int {
	if len(s.config.Platforms) == 0 {
		return []int{Default}
	}
	list := make([]int, len(s.config.Platforms))
	for i := range list {
		list[i] = i
	}
	return list
}

// Claims are the instructions of plugins.
func (s *Snapshot) Claims() []lang.Claim { return s.parsed().claims }

// AST is the tree of the text, and what is wrong with its form: an instruction that nobody
// knows is not, Module reports it.
func (s *Snapshot) AST() (*lang.File, diag.List) {
	t := s.parsed()
	return t.tree, slices.Clone(t.form)
}

// Module is what the author wrote, before the plugins, and warnings about it. The error is an
// ir.SyntaxError.
func (s *Snapshot) Module() (*ir.Module, diag.List, error) {
	t := s.parsed()
	return t.module, slices.Clone(t.all), t.problem
}

func (s *Snapshot) parsed() *text {
	t := s.text
	t.once.Do(func() {
		s.watch(Parse)
		t.claims = s.config.claims()
		t.tree, t.form = lang.Parse(s.File(), t.claims...)
		t.found = slices.Concat(t.form, lang.Unclaimed(t.tree, t.claims...))
		t.module, t.all, t.problem = ir.Parsed(t.tree, t.found)
	})
	return t
}

// Expanded is the module after the plugins, and warnings. With an error that plugins found,
// a diag.List, there is the module, too.
func (s *Snapshot) Expanded(ctx context.Context) (*ir.Module, diag.List, error) {
	m, found, err := s.Module()
	switch {
	case err != nil || s.config.Plugins == nil:
		return m, found, err
	case s.config.Blind && s.config.looks():
		m = m.Copy()
		for _, stage := range m.Stages {
			stage.Ops = plain(stage.Ops)
		}
		return m, found, nil
	}
	e, err := s.memo.get(ctx, func(ctx context.Context) (expanded, error) { return s.expand(ctx, m) })
	if err != nil {
		return nil, nil, err
	}
	s.brought.Do(func() {
		for _, f := range e.module.Files[min(1, len(e.module.Files)):] {
			s.files.Add(f.Name, f.Text)
		}
	})
	if found = append(found, e.found...); found.HasErrors() {
		found.Sort()
		return e.module, nil, found
	}
	return e.module, found, nil
}

// Targeted is Expanded for what is done with the module without a plan: the target has to be one of
// its stages, as it has for a plan.
func (s *Snapshot) Targeted(ctx context.Context) (*ir.Module, diag.List, error) {
	m, found, err := s.Expanded(ctx)
	if err == nil {
		if err = plan.CheckTarget(m, s.config.Build.Target); err != nil {
			return nil, found, err
		}
	}
	return m, found, err
}

func (s *Snapshot) expand(ctx context.Context, m *ir.Module) (expanded, error) {
	s.watch(Expand)
	s.config.Plugins.Start(ctx, m)
	out, err := s.config.Plugins.Run(ctx, plugins.Input{
		Module: m, Target: s.config.Build.Target, Only: !s.config.Whole,
		Host: func(m *ir.Module) plugins.Host { return newHost(&s.config, m) },
	})
	if err != nil {
		return expanded{}, s.explain(err)
	}
	return expanded{out.Module, out.Diags}, nil
}

// explain tells what to do about a plugin that is broken.
func (s *Snapshot) explain(err error) error {
	var broken *plugins.Broken
	if !errors.As(err, &broken) {
		return err
	}
	if d := (diag.Diagnostic{}); errors.As(err, &d) && d.Code == "plugin-sandbox" {
		return diag.List{d} // it is no fault of the plugin
	}
	d := diag.Diagnostic{Code: "plugin-broken", Message: err.Error(),
		Hint: "this is a mistake in the plugin, not in the Dockerfile: tell its author; --no-plugins builds without plugins"}
	for _, step := range s.config.Plugins.Steps {
		if info := step.Plugin.Info(); info.Name == broken.Plugin {
			d.URL = info.URL
			d.Notes = append(d.Notes, diag.Note{Label: "plugin", Text: fmt.Sprintf("%s %s", info.Name, info.Version)})
		}
	}
	return diag.List{d}
}

// Ready is Expanded for a module that is compiled: its check directive has to be in order, too.
func (s *Snapshot) Ready(ctx context.Context) (*ir.Module, diag.List, error) {
	m, found, err := s.Expanded(ctx)
	var bad diag.List
	if errors.As(lint.Directive(s.File()), &bad) {
		var all diag.List
		errors.As(err, &all)
		all = slices.Concat(all, bad)
		all.Sort()
		return nil, nil, ir.SyntaxError{List: all}
	}
	return m, found, err
}

// options are those of the build for a platform.
func (s *Snapshot) options(platform int) llb.Options {
	o := s.config.Build
	o.Platform = nil
	if platform != Default {
		o.Platform = &s.config.Platforms[platform]
	}
	return o
}

// check has the rules look, at what is known of a plan that may have failed.
func (s *Snapshot) check(ctx context.Context, rules []lint.Rule, m *ir.Module, p *plan.Plan) lint.Result {
	t := s.parsed()
	in := lint.Input{File: t.tree, Diags: t.found, Written: t.module, Module: m, Config: s.config.Directive}
	if named := s.config.Build.Contexts; named != nil {
		in.Given = func(name string) bool {
			given, err := named.Lookup(plan.ContextRequest{Name: name})
			return err == nil && given != nil
		}
	}
	if p != nil {
		in.Facts = p.Facts
	}
	if s.config.Lint != nil {
		in.Options = s.config.Lint.Options
	}
	if t.problem == nil && s.config.AtHand != nil {
		in.Known = images{ctx, &s.config}
	}
	if s.config.Lint != nil {
		return patiently(rules, in)
	}
	out, _ := lint.Run(rules, in) // Ready reports a bad directive
	return out
}

// Plan is what a build does for the platform of an index of Config.Platforms, or Default. An
// error that is the author's is a diag.List.
func (s *Snapshot) Plan(ctx context.Context, platform int) (*plan.Plan, error) {
	p, err := s.planned(ctx, platform)
	return p.plan, err
}

// Checks are what Config.Rules find when a platform is planned, the first one or Default, as
// it is the same for the others; also when there is an error.
func (s *Snapshot) Checks(ctx context.Context, platform int) ([]lint.Finding, error) {
	p, err := s.planned(ctx, platform)
	return p.checks, err
}

func (s *Snapshot) planned(ctx context.Context, platform int) (planned, error) {
	return of(ctx, s.plans, platform, func(ctx context.Context) (out planned, err error) {
		o, looks := s.options(platform), len(s.config.Rules) > 0 && platform <= 0
		if looks {
			o.Ignore = s.config.Ignore
		}
		m, _, err := s.Ready(ctx)
		if err == nil {
			s.watch(Plan)
			out.plan, err = llb.Plan(ctx, m, o)
		}
		if looks {
			found := s.check(ctx, s.config.Rules, m, out.plan)
			out.checks, err = found.Findings, cmp.Or(err, found.Err())
		}
		return out, err
	})
}

// LLB is what a build solves for a platform, with warnings. An error that is the author's is a
// diag.List.
func (s *Snapshot) LLB(ctx context.Context, platform int) (*llb.Result, error) {
	return of(ctx, s.results, platform, func(ctx context.Context) (*llb.Result, error) {
		_, found, err := s.Ready(ctx)
		if err != nil {
			return nil, err
		}
		p, err := s.Plan(ctx, platform)
		var list diag.List
		if len(found) > 0 && errors.As(err, &list) {
			return nil, slices.Concat(found, list) // what was found before may be why
		} else if err != nil {
			return nil, err
		}
		s.watch(Lower)
		r, err := llb.Lower(ctx, p, s.options(platform))
		if err != nil {
			return nil, err
		}
		r.Diags = slices.Concat(found, r.Diags, p.Notes)
		return r, nil
	})
}

// Outline is what can be given to a build of the target, when no platform is asked for.
func (s *Snapshot) Outline(ctx context.Context) (*plan.Outline, error) {
	return s.outline.get(ctx, func(ctx context.Context) (*plan.Outline, error) {
		m, _, err := s.Ready(ctx)
		if err != nil {
			return nil, err
		}
		o := s.options(Default)
		o.Outline = true
		s.watch(Plan)
		p, err := llb.Plan(ctx, m, o)
		if err != nil {
			return nil, err
		}
		return p.Outline, nil
	})
}

func (s *Snapshot) watch(w Work) {
	if s.config.Watch != nil {
		s.config.Watch(w)
	}
}
