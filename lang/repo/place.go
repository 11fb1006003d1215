package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Place is where a file really is. All paths are absolute.
type Place struct {
	Real    string // of the file, without links
	Root    string // of the repository that the name of the file is in, without links
	InRepo  bool   // there is such a repository: else Root is the directory that the name is in
	Linked  bool   // there is a link between the root and the file
	Outside bool   // Real is not below Root
}

// Left is the error of a name that is a link out of its root, which may lead to any file of
// the user's.
func (p Place) Left(name, hint string) error {
	return diag.Diagnostic{Code: "outside", Message: fmt.Sprintf("%s is a link out of %s, to %s", name, p.Root, p.Real), Hint: hint}
}

// Locate finds out where a file is, or will be: a repository can hold links to whatever its
// author knows the name of. Without a repository, the directory that the name is in is the
// root.
func Locate(name, home string) (Place, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return Place{}, err
	}
	var p Place
	if p.Real, err = follow(name); err != nil {
		return Place{}, err
	}
	dir := standing(filepath.Dir(name))
	// By the name, not by where it leads: a directory on the way may be a link, too.
	top, ok := Root(dir, home)
	if !ok { // the user's own link may lead into a repository
		if dir, err = filepath.EvalSymlinks(dir); err != nil {
			return Place{}, err
		}
		if real, found := Root(dir, home); found {
			top, ok = real, true
			name = filepath.Join(dir, filepath.Base(name))
		}
	}
	if err := p.within(top, name); err != nil {
		return Place{}, err
	}
	p.InRepo = ok
	// A link to another repository leaves the one that has the link.
	for ok && !p.Outside {
		if top, ok = Root(filepath.Dir(top), home); !ok || top == home {
			break
		}
		outer := p
		if err := outer.within(top, name); err != nil {
			return Place{}, err
		}
		if outer.Outside {
			p = outer
		}
	}
	return p, nil
}

// within sets how the file lies to a directory that its name is below.
func (p *Place) within(top, name string) (err error) {
	if p.Root, err = filepath.EvalSymlinks(top); err != nil {
		return err
	}
	rel, err := filepath.Rel(p.Root, p.Real)
	p.Outside = err != nil || !filepath.IsLocal(rel)
	straight, err := filepath.Rel(top, name)
	p.Linked = err != nil || straight != rel
	return nil
}

// standing is the innermost directory of a path that is there.
func standing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// follow resolves all links of a name, also when what it leads to is not there yet.
func follow(name string) (string, error) {
	real, err := filepath.EvalSymlinks(name)
	if !errors.Is(err, fs.ErrNotExist) || name == filepath.Dir(name) {
		return real, err
	}
	dir, err := follow(filepath.Dir(name))
	if err != nil {
		return "", err
	}
	switch to, err := os.Readlink(name); {
	case err != nil:
		return filepath.Join(dir, filepath.Base(name)), nil
	case filepath.IsAbs(to):
		return follow(to)
	default:
		return follow(filepath.Join(dir, to))
	}
}
