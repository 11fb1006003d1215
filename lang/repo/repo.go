// Package repo finds the repository that a file is in, and whether a link leads out of it: what
// a repository brings along is its author's, and what is outside is the user's.
package repo

import (
	"os"
	"path/filepath"

	"github.com/seed-e0495807/strake/lang/regular"
)

// Root is the directory that the repository of a directory begins at, or the directory itself
// when it is in none. Dir and home are as for Up.
func Root(dir, home string) (top string, found bool) {
	steps := Up(dir, home)
	top = steps[len(steps)-1]
	return top, exists(filepath.Join(top, ".git"))
}

// Up is the directories from dir up to that of the repository, which has .git: dir alone when
// it is in none. Dir has no links in it; home is the user's, "" is none.
//
// The search ends below the root of the file system and at home. It does not enter a
// directory that everybody may write to, such as /tmp, or that belongs to neither the
// user, nor root, nor the owner of dir: whoever can write there could put a .git there.
func Up(dir, home string) []string {
	if real, err := filepath.EvalSymlinks(home); err == nil {
		home = real
	}
	steps := []string{dir}
	for d := dir; ; {
		if exists(filepath.Join(d, ".git")) {
			return steps
		}
		up := filepath.Dir(d)
		if d == home || filepath.Dir(up) == up || !enters(dir, up) {
			return []string{dir}
		}
		steps, d = append(steps, up), up
	}
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// enters tells whether the search may go from dir up into another directory.
func enters(dir, up string) bool {
	from, err1 := os.Stat(dir)
	to, err2 := os.Stat(up)
	if err1 != nil || err2 != nil || to.Mode().Perm()&0o002 != 0 {
		return false
	}
	mine, ok1 := regular.Owner(from)
	theirs, ok2 := regular.Owner(to)
	return !ok1 || !ok2 || theirs == mine || theirs == os.Geteuid() || theirs == 0
}
