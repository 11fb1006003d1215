package distro

import (
	"context"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// Base is the state that the image of a stage starts with: as its config says, or as is
// known of official images. Without that, who installs packages of the distribution
// before any USER is root. The memo has scripts, and may be nil.
func Base(ctx context.Context, images Images, memo *eval.Memo, m *ir.Module, stage int) *eval.State {
	ref, _ := BaseImage(m, stage)
	image, official := Official(ref)
	if config, err := images.BaseConfig(ctx, stage); err == nil {
		if state, err := eval.FromConfig(config, image.Users); err == nil {
			return state
		}
	}
	if m.Stages[root(m, stage)].Base == "scratch" {
		return eval.NewState("", true, "/", nil, nil)
	}
	return eval.NewState("", official || installsAsRoot(memo, m, stage), image.Workdir, image.Env, image.Users)
}

// root is the first of the stages that a stage goes back to.
func root(m *ir.Module, stage int) int {
	for p := eval.Parent(m, stage); p >= 0; p = eval.Parent(m, stage) {
		stage = p
	}
	return stage
}

func installsAsRoot(memo *eval.Memo, m *ir.Module, stage int) bool {
	for _, op := range m.Stages[root(m, stage)].Ops {
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
