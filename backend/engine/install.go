//go:build linux

package engine

import (
	"context"

	"github.com/seed-e0495807/strake/backend/engine/install"
)

// Install puts programs into the engine's directory, where the next engine finds them.
// What the installer gets is its source; where it goes is known here.
func Install(ctx context.Context, o Options, from install.Options) (*Installed, error) {
	p, err := o.place()
	if err == nil {
		err = p.make()
	}
	if err != nil {
		return nil, err
	}
	from.Dir, from.Rootless, from.Say = o.programs().Installs(), !isRoot(), o.say
	done := &Installed{}
	if done.Programs, err = install.Install(ctx, from); err != nil {
		return nil, err
	}
	plan, problem := o.prepare(p)
	done.Problem = problem
	if own := o.programs().Installed("buildkitd"); problem == nil && own != "" && plan.Buildkitd != own {
		done.Instead = plan.Buildkitd
	}
	return done, nil
}
