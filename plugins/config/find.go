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

// Place is where a file really is. All paths are absolute.
type Place struct {
	Real    string // of the file, without links
	Root    string // of the repository that the name of the file is in, without links
	Linked  bool   // there is a link between the root and the file
	Outside bool   // Real is not below Root
}

// Locate finds out where a file is: a repository can hold links to whatever its author
// knows the name of. Without a repository, the directory that the name is in is the root.
func Locate(name, home string) (Place, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return Place{}, err
	}
	// By the name, not by where it leads: a directory on the way may be a link, too.
	steps := ladder(filepath.Dir(name), home)
	top := steps[len(steps)-1]
	var p Place
	if p.Root, err = filepath.EvalSymlinks(top); err != nil {
		return Place{}, err
	}
	if p.Real, err = filepath.EvalSymlinks(name); err != nil {
		return Place{}, err
	}
	rel, err := filepath.Rel(p.Root, p.Real)
	p.Outside = err != nil || !filepath.IsLocal(rel)
	straight, err := filepath.Rel(top, name)
	p.Linked = err != nil || straight != rel
	return p, nil
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
