package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-e0495807/strake/backend/validate"
)

// bisect finds the plugin of a row whose work made a difference: with those in front of it
// alone there is none, and with it there is one. Each row is built twice, as B was: a plugin
// may make something random.
func (x *Experiment) bisect(ctx context.Context, b Build, v *validate.Verdict) (*validate.Guilty, error) {
	before := x.builds
	var failed []string
	for _, s := range v.Runs {
		if s.Difference != "" {
			failed = append(failed, s.Command)
		}
	}
	good, bad, worst := b.Given, len(b.Row.Steps), v
	for bad-good > 1 {
		n := (good + bad) / 2
		found, err := x.first(ctx, b, n, failed)
		switch {
		case err != nil:
			return nil, err
		case found.Answer == validate.NotEqual:
			bad, worst = n, found
		default:
			good = n
		}
	}
	return guilty(b.Row.Steps[bad-1].Plugin.Info().Name, x.builds-before, worst), nil
}

// first judges B with the first of its plugins only.
func (x *Experiment) first(ctx context.Context, b Build, n int, commands []string) (v *validate.Verdict, err error) {
	b.Name = fmt.Sprintf("%s with the first %d", b.Name, n)
	b.Request.Compile.Plugins = b.Row.First(n)
	both, remove, err := x.both(ctx, b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if v, err = x.reader.Judge(ctx, x.a, both, b.Dropped); err == nil {
		err = x.smoke(ctx, v, commands, both)
	}
	return v, err
}

// guilty says which ops of the plugin wrote what differs.
func guilty(plugin string, builds int, v *validate.Verdict) *validate.Guilty {
	g := &validate.Guilty{Plugin: plugin, Builds: builds}
	for _, d := range v.Files {
		if d.B == nil || d.B.By != plugin {
			continue
		}
		at := slices.IndexFunc(g.Ops, func(o validate.GuiltyOp) bool { return o.Layer == d.B.Layer })
		if at < 0 {
			at = len(g.Ops)
			g.Ops = append(g.Ops, validate.GuiltyOp{Origin: *d.B})
		}
		g.Ops[at].Paths++
	}
	return g
}
