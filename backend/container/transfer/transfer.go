// Package transfer copies files into the root of a container and out of it, by the rules of
// docker cp. No link leads out of a root: the kernel resolves paths beneath it, and what
// is copied is opened by its name in a directory that is open.
package transfer

import (
	"archive/tar"
	"fmt"
	"os"

	"github.com/seed-e0495807/strake/lang/diag"
)

// A Place is a path beneath a root, as it was given: a slash at its end says that it is a
// directory, and a dot behind that means what is in it.
type Place struct {
	Root *os.File // a directory
	Path string
	Name string // as messages name it
}

// Owner says whom files belong to that are written.
type Owner func(h *tar.Header) (uid, gid int)

// Kept is as the archive has it.
func Kept(h *tar.Header) (uid, gid int) { return h.Uid, h.Gid }

// Owned gives all files to one.
func Owned(uid, gid int) Owner {
	return func(*tar.Header) (int, int) { return uid, gid }
}

// fail makes an error that the user can fix. The hint is the next step.
func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}
