//go:build unix

package input

import (
	"io/fs"
	"syscall"
)

// inode identifies a file that has several names.
type inode struct{ device, number uint64 }

// linkOf tells whether a file has more than one name.
func linkOf(info fs.FileInfo) (inode, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || s.Nlink < 2 {
		return inode{}, false
	}
	return inode{uint64(s.Dev), s.Ino}, true
}
