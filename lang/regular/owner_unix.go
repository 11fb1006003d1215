//go:build unix

package regular

import (
	"io/fs"
	"syscall"
)

// Owner is the user that a file belongs to; false when the system does not tell.
func Owner(info fs.FileInfo) (uid int, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}
