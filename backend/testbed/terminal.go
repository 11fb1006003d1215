package testbed

import (
	"os"
	"testing"

	"golang.org/x/term"
)

// Terminal is a terminal that nobody reads, and where nobody types.
func Terminal(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil || !term.IsTerminal(int(f.Fd())) {
		t.Skip("no terminals here")
	}
	t.Cleanup(func() { f.Close() })
	return f
}
