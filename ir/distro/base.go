package distro

import (
	"context"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// Base is the state that the image of a stage, which starts from no other, starts with: as its config
// says, or as is known of official images. Without that, who installs packages of the distribution
// before any USER is root. The memo has scripts, and may be nil.
func Base(ctx context.Context, images Images, memo *eval.Memo, m *ir.Module, stage int) *eval.State {
	ref, _ := image(m, stage)
	known, official := Official(ref)
	if config, err := images.BaseConfig(ctx, stage); err == nil {
		if state, err := eval.FromConfig(config, known.Users); err == nil {
			return state
		}
	}
	if m.Stages[stage].Base == "scratch" {
		return eval.NewState("", true, "/", nil, nil)
	}
	return eval.NewState("", official || installsAsRoot(memo, m.Stages[stage]), known.Workdir, known.Env, known.Users)
}

// root is the first of the stages that a stage goes back to.
func root(m *ir.Module, stage int) int {
	for p := eval.Parent(m, stage); p >= 0; p = eval.Parent(m, stage) {
		stage = p
	}
	return stage
}

func installsAsRoot(memo *eval.Memo, stage *ir.Stage) bool {
	for _, op := range stage.Ops {
		switch b := op.Body.(type) {
		case *ir.User:
			return false
		case *ir.Run:
			script, err := memo.Script(b, shell.Default())
			if err != nil {
				continue
			}
			for _, c := range script.Commands {
				if c.User != "" || effects.SystemManager(c.Name) == "" {
					continue
				}
				if _, ok := effects.TaskOf(c); ok {
					return true
				}
			}
		}
	}
	return false
}
