package main

import (
	"context"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/lang/source"
)

// contextLimit is the default of --context-limit.
func contextLimit(env func(string) (string, bool)) string {
	if v, _ := env("STRAKE_CONTEXT_LIMIT"); v != "" {
		return v
	}
	return human(input.DefaultLimit)
}

// guard stops a build that would send what nobody means to send. It knows nothing
// of base images: a Dockerfile that does not compile without them is let through.
func (b *buildRun) guard(ctx context.Context, src *input.Source) error {
	limit, err := byteSize("--context-limit", b.contextLimit)
	if err != nil || b.yes {
		return err
	}
	list, err := src.Reads(ctx, (&source.Set{}).Add(src.Name, src.Text))
	if err != nil {
		return ctx.Err()
	}
	home, _ := b.env("HOME")
	return input.Guard(ctx, list, input.GuardOptions{Limit: limit, Home: home})
}
