package diag

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/lang/source"
)

// TestApplyFixes compares what is applied with trying all edits so far at each fix.
func TestApplyFixes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const text = "0123456789"
	for range 3000 {
		var list List
		var edits []Edit
		want := 0
		for range r.IntN(8) {
			var fix Fix
			fix.Safe = true
			for range 1 + r.IntN(3) {
				start := r.Uint32N(11)
				fix.Edits = append(fix.Edits, Edit{Span: source.Span{Start: start, End: start + r.Uint32N(3)}, New: string(rune('a' + r.IntN(26)))})
			}
			list = append(list, Diagnostic{Fixes: []Fix{fix}})
			more := slices.Concat(edits, fix.Edits)
			if _, err := Apply(text, more); err == nil {
				edits = more
				want++
			}
		}
		wanted, _ := Apply(text, edits)
		if got, n, err := ApplyFixes(text, list, false); got != wanted || n != want || err != nil {
			t.Fatalf("%v: %q by %d fixes, not %q by %d: %v", list, got, n, wanted, want, err)
		}
	}
}
