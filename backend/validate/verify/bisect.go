package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-e0495807/strake/backend/validate"
)

// bisect finds the plugin of a row whose work made a difference: with those in front of it
// alone there is none, and with it there is one. Each row is built twice, as B was: a plugin
// may make something random.
func (x *experiment) bisect(ctx context.Context, a [2]*validate.Tree, v *validate.Verdict) (*validate.Guilty, error) {
	before := x.builds
	good, bad, worst := 0, len(x.Stages.Steps), v
	for bad-good > 1 {
		n := (good + bad) / 2
		b := x.B
		b.Name = fmt.Sprintf("%s with the first %d", x.B.Name, n)
		b.Request.Compile.Plugins = x.Stages.First(n)
		var both [2]*validate.Tree
		for i, nth := range []string{"first", "second"} {
			var err error
			if both[i], err = x.tree(ctx, b, nth); err != nil {
				return nil, err
			}
		}
		found, err := x.reader.Judge(ctx, a, both, x.Dropped)
		if err != nil {
			return nil, err
		}
		for _, s := range v.Runs {
			if s.Difference == "" || found.Answer == validate.NotEqual {
				continue
			}
			run, err := x.smoke(ctx, s.Command, a, both)
			if err != nil {
				return nil, err
			}
			found.Runs = append(found.Runs, run)
			found.Decide()
		}
		if found.Answer == validate.NotEqual {
			bad, worst = n, found
		} else {
			good = n
		}
	}
	name := x.Stages.Steps[bad-1].Plugin.Info().Name
	return guilty(name, x.builds-before, worst), nil
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
