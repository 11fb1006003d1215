package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/repo"
)

// Find looks for the strake.yaml of a Dockerfile in dir: there, and in the directories
// above up to that of the repository, as repo.Up has them. The path is absolute, links
// followed, and "" when there is none. Home is the user's; "" is none.
func Find(ctx context.Context, dir, home string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", err
	}
	for _, d := range repo.Up(dir, home) {
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
		other := filepath.Join(d, "strake.yml")
		if _, err := os.Lstat(other); err == nil {
			return "", diag.Diagnostic{Code: "config", Message: other + " has the wrong name", Hint: "call it strake.yaml"}
		}
	}
	return "", nil
}
