package input

import (
	"bufio"
	"context"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/seed-e0495807/strake/lang/regular"
)

// Dockerfiles are the Dockerfiles in a directory and below it, as paths that begin with it,
// sorted. Directories of packages and of version control are not looked into. Links are not
// followed: what they lead to has a name of its own. But the directory's own Dockerfile may be
// one, as it may in a build. Unread is told of directories below that cannot be read; the others
// are gone on with.
func Dockerfiles(ctx context.Context, dir string, unread func(error)) ([]string, error) {
	return search(ctx, dir, unread, func(name string, d fs.DirEntry) bool {
		return d.Type().IsRegular() && isName(d.Name()) && (!isSource(d.Name()) || startsAsDockerfile(name)) || IsOwn(dir, name)
	})
}

// OwnName is what the Dockerfile is called that a build of a directory reads unless it is given another.
const OwnName = defaultName

// IsOwn tells that Dockerfile.
func IsOwn(dir, name string) bool { return filepath.Clean(name) == filepath.Join(dir, OwnName) }

// Below are the files below a directory whose names match, in order, without those that Dockerfiles
// leaves out, without links, and without what cannot be read, which has no names.
func Below(ctx context.Context, dir string, match func(name string) bool) ([]string, error) {
	return search(ctx, dir, func(error) {}, func(name string, d fs.DirEntry) bool { return d.Type().IsRegular() && match(name) })
}

// search gives the files of a project below a directory that are to be taken.
func search(ctx context.Context, dir string, unread func(error), take func(name string, d fs.DirEntry) bool) (list []string, err error) {
	dir = filepath.Clean(dir) + string(filepath.Separator) // or a link to a directory is not followed, which the user named
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && name == dir:
			return err
		case err != nil:
			unread(err)
		case d.IsDir() && name != dir && foreign(d.Name()):
			return fs.SkipDir
		case !d.IsDir() && take(name, d):
			list = append(list, name)
		}
		return nil
	})
	return list, err
}

// foreign tells the names of directories in which nothing is the project's own. Others that are
// hidden may have its Dockerfiles, as .devcontainer has.
func foreign(name string) bool {
	switch name {
	case ".git", ".hg", ".svn", "node_modules", ".venv", ".tox", ".terraform", ".cache":
		return true
	}
	return false
}

// isName tells the name of a Dockerfile: Dockerfile or Containerfile in any case, by itself, in
// front of a dot and something, or behind one.
func isName(name string) bool {
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

// isSource tells names that a program's own source has as well as a Dockerfile: dockerfile.go is
// code about Dockerfiles, Dockerfile.go may be the one of the Go service.
func isSource(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".c", ".cc", ".cpp", ".cs", ".ex", ".go", ".h", ".hs", ".java", ".js", ".kt", ".lua", ".php", ".pl", ".ps1",
		".py", ".rb", ".rs", ".scala", ".sh", ".swift", ".ts", ".vim":
		return true
	}
	return false
}

// startsAsDockerfile says that a file's first instruction is one that may be first. A file that
// cannot be read is taken for one: who opens it next says why.
func startsAsDockerfile(name string) bool {
	f, err := regular.Open(name)
	if err != nil {
		return true
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		return strings.EqualFold(words[0], "FROM") || strings.EqualFold(words[0], "ARG")
	}
	return false
}
