package plan

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/util/system"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/words"
)

// Step is an op with its variables expanded, ready to be lowered.
type Step struct {
	Op     *ir.Op // as written
	Name   string // what progress calls it; "" for a step that makes no layer
	Action Action // nil for a step that changes the config only
}

// Action is what a step does to the file system, or to the state that later
// steps run in: *Exec, *Transfer, *Mkdir, SetEnv, SetDir or SetUser.
type Action interface{ action() }

// SetEnv sets variables, in this order.
type SetEnv []Variable

// SetDir changes the working directory, with slashes.
type SetDir string

// SetUser changes the user.
type SetUser string

// Mkdir changes to a directory that is made first.
type Mkdir struct {
	Path string
	User string // its owner; "" is root
}

func (SetEnv) action()    {}
func (SetDir) action()    {}
func (SetUser) action()   {}
func (*Mkdir) action()    {}
func (*Exec) action()     {}
func (*Transfer) action() {}

// run expands the ops of every stage that is needed, bases first.
func (p *planner) run(ctx context.Context) {
	for _, s := range p.all {
		if (p.reach[s] || p.opt.AllStages) && !s.done && ctx.Err() == nil && !p.spent() {
			s.done = true // a trigger may copy from the very stage it runs in
			p.runStage(s)
		}
		if s.platform != nil {
			s.Platform = *s.platform
		}
	}
	p.goal.paths.add("/") // all of the result is used
}

func (p *planner) runStage(s *Stage) {
	if s.base != nil {
		s.inherit()
	}
	if s.platform == nil {
		s.platform = &p.target
	}
	err := p.start(s)
	if p.spent() {
		err = errSpent
	}
	if err != nil {
		p.fail(s.origin, "base-config", err)
		return
	}
	s.Steps = make([]Step, 0, len(s.ops))
	s.history = slices.Grow(s.history, len(s.ops))
	p.trace.begin(s)
	for i := range s.ops {
		s.track.mark(p)
		if p.runOp(s, &s.ops[i]); p.spent() {
			return
		}
	}
	s.track.mark(p)
}

// inherit takes over what the parent stage leaves.
func (s *Stage) inherit() {
	s.Base = Base{Kind: BaseStage, Stage: s.base, Origin: s.origin}
	s.platform, s.RunPlatform = s.base.platform, s.base.RunPlatform
	s.Image = cloneImage(s.base.Image)
	s.Image.Config.OnBuild = nil
	s.BaseInfo = s.base.BaseInfo
	s.paths = s.base.paths
	s.dirSet, s.unknown = s.base.dirSet, s.base.unknown
	s.declared, s.argAt = slices.Clone(s.base.declared), maps.Clone(s.base.argAt)
}

// start sets the state that the base's config asks for. The variables of the
// config are set anew, behind those that a parent stage left, as BuildKit does.
func (p *planner) start(s *Stage) error {
	cfg := &s.Image.Config
	if err := p.budget.Take(s.cost()); err != nil {
		return err
	}
	if !hasEnv(cfg.Env, "PATH") && s.platform.OS != "windows" {
		cfg.Env = append(cfg.Env, "PATH="+system.DefaultPathEnv(s.platform.OS))
	}
	if s.base != nil && s.base.env != nil {
		s.env = s.base.env.Clone()
	} else {
		s.env = newEnv(len(cfg.Env) + len(s.ops)/2)
	}
	s.Start.Env = make([]Variable, len(cfg.Env))
	for i, e := range cfg.Env {
		k, v, _ := strings.Cut(e, "=")
		s.Start.Env[i] = Variable{k, v}
		s.env.Set(k, v)
	}
	if cfg.WorkingDir != "" {
		wd, err := system.NormalizeWorkdir(cfg.WorkingDir, cfg.WorkingDir, s.platform.OS)
		if err != nil {
			return err
		}
		cfg.WorkingDir = wd
		s.Start.Dir = system.ToSlash(wd, s.platform.OS)
	}
	s.Start.User = cfg.User
	return nil
}

// runOp expands one op. An error is recorded and the op left out, so that the
// ops behind it are checked, too.
func (p *planner) runOp(s *Stage, op *operation) {
	s.at = op.Origin
	before := len(p.diags)
	p.noteOp(s, op)
	p.stageAt, p.opAt = s, op.Op
	err := p.do(s, op)
	p.stageAt, p.opAt = nil, nil
	if p.spent() {
		err = errSpent // whatever came of it
	}
	if err != nil {
		p.fail(op.Origin, "expansion", err)
	}
	word, bad := errors.AsType[*words.Error](err)
	if bad = bad && !word.Unset; s.unknown && !bad && !p.spent() && strings.Contains(ir.Format(op.Body, p.mod.Escape), "$") {
		p.diags = p.diags[:before] // a variable of the base image may be what is missed
	}
}

