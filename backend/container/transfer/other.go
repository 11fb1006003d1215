//go:build !linux

package transfer

import (
	"io"
	"os"
)

func unsupported() error {
	return fail("containers-linux", "run strake on Linux, or in a virtual machine that has it", "containers run on Linux only")
}

// Open is for Linux.
func Open(string) (*os.File, error) { return nil, unsupported() }

// Archive is for Linux.
func Archive(io.Writer, Place, string, bool) error { return unsupported() }

// Extract is for Linux.
func Extract(io.Reader, Place, Owner) error { return unsupported() }

// Copy is for Linux.
func Copy(Place, Place, bool, Owner) error { return unsupported() }
