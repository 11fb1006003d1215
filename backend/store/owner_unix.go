//go:build unix

package store

import (
	"io/fs"
	"os"
	"syscall"
)

// reachable tells whether a directory lets others than its owner in.
func reachable(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }

// owned tells whether a directory is of the user who runs this.
func owned(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Geteuid()
}
