package source_test

import (
	"testing"

	"github.com/seed-e0495807/strake/lang/source"
)

func TestPosition(t *testing.T) {
	tests := []struct {
		text   string
		offset uint32
		want   string
	}{
		{"", 0, "f:1:1"},
		{"ab", 1, "f:1:2"},
		{"ab", 2, "f:1:3"},
		{"a\nb\n", 2, "f:2:1"},
		{"a\nb\n", 3, "f:2:2"},
		{"a\nb\n", 4, "f:2:3"}, // the end is on the last line
		{"\n\nx", 1, "f:2:1"},
		{"\n\nx", 2, "f:3:1"},
		{"é\nx", 3, "f:2:1"},
	}
	for _, tt := range tests {
		if got := source.NewFile("f", tt.text).Position(tt.offset).String(); got != tt.want {
			t.Errorf("offset %d of %q is at %s; want %s", tt.offset, tt.text, got, tt.want)
		}
	}
}

func TestLines(t *testing.T) {
	f := source.NewFile("f", "one\r\ntwo\n\nfour")
	for line, want := range map[int]string{0: "", 1: "one", 2: "two", 3: "", 4: "four", 5: ""} {
		if got := f.LineText(line); got != want {
			t.Errorf("line %d is %q; want %q", line, got, want)
		}
	}
	if f.Lines() != 4 {
		t.Errorf("%d lines; want 4", f.Lines())
	}
	if first, last := f.LineRange(source.Span{Start: 5, End: 9}); first != 2 || last != 2 {
		t.Errorf("lines %d to %d; a line ending belongs to its line", first, last)
	}
	if first, last := f.LineRange(source.Span{Start: 2, End: 12}); first != 1 || last != 4 {
		t.Errorf("lines %d to %d; want 1 to 4", first, last)
	}
}

func TestSpan(t *testing.T) {
	a, b := source.Span{Start: 2, End: 4}, source.Span{Start: 7, End: 9}
	if got := a.Join(b); got != (source.Span{Start: 2, End: 9}) {
		t.Errorf("joined: %v", got)
	}
	if got := (source.Span{}).Join(b); got != b {
		t.Errorf("the zero span adds %v", got)
	}
	var set source.Set
	set.Add("a", "x")
	f := set.Add("b", "hello")
	if got := set.File(f.ID).Slice(source.Span{File: f.ID, Start: 1, End: 3}); got != "el" {
		t.Errorf("slice: %q", got)
	}
	if f.Slice(source.Span{Start: 3, End: 99}) != "" || set.File(7) != nil {
		t.Error("what is not there is not empty")
	}
}
