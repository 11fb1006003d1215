package testbed

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Strake builds the program under test, beside its build engine, and gives its
// path.
func Strake(t testing.TB) string {
	t.Helper()
	return program(t, "strake")
}

// Light builds strake-light, which make install puts in front of the program under test by the
// name strake, and gives its path. The whole program is beside it where Strake is called, too.
func Light(t testing.TB) string {
	t.Helper()
	return program(t, "strake-light")
}

// program builds one of this module's programs to bin, unless nothing of the module has
// changed since: Go takes seconds to find that out, and many tests ask.
func program(t testing.TB, name string, flags ...string) string {
	t.Helper()
	needParts(t)
	repo := repository(t)
	path := filepath.Join(repo, "bin", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	defer lock(t, path)()
	if current(path, repo) {
		return path
	}
	start := time.Now()
	args := slices.Concat([]string{"CGO_ENABLED=0", "go", "build", "-ldflags=-s -w"}, flags, []string{"-o", path, "./cmd/" + name})
	err := command(t.Context(), repo, "env", args...)
	if err == nil { // Go does not touch one that is right
		err = os.Chtimes(path, start, start)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// current tells whether a file of bin is younger than all files and directories of the module. In
// a bin that is a link, to that of another module, none is.
func current(path, repo string) bool {
	built, err := os.Stat(path)
	if err != nil {
		return false
	}
	err = filepath.WalkDir(repo, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == repo: // what is made in it besides is no matter
			return nil
		case d.IsDir() && (name == filepath.Join(repo, ".git") || name == filepath.Dir(path)):
			return fs.SkipDir
		case name == filepath.Dir(path):
			return fs.ErrInvalid
		}
		info, err := d.Info()
		if err == nil && !info.ModTime().Before(built.ModTime()) {
			err = fs.ErrExist
		}
		return err
	})
	return err == nil
}

// Buildx gives the path of docker's buildx, the program that strake is compared
// with: $STRAKE_BUILDX, or one that is built once, in two minutes.
func Buildx(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("STRAKE_BUILDX"); path != "" {
		return path
	}
	const version = "v0.38.2"
	return kept(t, "buildx-"+version, func(path string) error {
		dir := t.TempDir()
		// Its dependencies are no business of this module.
		for _, args := range [][]string{
			{"mod", "init", "buildx"},
			{"get", "github.com/docker/buildx/cmd/buildx@" + version},
			{"build", "-trimpath", "-ldflags=-s -w -X github.com/docker/buildx/version.Version=" + version,
				"-o", absolute(t, path), "github.com/docker/buildx/cmd/buildx"},
		} {
			if err := command(t.Context(), dir, "go", args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Remote is buildx's configuration directory ($BUILDX_CONFIG) with a builder
// named "testbed" that is a running daemon.
func (d *Daemon) Remote(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "buildx")
	err := command(t.Context(), "", "env", "BUILDX_CONFIG="+dir, "DOCKER_CONFIG="+dir,
		Buildx(t), "create", "--driver=remote", "--name=testbed", "--use", d.Addr)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// Syntax makes the image of strake's frontend with the flags of `strake frontend image`,
// puts it into a registry, and gives its name: what "# syntax=" takes.
func Syntax(t testing.TB, r *Registry, name string, flags ...string) string {
	t.Helper()
	strake := Strake(t)
	program(t, "strake-frontend", "-trimpath", "-tags=grpcnotrace")
	ref := r.Host + "/" + name
	if err := command(t.Context(), "", strake, append([]string{"frontend", "image", "--push", "-t", ref}, flags...)...); err != nil {
		t.Fatal(err)
	}
	return ref
}

// Sample tells whether a case among many that take long is one of those that make test runs: every
// n-th. With STRAKE_LONG=1, as make long sets it, all are.
func Sample(i, n int) bool { return os.Getenv("STRAKE_LONG") != "" || i%n == 0 }