func (p *planner) do(s *Stage, op *operation) error {
	switch b := op.Body.(type) {
	case *ir.Run:
		return p.exec(s, op, b)
	case *ir.Copy:
		return p.copy(s, op, b)
	case *ir.Add:
		return p.add(s, op, b)
	case *ir.Env:
		return p.setEnv(s, op, b)
	case *ir.Arg:
		return p.declare(s, op, b)
	case *ir.Label:
		return p.labels(s, b)
	case *ir.Workdir:
		return p.workdir(s, op, b)
	case *ir.User:
		return p.user(s, op, b)
	case *ir.Volume:
		return p.volume(s, b)
	case *ir.StopSignal:
		return p.stopSignal(s, b)
	case *ir.Expose:
		return p.expose(s, op, b)
	case *ir.Cmd:
		s.cmd(p, b)
	case *ir.Entrypoint:
		s.entrypoint(p, b)
	case *ir.Shell:
		s.Image.Config.Shell = b.Args
		p.history(s, "SHELL "+sprintList(b.Args), false)
	case *ir.Healthcheck:
		s.healthcheck(p, b)
	case *ir.Maintainer:
		s.Image.Author = b.Name
		p.history(s, "MAINTAINER "+b.Name, false)
	case *ir.Onbuild:
		s.Image.Config.OnBuild = append(s.Image.Config.OnBuild, b.Trigger)
	default:
		return diag.List{{Code: "unclaimed", Message: "`" + b.Keyword() + "` was not expanded",
			Hint: "name its plugin in strake.yaml; or, where only a trigger of a base image needs this stage, add a `COPY --from` of it to the stage that is built"}}
	}
	return nil
}

func (s *Stage) step(op *operation, name string, a Action) {
	s.Steps = append(s.Steps, Step{Op: op.Op, Name: name, Action: a})
}

// title names the step of an op that makes a layer.
func (p *planner) title(s *Stage, op *operation) string {
	return upperFirst(p.words.title(op.Text(), s.env)) + madeBy(op)
}

// madeBy names the plugin behind a step.
func madeBy(op *operation) string {
	if op.onbuild || op.Origin == nil || op.Origin.By == "" {
		return ""
	}
	return " (" + op.Origin.By + ")"
}

func (p *planner) nextName(s *Stage, op *operation, title string) string {
	return s.names.next(s.Name, title, op.onbuild, s.platform, s.env)
}

func (p *planner) expandPairs(s *Stage, list []ir.Pair) ([]Variable, error) {
	out := make([]Variable, len(list))
	for i, pair := range list {
		var err error
		if out[i].Key, err = p.words.word(pair.Key, s.env); err != nil {
			return nil, err
		}
		if out[i].Value, err = p.words.word(pair.Value, s.env); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *planner) setEnv(s *Stage, op *operation, b *ir.Env) error {
	vars, err := p.expandPairs(s, b.Pairs)
	if err != nil {
		return err
	}
	for _, v := range vars {
		p.note(Declared{OnOp{op.Op}, v.Key})
		s.setVar(v)
		s.setConfigEnv(v)
	}
	p.history(s, "ENV"+joinPairs(vars), false)
	s.step(op, "", SetEnv(vars))
	return nil
}

// setVar sets a variable of the steps that follow.
func (s *Stage) setVar(v Variable) {
	s.env.Set(v.Key, v.Value)
	s.track.set(v)
}

// declare gives the arguments of a stage their values: from the command line,
// else the default, else the global argument of that name.
func (p *planner) declare(s *Stage, op *operation, b *ir.Arg) error {
	var line strings.Builder
	line.WriteString("ARG")
	var set SetEnv
	for _, d := range b.Defaults {
		value, given := p.opt.BuildArgs[d.Key]
		switch {
		case given:
			d.Value, d.Set = value, true
		case d.Set:
			v, err := p.words.word(d.Value, s.env)
			if err != nil {
				return err
			}
			d.Value = v
		default:
			d.Value, d.Set = p.args.Get(d.Key)
		}
		if d.Set && !scanArg(d.Key) {
			s.setVar(Variable{d.Key, d.Value})
			set = append(set, Variable{d.Key, d.Value})
		}
		s.remember(d)
		line.WriteString(" " + d.Key)
		if d.Set {
			line.WriteString("=" + d.Value)
		}
	}
	p.history(s, line.String(), false)
	if len(set) > 0 {
		s.step(op, "", set)
	}
	return nil
}

// scanArg tells the arguments that steer the SBOM and are no variables.
func scanArg(key string) bool {
	return key == "BUILDKIT_SBOM_SCAN_CONTEXT" || key == "BUILDKIT_SBOM_SCAN_STAGE"
}

func (p *planner) workdir(s *Stage, op *operation, b *ir.Workdir) error {
	path, err := p.words.word(b.Path, s.env)
	if err != nil {
		return err
	}
	p.noteWorkdir(s, op, path)
	wd, err := system.NormalizeWorkdir(s.Image.Config.WorkingDir, path, s.platform.OS)
	if err != nil {
		return err
	}
	s.Image.Config.WorkingDir = wd
	wd = system.ToSlash(wd, s.platform.OS)
	if wd == "/" {
		s.step(op, "", SetDir(wd))
	} else {
		s.step(op, p.nextName(s, op, p.title(s, op)), &Mkdir{Path: wd, User: s.Image.Config.User})
	}
	p.history(s, "WORKDIR "+wd, wd != "/")
	return nil
}

func (p *planner) user(s *Stage, op *operation, b *ir.User) error {
	name, err := p.words.word(b.Name, s.env)
	if err != nil {
		return err
	}
	s.Image.Config.User = name
	p.history(s, "USER "+name, false)
	s.step(op, "", SetUser(name))
	return nil
}
