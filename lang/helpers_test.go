package lang_test

import (
	"fmt"
	"reflect"

	"github.com/seed-e0495807/strake/lang"
)

// firstDifference shows the first items that differ.
func firstDifference(a, b *lang.File) string {
	for i := range min(len(a.Items), len(b.Items)) {
		if !reflect.DeepEqual(a.Items[i], b.Items[i]) {
			return fmt.Sprintf("\n%#v\n%#v", a.Items[i], b.Items[i])
		}
	}
	return fmt.Sprintf("%d and %d items", len(a.Items), len(b.Items))
}
