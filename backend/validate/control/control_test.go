package control

import (
	"maps"
	"slices"
	"testing"
)

func TestStanzas(t *testing.T) {
	if got := Stanzas("\n\nPackage: a\nVersion: 1\n\n\nPackage: b\n"); !slices.Equal(got, []string{"Package: a\nVersion: 1", "Package: b"}) {
		t.Errorf("%q", got)
	}
	if got := Stanzas("\n\n"); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

func TestFields(t *testing.T) {
	got := Fields("Package: a\nDescription: first\n second: no field\n\tthird: no field\nPackage: b\nEmpty:\nno field")
	if want := map[string]string{"Package": "a", "Description": "first", "Empty": ""}; !maps.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestNames(t *testing.T) {
	for field, want := range map[string][]string{
		"":                                   nil,
		"a":                                  {"a"},
		"a (>= 1:2), b | c:any, d(= 1),,e  ": {"a", "b", "c", "d", "e"},
		"a:amd64 (>= 2),\n b":                {"a", "b"},
	} {
		if got := Names(field); !slices.Equal(got, want) {
			t.Errorf("%q: %q", field, got)
		}
	}
}
