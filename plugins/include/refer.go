package include

import (
	"slices"

	"github.com/seed-e0495807/strake/ir"
)

// refer gives a body with other names for the stages and images that it reads. The
// function is told whether a number stands for a stage, too, which it does in COPY only.
// A trigger of ONBUILD is read in the same way, with the escape character that it runs
// with.
func refer(b ir.Body, rename func(name string, number bool) string) ir.Body {
	switch b := b.(type) {
	case *ir.Copy:
		if b.From != "" {
			out := *b
			out.From = rename(b.From, true)
			return &out
		}
	case *ir.Run:
		out := *b
		out.Mounts = slices.Clone(b.Mounts)
		for i, m := range out.Mounts {
			out.Mounts[i] = slices.Clone(m)
			for j, o := range m {
				if o.Key == "from" && o.Value != "" {
					out.Mounts[i][j].Value = rename(o.Value, false)
				}
			}
		}
		return &out
	case *ir.Onbuild:
		// What cannot be read is told when it runs.
		if trigger, err := ir.ParseBody(b.Trigger, '\\'); err == nil {
			if next := refer(trigger, rename); !ir.Equal(next, trigger) {
				return &ir.Onbuild{Trigger: ir.Format(next, '\\')}
			}
		}
	}
	return b
}
