package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins/config/trust"
)

// Find looks for the strake.yaml of a Dockerfile in dir: there, and in the directories
// above up to that of the repository, which has .git. Without a repository, only dir
// counts. The path is absolute, links followed, and "" when there is none. Home is the
// user's; "" is none.
//
// The search ends below the root of the file system and at home. It does not enter a
// directory that everybody may write to, such as /tmp, or that belongs to neither the
// user, nor root, nor the owner of dir: whoever can write there could put a strake.yaml
// or a .git there.
func Find(ctx context.Context, dir, home string) (string, error) {
	dir, err := realDir(dir)
	if err != nil {
		return "", err
	}
	for _, d := range ladder(dir, home) {
		if err := context.Cause(ctx); err != nil {
			return "", err
		}
		name := filepath.Join(d, FileName)
		switch _, err := os.Lstat(name); {
		case err == nil:
			return name, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", diag.Diagnostic{Code: "config", Message: fmt.Sprintf("%s cannot be read: %v", name, err)}
		}
		if other := filepath.Join(d, "strake.yml"); exists(other) {
			return "", diag.Diagnostic{Code: "config", Message: other + " has the wrong name", Hint: "call it strake.yaml"}
		}
	}
	return "", nil
}

// Root is the directory that the repository of a directory begins at, the directory
// itself when it is in none.
func Root(dir, home string) (string, error) {
	dir, err := realDir(dir)
	if err != nil {
		return "", err
	}
	steps := ladder(dir, home)
	return steps[len(steps)-1], nil
}

func realDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// ladder is the directories from dir up to that of the repository: dir alone when it is
// in none.
func ladder(dir, home string) []string {
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
	mine, ok1 := trust.Owner(from)
	theirs, ok2 := trust.Owner(to)
	return !ok1 || !ok2 || theirs == mine || theirs == os.Geteuid() || theirs == 0
}
