package llb

import (
	"context"
	"fmt"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/source"
)

// Lower translates a plan. It decides nothing: what is not in the plan or the
// options is not in the result.
func Lower(ctx context.Context, p *plan.Plan, o Options) (*Result, error) {
	normalize(&o)
	l := &lowerer{plan: p, opt: o, stages: make(map[*plan.Stage]*stage, len(p.Stages))}
	l.main = &buildContext{make: o.Context, paths: p.Context}
	l.files = sources(p.Module, o)
	for _, s := range p.Stages {
		if err := l.stage(ctx, s); err != nil {
			return nil, err
		}
	}
	target := l.stages[p.Target]
	r := &Result{Image: &p.Target.Image, Base: p.Target.BaseInfo, Plan: p, NoCache: p.Target.NoCache, main: l.main, Stages: map[string]bk.State{}}
	r.State = target.state().SetMarshalDefaults(bk.Platform(p.Platform), bk.WithCaps(*o.Caps))
	for _, s := range p.ScanStages {
		r.Stages[s.Name] = l.stages[s].state()
		r.NoCache = r.NoCache || s.NoCache
	}
	return r, nil
}

type lowerer struct {
	plan   *plan.Plan
	opt    Options
	main   *buildContext
	stages map[*plan.Stage]*stage
	files  []file
}

// stage is a stage while its steps are lowered: what the file system is, and
// what commands run with. The two are kept apart because the values of a
// bk.State are looked up along the chain of everything that was done to it, which
// for a long stage would take quadratic time.
type stage struct {
	*plan.Stage
	out  bk.Output // nil is scratch
	meta bk.State  // environment, directory, user, network, platform

	env   plan.Env
	dir   string
	user  string
	from  bk.State // what meta was first
	links int      // length of the chain behind meta
}

func (s *stage) state() bk.State { return s.meta.WithOutput(s.out) }

// bare is an output that does not force its platform on the state it is put into:
// what RUN takes for its platform is among the values of meta.
type bare struct{ bk.Output }

// maxLinks is how long the chain of values may grow beyond what it holds.
const maxLinks = 64

func (s *stage) set(vars []plan.Variable) {
	for _, v := range vars {
		s.env.Set(v.Key, v.Value)
		s.meta = s.meta.AddEnv(v.Key, v.Value)
	}
	s.grow(len(vars))
}

func (s *stage) setDir(dir string) {
	s.dir = dir
	s.meta = s.meta.Dir(dir)
	s.grow(1)
}

func (s *stage) setUser(user string) {
	s.user = user
	s.meta = s.meta.User(user)
	s.grow(1)
}

// grow counts values that were put before others, and when most of the chain is
// shadowed makes it anew.
func (s *stage) grow(n int) {
	if s.links += n; s.links < maxLinks {
		return
	}
	vars := s.env.Vars()
	if s.links < 2*len(vars)+maxLinks {
		return
	}
	s.links = len(vars)
	s.meta = s.from
	for _, v := range vars {
		s.meta = s.meta.AddEnv(v.Key, v.Value)
	}
	if s.dir != "" {
		s.meta = s.meta.Dir(s.dir)
	}
	if s.user != "" {
		s.meta = s.meta.User(s.user)
	}
}

func (l *lowerer) stage(ctx context.Context, def *plan.Stage) error {
	s := &stage{Stage: def}
	l.stages[def] = s
	if err := l.base(s); err != nil {
		return err
	}
	if def.Start.Env == nil && def.Steps == nil {
		return nil // an image or a context that others copy from
	}
	if l.opt.Hostname != "" {
		s.from = s.from.Hostname(l.opt.Hostname)
	}
	s.from = s.from.Network(l.opt.Network)
	s.meta = s.meta.Network(l.opt.Network)
	if l.opt.Hostname != "" {
		s.meta = s.meta.Hostname(l.opt.Hostname)
	}
	s.set(def.Start.Env)
	if def.Start.Dir != "" {
		s.setDir(def.Start.Dir)
	}
	if def.Start.User != "" {
		s.setUser(def.Start.User)
	}
	for i := range def.Steps {
		if err := l.step(ctx, s, &def.Steps[i]); err != nil {
			return err
		}
	}
	return nil
}

