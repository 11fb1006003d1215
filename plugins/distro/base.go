package distro

import (
	"context"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/plugins"
)

// Base is the state that the image of a stage starts with: as its config says, or as is
// known of official images. Without that, who installs packages of the distribution
// before any USER is root.
func Base(ctx context.Context, host plugins.Host, m *ir.Module, stage int) *shell.State {
	ref, _ := BaseImage(m, stage)
	image, official := Official(ref)
	if config, err := host.BaseConfig(ctx, stage); err == nil {
		if state, err := shell.FromConfig(config, image.Users); err == nil {
			return state
		}
	}
	known := official || m.Stages[root(m, stage)].Base == "scratch" || installsAsRoot(m, stage)
	return shell.NewState("", known, image.Env, image.Users)
}

// root is the first of the stages that a stage goes back to.
func root(m *ir.Module, stage int) int {
	for p := shell.Parent(m, stage); p >= 0; p = shell.Parent(m, stage) {
		stage = p
	}
	return stage
}

func installsAsRoot(m *ir.Module, stage int) bool {
	for _, op := range m.Stages[root(m, stage)].Ops {
		switch b := op.Body.(type) {
		case *ir.User:
			return false
		case *ir.Run:
			script, err := shell.Parse(b, nil)
			if err != nil {
				continue
			}
			for _, c := range script.Find("apt-get", "apt", "apk", "dnf", "microdnf", "yum") {
				if c.User == "" {
					return true
				}
			}
		}
	}
	return false
}
