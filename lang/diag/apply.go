package diag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The ways that Apply fails, for errors.Is.
var (
	ErrOverlap = errors.New("edits overlap")
	ErrRange   = errors.New("edit is outside the text")
	ErrFiles   = errors.New("edits are of more than one file")
)

// Apply gives text with the edits made. All spans are offsets into text as it
// was, in any order, of one file. Edits may touch; several insertions at one
// offset keep their order and come before a replacement that starts there. On
// error the result is "". Neither argument is changed.
func Apply(text string, edits []Edit) (string, error) {
	if len(edits) == 0 {
		return text, nil
	}
	sorted := slices.Clone(edits)
	// By end as well, so that an insertion comes before a replacement at the
	// same offset instead of counting as an overlap.
	slices.SortStableFunc(sorted, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
	})
	var out strings.Builder
	var done uint32
	for _, e := range sorted {
		s := e.Span
		switch {
		case s.File != sorted[0].Span.File:
			return "", ErrFiles
		case s.Start > s.End || uint64(s.End) > uint64(len(text)):
			return "", fmt.Errorf("%w: bytes %d to %d of %d", ErrRange, s.Start, s.End, len(text))
		case s.Start < done:
			return "", fmt.Errorf("%w at byte %d", ErrOverlap, s.Start)
		}
		out.WriteString(text[done:s.Start])
		out.WriteString(e.New)
		done = s.End
	}
	out.WriteString(text[done:])
	return out.String(), nil
}

// ApplyFixes applies the first fix of each diagnostic that may be, unless it overlaps one
// before it: only safe ones, or all. It gives how many there were.
func ApplyFixes(text string, list List, unsafe bool) (string, int, error) {
	var (
		edits []Edit
		n     int
	)
	for _, d := range list {
		i := slices.IndexFunc(d.Fixes, func(fix Fix) bool { return fix.Safe || unsafe })
		if i < 0 || slices.ContainsFunc(d.Fixes[i].Edits, func(e Edit) bool { return e.Span.File != 0 }) {
			continue
		}
		more := slices.Concat(edits, d.Fixes[i].Edits)
		if _, err := Apply(text, more); err != nil {
			continue // it overlaps: its turn comes in the next round
		}
		edits, n = more, n+1
	}
	out, err := Apply(text, edits)
	return out, n, err
}