// base starts a stage from what it is based on.
func (l *lowerer) base(s *stage) error {
	b := &s.Base
	switch b.Kind {
	case plan.BaseImage:
		img := bk.Image(b.Ref, command(b.Code), bk.Platform(s.Platform), l.opt.ResolveMode,
			bk.WithCustomName(b.Name), l.location(b.Origin))
		s.out, s.from = bare{img.Output()}, img
	case plan.BaseStage:
		parent := l.stages[b.Stage]
		s.out, s.meta, s.from = parent.out, parent.meta, parent.from
		s.env, s.dir, s.user, s.links = *parent.env.Clone(), parent.dir, parent.user, parent.links
		return nil
	case plan.BaseContext:
		state, ok := b.Context.(bk.State)
		if !ok {
			return fmt.Errorf("context %s: %T is no LLB state", s.Name, b.Context)
		}
		s.from = state
		if out := state.Output(); out != nil {
			s.out = bare{out}
		}
		if s.RunPlatform != nil {
			s.from = state.Platform(*s.RunPlatform)
		}
	default:
		s.from = bk.Scratch()
	}
	s.meta = s.from
	return nil
}

func (l *lowerer) step(ctx context.Context, s *stage, st *plan.Step) error {
	switch a := st.Action.(type) {
	case plan.SetEnv:
		s.set(a)
	case plan.SetDir:
		s.setDir(string(a))
	case plan.SetUser:
		s.setUser(string(a))
	case *plan.Mkdir:
		l.mkdir(s, st, a)
	case *plan.Exec:
		return l.exec(ctx, s, st, a)
	case *plan.Transfer:
		return l.transfer(ctx, s, st, a)
	}
	return nil
}

// read gives the state of what a step reads: a stage, or the build context.
func (l *lowerer) read(ctx context.Context, from *plan.Stage) (bk.State, error) {
	if from == nil {
		return l.main.get(ctx)
	}
	s := l.stages[from]
	if s == nil || s.out == nil {
		return bk.Scratch(), nil
	}
	return s.state(), nil
}

func (l *lowerer) mkdir(s *stage, st *plan.Step, a *plan.Mkdir) {
	s.setDir(a.Path)
	opts := []bk.MkdirOption{bk.WithParents(true)}
	if a.User != "" {
		opts = append(opts, bk.WithUser(a.User))
	}
	if l.plan.Epoch != nil {
		opts = append(opts, bk.WithCreatedTime(*l.plan.Epoch))
	}
	s.out = s.state().File(bk.Mkdir(a.Path, 0o755, opts...),
		bk.WithCustomName(st.Name), l.location(st.Op.Origin), bk.Platform(s.Platform)).Output()
}

// command is the description of a vertex that names its instruction.
func command(code string) bk.ConstraintsOpt {
	return bk.WithDescription(map[string]string{"com.docker.dockerfile.v1.command": code})
}

// document makes a file of a here document.
func document(s *stage, name, data string, mode int) bk.State {
	return bk.Scratch().File(bk.Mkfile(name, fileMode(mode), []byte(data)),
		dockerui.WithInternalName("preparing inline document"), bk.Platform(s.Platform))
}

// file is a source file of the module with its map.
type file struct {
	text *source.File
	sm   *bk.SourceMap
}

func sources(m *ir.Module, o Options) []file {
	files := make([]file, len(m.Files))
	for i, f := range m.Files {
		files[i].text = &source.File{ID: source.FileID(i), Name: f.Name, Text: f.Text}
		name := f.Name
		if i == 0 && o.SourceMap != nil {
			files[i].sm = o.SourceMap
			continue
		}
		if i == 0 && o.Filename != "" {
			name = o.Filename
		}
		files[i].sm = bk.NewSourceMap(nil, name, "Dockerfile", []byte(f.Text))
	}
	return files
}

// location says where a vertex comes from: one range a line, as BuildKit has it.
// A vertex without a place still names the file.
func (l *lowerer) location(o *ir.Origin) bk.ConstraintsOpt {
	spans := o.Spans()
	if len(spans) == 0 {
		return l.files[0].sm.Location(nil)
	}
	return l.place(spans[0].Join(spans[len(spans)-1]))
}

func (l *lowerer) place(span source.Span) bk.ConstraintsOpt {
	f := l.files[min(int(span.File), len(l.files)-1)]
	first, last := f.text.LineRange(span)
	n := last - first + 1
	lines, ranges, list := make([]pb.Position, n), make([]pb.Range, n), make([]*pb.Range, n)
	for i := range list {
		lines[i].Line = int32(first + i)
		ranges[i].Start, ranges[i].End = &lines[i], &lines[i]
		list[i] = &ranges[i]
	}
	return f.sm.Location(list)
}
