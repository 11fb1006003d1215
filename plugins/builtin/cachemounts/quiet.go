package cachemounts

import (
	"slices"

	"github.com/seed-e0495807/strake/ir/shell"
)

// quietFind tells a find(1) 4.9 that runs only what is quiet, and does not come to what "{}"
// stands for.
func (r reader) quietFind(c *shell.Command) bool {
	for _, inner := range c.Found() {
		switch k := r.kindOf(inner); {
		case k == quiet:
		case k == walker && !slices.ContainsFunc(walked(inner), func(w shell.Word) bool { return w.Text != "{}" }):
			// from what find has come to
		default:
			return false
		}
	}
	return true
}
