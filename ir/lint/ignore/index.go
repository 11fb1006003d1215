package ignore

import (
	"cmp"
	"iter"
	"slices"

	"github.com/seed-e0495807/strake/lang/source"
)

// Index finds the comments that are about a finding, among many.
type Index struct {
	codes map[string]*stretches
}

// many is the key of comments that are about codes of several names.
const many = "*"

// stretches are the comments of a code, by where what they are about starts.
type stretches struct {
	wide []*Comment // about all of a file
	list []*Comment
	ends []uint32 // the last end of those up to each of the list
}

// NewIndex makes the index of comments of one file.
func NewIndex(list []*Comment, file source.Span) Index {
	index := Index{map[string]*stretches{}}
	for _, c := range list {
		key := c.Code
		if c.Many() {
			key = many
		}
		s := index.codes[key]
		if s == nil {
			s = &stretches{}
			index.codes[key] = s
		}
		if c.Over == file {
			s.wide = append(s.wide, c)
		} else {
			s.list = append(s.list, c)
		}
	}
	for _, s := range index.codes {
		slices.SortStableFunc(s.list, func(a, b *Comment) int { return cmp.Compare(a.Over.Start, b.Over.Start) })
		end := uint32(0)
		for _, c := range s.list {
			end = max(end, c.Over.End)
			s.ends = append(s.ends, end)
		}
	}
	return index
}

// Covering are the comments that cover a finding of a code that starts at a place.
func (x Index) Covering(code string, at source.Span) iter.Seq[*Comment] {
	return func(yield func(*Comment) bool) {
		if s := x.codes[many]; s != nil && !s.covering(code, at, yield) {
			return
		}
		for end := 0; end <= len(code); end++ {
			if end < len(code) && code[end] != '/' {
				continue
			}
			if s := x.codes[code[:end]]; s != nil && !s.covering(code, at, yield) {
				return
			}
		}
	}
}

func (s *stretches) covering(code string, at source.Span, yield func(*Comment) bool) bool {
	for _, c := range s.wide {
		if c.Covers(code, at) && !yield(c) {
			return false
		}
	}
	i, _ := slices.BinarySearchFunc(s.list, at.Start, func(c *Comment, start uint32) int {
		if c.Over.Start <= start {
			return -1
		}
		return 1
	})
	for i--; i >= 0 && s.ends[i] > at.Start; i-- {
		if c := s.list[i]; c.Covers(code, at) && !yield(c) {
			return false
		}
	}
	return true
}
