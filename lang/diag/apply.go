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
		taken stretches
		n     int
	)
	for _, d := range list {
		i := slices.IndexFunc(d.Fixes, func(fix Fix) bool { return fix.Safe || unsafe })
		if i < 0 || slices.ContainsFunc(d.Fixes[i].Edits, func(e Edit) bool { return e.Span.File != 0 }) {
			continue
		}
		fix := d.Fixes[i].Edits
		var own stretches
		if slices.ContainsFunc(fix, func(e Edit) bool {
			bad := !taken.free(e, len(text)) || !own.free(e, len(text))
			own.add(e)
			return bad
		}) {
			continue // it overlaps: its turn comes in the next round
		}
		for _, e := range fix {
			taken.add(e)
		}
		edits, n = append(edits, fix...), n+1
	}
	out, err := Apply(text, edits)
	return out, n, err
}

// stretches are edits that do not overlap, in the order of Apply.
type stretches []Edit

func (s stretches) place(e Edit) int {
	i, _ := slices.BinarySearchFunc(s, e, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
	})
	return i
}

// free tells whether an edit of a text overlaps none.
func (s stretches) free(e Edit, size int) bool {
	if e.Span.Start > e.Span.End || uint64(e.Span.End) > uint64(size) {
		return false
	}
	i := s.place(e)
	return (i == 0 || s[i-1].Span.End <= e.Span.Start) && (i == len(s) || s[i].Span.Start >= e.Span.End)
}

func (s *stretches) add(e Edit) { *s = slices.Insert(*s, s.place(e), e) }
