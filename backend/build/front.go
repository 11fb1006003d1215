package build

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/moby/buildkit/solver/pb"

	"github.com/seed-e0495807/strake/backend/debug"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/lang/diag"
)

// front is where a shell opens: in front of a step.
type front struct {
	*vertex
	root *pb.Input // what the step's root file system is; nil is an empty one
	step *debug.Step
}

// front gives what a vertex finds. It is nil for one that is no step of a stage, as one that
// fetches something for several.
func (s *scene) front(ctx context.Context, v *vertex) (*front, error) {
	if v.op.GetExec() == nil {
		v = v.copies()
	}
	if v == nil {
		return nil, nil
	}
	f := &front{vertex: v, step: &debug.Step{Exec: v.op.GetExec(), Platform: v.op.Platform, Shell: v.shell()}}
	at := v // whose inputs the mounts are
	if f.step.Exec == nil {
		var n int
		if at, n = v.onto(); at == nil {
			return nil, nil
		}
		f.step.Exec = &pb.ExecOp{Meta: v.meta(), Mounts: []*pb.Mount{{Dest: pb.RootMount, Input: int64(n)}}}
	}
	for _, m := range f.step.Exec.Mounts {
		t := s.input(ctx, at, m.Input)
		if t == nil {
			return nil, diag.Diagnostic{Code: "no-state", Message: fmt.Sprintf("the engine does not have what the step finds at %s", m.Dest),
				Hint: "try again: it may have been removed while it was not used"}
		}
		if f.step.Mounts = append(f.step.Mounts, t.ref); m.Dest == pb.RootMount && m.Input >= 0 {
			f.root = at.op.Inputs[m.Input]
		}
	}
	return f, nil
}

// copies gives the vertex that copies files for a COPY or an ADD: this one, or the one that needs
// what this one fetches.
func (v *vertex) copies() *vertex {
	if v.op.GetFile() != nil {
		return v
	}
	var found *vertex
	for _, u := range v.users {
		if u.op.GetFile() == nil {
			continue
		}
		if found != nil && found != u {
			return nil
		}
		found = u
	}
	return found
}

// onto tells what files are copied onto, by the vertex that does so and the number of its input:
// one with a link makes a layer by itself, which another one puts on top. It is nil if that is
// nothing.
func (v *vertex) onto() (*vertex, int) {
	for _, a := range v.op.GetFile().Actions {
		if a.Input >= 0 && int(a.Input) < len(v.op.Inputs) {
			return v, int(a.Input)
		}
	}
	for _, u := range v.users {
		if len(u.op.GetMerge().GetInputs()) > 1 && u.op.Inputs[0].Digest != string(v.id) {
			return u, 0
		}
	}
	return nil, 0
}

// meta is what a shell in front of a step runs with that starts no program itself.
func (v *vertex) meta() *pb.Meta {
	m := &pb.Meta{Cwd: "/"}
	s := v.state()
	if s == nil {
		return m
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env())) {
		if value, set, known := s.Var(name); set && known {
			m.Env = append(m.Env, name+"="+value)
		}
	}
	if s.UserKnown {
		m.User = s.User
	}
	if s.Workdir != "" {
		m.Cwd = s.Workdir
	}
	return m
}

// state is what is in force in front of the step, as far as the Dockerfile and the base image
// tell; nil when that is not known.
func (v *vertex) state() *eval.State {
	if v.stage == nil || v.step == nil {
		return nil
	}
	base := eval.NewState("", true, "/", nil, nil)
	if v.stage.BaseInfo != nil {
		config, err := json.Marshal(v.stage.BaseInfo)
		if err == nil {
			base, err = eval.FromConfig(config, nil)
		}
		if err != nil {
			return nil
		}
	}
	m := v.result.Plan.Module
	for i, s := range m.Stages {
		if at := slices.Index(s.Ops, v.step.Op); at >= 0 {
			return eval.New(m, func(int) *eval.State { return base }).Stage(i)[at]
		}
	}
	return base // a trigger of the base image
}

// shell is that of the stage where the step is; nil when it is not known.
func (v *vertex) shell() []string {
	if s := v.state(); s != nil {
		return s.Shell
	}
	return nil
}
