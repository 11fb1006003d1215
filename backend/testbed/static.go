package testbed

import (
	"debug/elf"
	"os"
	"slices"
	"testing"
)

// Static fails a test that has a container run this program, if that needs libraries, which no container has.
func Static(t testing.TB) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	static, err := isStatic(self)
	if err != nil {
		t.Fatal(err)
	}
	if !static {
		t.Fatal("the program of this test is dynamic, and a container lacks its libraries: run the test by make, or with CGO_ENABLED=0")
	}
}

// isStatic tells whether a program starts without a loader.
func isStatic(program string) (bool, error) {
	f, err := elf.Open(program)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return !slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }), nil
}
