package input

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
)

// Dockerfiles are the Dockerfiles in a directory and below it, as paths that begin with it, sorted.
// Links are not followed, but that which is the directory's own Dockerfile, and neither hidden directories nor those of packages of others looked
// into.
func Dockerfiles(ctx context.Context, dir string) ([]string, error) {
	var list []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && name == dir:
			return err
		case err != nil: // of a directory that nobody may read there is nothing to say
			return nil
		case d.IsDir() && name != dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.Type().IsRegular() && IsName(d.Name()), !d.IsDir() && name == filepath.Join(dir, defaultName):
			list = append(list, name)
		}
		return nil
	})
	return list, err
}

// IsName tells the name of a Dockerfile: Dockerfile or Containerfile in any case, by itself, in
// front of a dot and something, or behind one.
func IsName(name string) bool {
	name = strings.ToLower(name)
	for _, end := range []string{".dockerignore", ".containerignore", ".llb", ".json", ".md", "~"} { // made of one, or beside one
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	for _, word := range []string{"dockerfile", "containerfile"} {
		if name == word || strings.HasPrefix(name, word+".") || strings.HasSuffix(name, "."+word) {
			return true
		}
	}
	return false
}
