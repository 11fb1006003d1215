//go:build unix

package regular

import (
	"io/fs"
	"os"
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

// keep gives a new file, which nobody else can read yet, the owner and the mode of the one that it
// is to replace: what root edits stays its owner's. Who may not give files away keeps it, and then
// another group than before has no more rights than all others.
func keep(f *os.File, old fs.FileInfo) error {
	mode := old.Mode().Perm()
	if was, ok := old.Sys().(*syscall.Stat_t); ok {
		uid, gid := int(was.Uid), int(was.Gid)
		if f.Chown(uid, gid) != nil && f.Chown(-1, gid) != nil {
			mode &^= ^(mode & 7 << 3) & 0o070
		}
	}
	info, err := f.Stat()
	if err != nil || info.Mode().Perm() == mode {
		return err
	}
	return f.Chmod(mode)
}
