package build

import (
	"context"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// contextLimit is the default of --context-limit.
func contextLimit(env func(string) (string, bool)) string {
	if v, _ := env("STRAKE_CONTEXT_LIMIT"); v != "" {
		return v
	}
	return cli.Human(input.DefaultLimit)
}

// guard stops a build that would send what nobody means to send. It knows nothing
// of base images: a Dockerfile that does not compile without them is let through.
func (b *run) guard(ctx context.Context, in *input.Input, seen *compile.Snapshot) error {
	limit, err := cli.ByteSize("--context-limit", b.contextLimit)
	if err != nil || b.yes {
		return err
	}
	home, _ := b.Env("HOME")
	o := input.GuardOptions{Limit: limit, Home: home}
	if small, err := in.Small(ctx, o); small || err != nil {
		return err
	}
	list, err := seen.Reads(ctx, in.Locals)
	if err != nil {
		return ctx.Err()
	}
	return input.Guard(ctx, list, o)
}
