// Package source holds the text that everything else points into: files, byte
// spans and line tables. It imports the standard library only.
package source

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
)

// FileID names a file of a Set. Zero is the first file added, which in a
// compile is the Dockerfile itself.
type FileID uint32

// Span is a half-open range of bytes [Start, End) of one file. Lines and
// columns are computed late, from a File, because almost no span is ever shown.
type Span struct {
	File       FileID
	Start, End uint32
}

// Len is the number of bytes that the span covers.
func (s Span) Len() int { return int(s.End - s.Start) }

// IsZero reports whether the span is the zero value, which stands for "no
// source": something made by a plugin or by an option on the command line.
func (s Span) IsZero() bool { return s == Span{} }

// Join is the smallest span that covers both. A zero span adds nothing.
func (s Span) Join(o Span) Span {
	switch {
	case s.IsZero():
		return o
	case o.IsZero() || s.File != o.File:
		return s
	}
	return Span{File: s.File, Start: min(s.Start, o.Start), End: max(s.End, o.End)}
}

// Position is a place in a file as a person counts: lines and columns from 1,
// the column in bytes.
type Position struct {
	Filename string
	Line     int
	Column   int
}

// String gives "Dockerfile:3:1".
func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.Filename, p.Line, p.Column) }

// File is one source text. It is immutable once made, and safe for many goroutines; its
// line table is built on first use.
type File struct {
	ID    FileID
	Name  string // as the user wrote it; shown in messages
	Text  string
	once  sync.Once
	lines []uint32 // offset of the first byte of each line
}

// NewFile makes a file that is in no set; its id is zero.
func NewFile(name, text string) *File { return &File{Name: name, Text: text} }

// Slice is the text that a span covers. A span outside the file gives "".
func (f *File) Slice(s Span) string {
	if int(s.End) > len(f.Text) || s.Start > s.End {
		return ""
	}
	return f.Text[s.Start:s.End]
}

// Lines is the number of lines; a file that ends in a newline has no empty last
// line, an empty file has one line.
func (f *File) Lines() int { return len(f.table()) }

func (f *File) table() []uint32 {
	f.once.Do(func() {
		f.lines = make([]uint32, 1, strings.Count(f.Text, "\n")+1)
		for i := 0; i < len(f.Text)-1; i++ {
			n := strings.IndexByte(f.Text[i:len(f.Text)-1], '\n')
			if n < 0 {
				break
			}
			i += n
			f.lines = append(f.lines, uint32(i+1))
		}
	})
	return f.lines
}

// Line is the 1-based line that an offset is on. An offset at or past the end
// is on the last line.
func (f *File) Line(offset uint32) int {
	t := f.table()
	return sort.Search(len(t), func(i int) bool { return t[i] > offset })
}

// Position gives line and column of an offset.
func (f *File) Position(offset uint32) Position {
	line := f.Line(offset)
	return Position{Filename: f.Name, Line: line, Column: int(offset-f.table()[line-1]) + 1}
}

// LineStart is the offset of a 1-based line, the length of the text when there is
// no such line.
func (f *File) LineStart(line int) uint32 {
	t := f.table()
	if line < 1 || line > len(t) {
		return uint32(len(f.Text))
	}
	return t[line-1]
}

// LineText is the text of a 1-based line without its line ending, or "" when
// there is no such line.
func (f *File) LineText(line int) string {
	t := f.table()
	if line < 1 || line > len(t) {
		return ""
	}
	end := len(f.Text)
	if line < len(t) {
		end = int(t[line])
	}
	return strings.TrimRight(f.Text[t[line-1]:end], "\r\n")
}

// LineRange is the first and the last line that a span touches.
func (f *File) LineRange(s Span) (first, last int) {
	first = f.Line(s.Start)
	if s.End <= s.Start {
		return first, first
	}
	return first, f.Line(s.End - 1)
}

// Set is the files of one compile. It is safe for many goroutines.
type Set struct {
	mu    sync.RWMutex
	files []*File
}

// Add puts a text into the set and gives it the next id.
func (s *Set) Add(name, text string) *File {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &File{ID: FileID(len(s.files)), Name: name, Text: text}
	s.files = append(s.files, f)
	return f
}

// Join adds the files of another set, and tells by how much their ids are higher here.
func (s *Set) Join(o *Set) FileID {
	o.mu.RLock()
	files := slices.Clone(o.files)
	o.mu.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	by := FileID(len(s.files))
	for i, f := range files {
		s.files = append(s.files, &File{ID: by + FileID(i), Name: f.Name, Text: f.Text})
	}
	return by
}

// File gives the file of an id, or nil.
func (s *Set) File(id FileID) *File {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if int(id) >= len(s.files) {
		return nil
	}
	return s.files[id]
}
