package sshserver

import (
	"encoding/json"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins/builtin/packages/install"
)

// program is what an image runs.
type program struct {
	entrypoint, cmd []string
	known           bool         // the entrypoint is
	cmdSet          bool         // by the stage itself
	from            []*ir.Origin // of what has set them
}

// program follows ENTRYPOINT and CMD from the base image to the stage. It is false, and
// told, when they are not known.
func (j *job) program() (*program, bool) {
	var chain []int
	for i := j.index; i >= 0; i = eval.Parent(j.Module, i) {
		chain = append(chain, i)
	}
	slices.Reverse(chain)
	p, triggers, err := j.base()
	for _, i := range chain {
		s := install.NewStage(j.ctx, j.host, j.Call, i)
		p.cmdSet = false
		for _, text := range triggers {
			if body, err := ir.ParseBody(text, '\\'); err == nil {
				p.apply(body, s.States[0].Shell, j.Module.Stages[i].Origin)
			}
		}
		triggers = nil
		for k, op := range j.Module.Stages[i].Ops {
			if b, ok := op.Body.(*ir.Onbuild); ok {
				triggers = append(triggers, b.Trigger)
			}
			p.apply(op.Body, s.States[k].Shell, op.Origin)
		}
	}
	if !p.known {
		d := j.errorf("entrypoint", "the ENTRYPOINT of the base image is not known, and the script that starts the SSH server has to stand in front of it")
		d.Hint = "write an ENTRYPOINT, grant ssh-server `images` in strake.yaml, or say `entrypoint` and `cmd` in its config"
		d.Notes = []diag.Note{{Label: "cause", Text: err.Error()}}
	}
	return p, p.known
}

// apply is what an instruction changes. An ENTRYPOINT drops a CMD that the stage has not
// set itself, as in BuildKit.
func (p *program) apply(body ir.Body, shell []string, origin *ir.Origin) {
	args := func(c ir.Command) []string {
		if c.Exec {
			return c.Args
		}
		return append(slices.Clone(shell), c.Line)
	}
	switch b := body.(type) {
	case *ir.Entrypoint:
		p.entrypoint, p.known = args(b.Command), true
		if !p.cmdSet {
			p.cmd = nil
		}
	case *ir.Cmd:
		p.cmd, p.cmdSet = args(b.Command), true
	default:
		return
	}
	p.from = append(p.from, origin)
}

// base is what the base image runs, and its triggers. The error says why that is not
// known.
func (j *job) base() (*program, []string, error) {
	c := &j.config
	if c.Entrypoint != nil || c.Cmd != nil {
		p := &program{known: true}
		if c.Entrypoint != nil {
			p.entrypoint = *c.Entrypoint
		}
		if c.Cmd != nil {
			p.cmd = *c.Cmd
		}
		return p, nil, nil
	}
	ref, _ := distro.BaseImage(j.Module, j.index)
	data, err := j.host.BaseConfig(j.ctx, j.index)
	if err == nil {
		var image struct {
			Config struct{ Entrypoint, Cmd, OnBuild []string }
		}
		if err = json.Unmarshal(data, &image); err == nil {
			return &program{entrypoint: image.Config.Entrypoint, cmd: image.Config.Cmd, known: true}, image.Config.OnBuild, nil
		}
	}
	if image, _ := distro.Official(ref); image.Cmd != nil {
		return &program{cmd: image.Cmd, known: true}, nil, nil
	}
	return &program{}, nil, err
}
