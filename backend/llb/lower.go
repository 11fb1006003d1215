package llb

import (
	"context"
	"fmt"
	"path"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/source"
)

// Lower translates a plan. It decides nothing: what is not in the plan or the
// options is not in the result.
func Lower(ctx context.Context, p *plan.Plan, o Options) (*Result, error) {
	normalize(&o)
	l := &lowerer{plan: p, opt: o, stages: make(map[*plan.Stage]*stage, len(p.Stages)), caps: map[string]map[string]bool{}}
	l.main = &buildContext{make: o.Context, paths: p.Context}
	l.files = sources(p.Module, o)
	for _, s := range p.Stages {
		if err := l.stage(ctx, s); err != nil {
			return nil, err
		}
	}
	r := &Result{Image: &p.Target.Image, Base: p.Target.BaseInfo, Plan: p, NoCache: p.Target.NoCache, main: l.main, Stages: map[string]bk.State{}}
	flatten(l.stages[p.Target].out, l.vertices)
	r.State = l.stages[p.Target].state().SetMarshalDefaults(bk.Platform(p.Platform), bk.WithCaps(*o.Caps))
	for _, s := range p.ScanStages {
		flatten(l.stages[s].out, l.vertices)
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
	caps   map[string]map[string]bool

	vertices int
}

type step = plan.Step

// stage is a stage while its steps are lowered: its file system so far, and what
// commands run with.
type stage struct {
	*plan.Stage
	out  bk.Output // nil is scratch
	env  *plan.Env
	dir  string // "/" at first
	user string
}

// state is the stage as a bk.State, for callers that go on from it.
func (s *stage) state() bk.State {
	state := bk.NewState(s.out)
	if s.RunPlatform != nil {
		state = state.Platform(*s.RunPlatform)
	}
	if s.env != nil {
		for _, v := range s.env.Vars() {
			state = state.AddEnv(v.Key, v.Value)
		}
	}
	if s.user != "" {
		state = state.User(s.user)
	}
	return state.Dir(s.dir)
}

func (l *lowerer) stage(ctx context.Context, def *plan.Stage) error {
	s := &stage{Stage: def, dir: "/"}
	l.stages[def] = s
	if err := l.base(ctx, s); err != nil {
		return err
	}
	for _, v := range def.Start.Env {
		s.env.Set(v.Key, v.Value)
	}
	if def.Start.Dir != "" {
		s.dir = def.Start.Dir
	}
	if def.Start.User != "" {
		s.user = def.Start.User
	}
	for i := range def.Steps {
		if err := l.step(ctx, s, &def.Steps[i]); err != nil {
			return err
		}
	}
	return nil
}

// base starts a stage from what it is based on.
func (l *lowerer) base(ctx context.Context, s *stage) error {
	s.env = &plan.Env{}
	switch b := &s.Base; b.Kind {
	case plan.BaseImage:
		s.out = l.image(s, b)
	case plan.BaseStage:
		parent := l.stages[b.Stage]
		s.out, s.dir, s.user = parent.out, parent.dir, parent.user
		s.env = parent.env.Clone()
	case plan.BaseContext:
		state, ok := b.Context.(bk.State)
		if !ok {
			return fmt.Errorf("context %s: %T is no LLB state", s.Name, b.Context)
		}
		return l.context(ctx, s, state)
	}
	return nil
}

// image is the source of a base image, whose reference the plan has settled.
func (l *lowerer) image(s *stage, b *plan.Base) bk.Output {
	attrs := map[string]string{}
	c := bk.Constraints{Platform: &s.Platform, SourceLocations: l.location(b.Origin)}
	c.Metadata.Description = map[string]string{codeKey: b.Code, "llb.customname": b.Name}
	if b.Store != "" {
		c.Metadata.Caps = map[apicaps.CapID]bool{pb.CapSourceOCILayout: true}
		attrs[pb.AttrOCILayoutSessionID], attrs[pb.AttrOCILayoutStoreID] = l.opt.Session, b.Store
		return bk.NewSource("oci-layout://"+b.Ref, attrs, c).Output()
	}
	c.Metadata.Caps = map[apicaps.CapID]bool{pb.CapSourceImage: true}
	if mode := l.opt.ResolveMode; mode != bk.ResolveModeDefault {
		attrs[pb.AttrImageResolveMode] = mode.String()
		if mode == bk.ResolveModeForcePull {
			c.Metadata.Caps[pb.CapSourceImageResolveMode] = true
		}
	}
	return bk.NewSource("docker-image://"+b.Ref, attrs, c).Output()
}

// context takes over the values of a state that somebody else made.
func (l *lowerer) context(ctx context.Context, s *stage, state bk.State) error {
	s.out = state.Output()
	vars, err := state.Env(ctx)
	if err != nil {
		return err
	}
	for _, k := range vars.Keys() {
		v, _ := vars.Get(k)
		s.env.Set(k, v)
	}
	if s.dir, err = state.GetDir(ctx); err != nil {
		return err
	}
	if s.RunPlatform == nil {
		s.RunPlatform, err = state.GetPlatform(ctx)
	}
	return err
}

func (l *lowerer) step(ctx context.Context, s *stage, st *step) error {
	switch a := st.Action.(type) {
	case plan.SetEnv:
		for _, v := range a {
			s.env.Set(v.Key, v.Value)
		}
	case plan.SetDir:
		s.dir = string(a)
	case plan.SetUser:
		s.user = string(a)
	case *plan.Mkdir:
		l.mkdir(s, st, a)
	case *plan.Exec:
		return l.exec(ctx, s, st, a)
	case *plan.Transfer:
		return l.transfer(ctx, s, st, a)
	}
	return nil
}

// read gives what a step reads: a stage, or the build context; nil is scratch.
func (l *lowerer) read(ctx context.Context, from *plan.Stage) (bk.Output, error) {
	if from != nil {
		return l.stages[from].out, nil
	}
	state, err := l.main.get(ctx)
	return state.Output(), err
}

func (l *lowerer) mkdir(s *stage, st *step, a *plan.Mkdir) {
	s.dir = a.Path
	var time int64 = -1
	if l.plan.Epoch != nil {
		time = l.plan.Epoch.UnixNano()
	}
	f := &fileOp{base: s.out}
	f.add(nil, func(base int64) pb.IsFileAction {
		return &pb.FileAction_Mkdir{Mkdir: &pb.FileActionMkDir{
			Path: path.Clean(a.Path), Mode: 0o755, MakeParents: true, Owner: owner(a.User, base), Timestamp: time,
		}}
	})
	s.out = l.file(s, st, f)
}

// codeKey is the description of a vertex that names its instruction.
const codeKey = "com.docker.dockerfile.v1.command"

func command(code string) bk.ConstraintsOpt {
	return bk.WithDescription(map[string]string{codeKey: code})
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
func (l *lowerer) location(o *ir.Origin) []*bk.SourceLocation {
	spans := o.Spans()
	if len(l.files) == 0 {
		return nil
	}
	if len(spans) == 0 {
		return []*bk.SourceLocation{{SourceMap: l.files[0].sm}}
	}
	out := make([]*bk.SourceLocation, 0, len(spans))
	for _, span := range spans {
		if int(span.File) < len(l.files) {
			f := l.files[span.File]
			out = append(out, &bk.SourceLocation{SourceMap: f.sm, Ranges: lines(f.text, span)})
		}
	}
	return out
}

func lines(f *source.File, span source.Span) []*pb.Range {
	first, last := f.LineRange(span)
	n := last - first + 1
	positions, ranges, list := make([]pb.Position, n), make([]pb.Range, n), make([]*pb.Range, n)
	for i := range list {
		positions[i].Line = int32(first + i)
		ranges[i].Start, ranges[i].End = &positions[i], &positions[i]
		list[i] = &ranges[i]
	}
	return list
}
