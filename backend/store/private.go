package store

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/seed-e0495807/strake/lang/regular"
)

// private keeps other users out of the store: an older version let them read it. A directory
// of another user's is that user's to close, as it may be meant for several.
func (s *Store) private() error {
	info, err := os.Stat(s.dir)
	if err != nil || !reachable(info) {
		return err
	}
	if owner, _ := regular.Owner(info); owner != os.Geteuid() {
		return nil
	}
	return os.Chmod(s.dir, 0o700)
}

// reachable tells whether a directory lets others than its owner in. Where files have no owners,
// modes do not say that.
func reachable(info fs.FileInfo) bool {
	_, ok := regular.Owner(info)
	return ok && info.Mode().Perm()&0o077 != 0
}

// exposed says that others can reach the images, and what to do about it, or is "".
func (s *Store) exposed() string {
	info, err := os.Stat(s.dir)
	if err != nil || !reachable(info) {
		return ""
	}
	return fmt.Sprintf("other users can reach %s: as its owner, run `chmod 700 %s`; or set STRAKE_HOME to a directory on a disk with owners", s.dir, s.dir)
}
