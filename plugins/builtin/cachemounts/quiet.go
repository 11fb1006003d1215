package cachemounts

import (
	"slices"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// quietFind tells a find(1) 4.9 that runs only what is quiet, and does not come to what "{}"
// stands for.
func (r *reader) quietFind(c *shell.Command) bool {
	for _, inner := range c.Found() {
		switch k := r.kindOf(inner); {
		case k == quiet:
		case k == walker && fromHere(inner):
		default:
			return false
		}
	}
	return true
}

// fromHere tells a command that walks no further than from what find has come to.
func fromHere(c *shell.Command) bool {
	trees, _ := effects.Trees(c)
	return !slices.ContainsFunc(trees, func(w shell.Word) bool { return w.Text != "{}" })
}
