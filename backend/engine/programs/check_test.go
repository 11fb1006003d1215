//go:build linux

package programs

import "testing"

func TestSubIDs(t *testing.T) {
	f := Finder{Env: func(name string) (string, bool) { return "/nowhere", name == "PATH" }}
	if f.hasSubIDs("testdata/none", "nobody", "65534") {
		t.Error("there are subordinate numbers without a file")
	}
}
