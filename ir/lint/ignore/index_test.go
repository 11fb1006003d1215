package ignore

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/lang/source"
)

// TestIndex compares what the index finds with all comments that cover a place.
func TestIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	span := func() source.Span {
		start := r.Uint32N(90)
		return source.Span{Start: start, End: start + 1 + r.Uint32N(10)}
	}
	codes := []string{"a", "a/b", "a/b/c", "ab", "DL1", "D*", "all", "a/?"}
	for range 300 {
		file := source.Span{End: 100}
		var list []*Comment
		for range r.IntN(20) {
			c := &Comment{Code: codes[r.IntN(len(codes))], Over: span()}
			if r.IntN(4) == 0 {
				c.Over = file
			}
			list = append(list, c)
		}
		index := NewIndex(list, file)
		for range 20 {
			code, at := codes[r.IntN(len(codes))], span()
			found := slices.Collect(index.Covering(code, at))
			for _, c := range list {
				if slices.Contains(found, c) != c.Covers(code, at) {
					t.Fatalf("%s at %v: %+v is in what is found: %v", code, at, c, slices.Contains(found, c))
				}
			}
		}
	}
}
