//go:build unix

package verify

import (
	"fmt"
	"io/fs"
	"syscall"
)

// inode tells a file from another that took its place.
func inode(info fs.FileInfo) string {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprint(st.Ino)
	}
	return ""
}
