//go:build !unix

package regular

import (
	"io/fs"
	"os"
)

// Owner is the user that a file belongs to; false when the system does not tell.
func Owner(fs.FileInfo) (uid int, ok bool) { return 0, false }

// keep gives a new file the mode of the one that it is to replace.
func keep(f *os.File, old fs.FileInfo) error { return f.Chmod(old.Mode().Perm()) }
