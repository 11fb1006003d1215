package format

import (
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/lang/diag"
)

// files gives the Dockerfiles that arguments stand for: each file, and those below each
// directory. Links below a directory are passed over: what they lead to has a name of its own.
func files(args []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, arg := range args {
			if arg == "-" {
				continue
			}
			info, err := os.Stat(arg)
			if err != nil || !info.IsDir() {
				if !yield(arg, err) {
					return
				}
				continue
			}
			if !below(arg, yield) {
				return
			}
		}
	}
}

// below gives the Dockerfiles below a directory. It is false when no more are wanted.
func below(dir string, yield func(string, error) bool) bool {
	found, more := false, true
	_ = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			found, more = true, yield(name, err)
			if more && entry != nil && entry.IsDir() {
				return filepath.SkipDir
			}
		case entry.IsDir() && name != dir && (entry.Name() == ".git" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.Type().IsRegular() && input.IsName(entry.Name()):
			found, more = true, yield(name, nil)
		}
		if !more {
			return filepath.SkipAll
		}
		return nil
	})
	if !found {
		return yield(dir, diag.Diagnostic{Code: "no-dockerfile", Message: "there is no Dockerfile below " + dir,
			Hint: "name a file that is called otherwise"})
	}
	return more
}
