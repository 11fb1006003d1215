package testbed

import (
	"os"
	"path/filepath"
	"testing"
)

// Strake builds the program under test, beside its build engine, and gives its
// path. Go sees whether it has to be built again.
func Strake(t testing.TB) string {
	t.Helper()
	needParts(t)
	repo := repository(t)
	path := filepath.Join(repo, "bin", "strake")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	defer lock(t, path)()
	if err := command(t.Context(), repo, "go", "build", "-o", path, "./cmd/strake"); err != nil {
		t.Fatal(err)
	}
	return path
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
	strake, repo := Strake(t), repository(t)
	program := filepath.Join(repo, "bin", "strake-frontend")
	unlock := lock(t, program)
	err := command(t.Context(), repo, "env", "CGO_ENABLED=0", "go", "build", "-trimpath", "-tags=grpcnotrace", "-ldflags=-s -w", "-o", program, "./cmd/strake-frontend")
	unlock()
	ref := r.Host + "/" + name
	if err == nil {
		err = command(t.Context(), "", strake, append([]string{"frontend", "image", "--push", "-t", ref}, flags...)...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// Sample tells whether a case among many that take long is one of those that make test runs: every
// n-th. With STRAKE_LONG=1, as make long sets it, all are.
func Sample(i, n int) bool { return os.Getenv("STRAKE_LONG") != "" || i%n == 0 }
