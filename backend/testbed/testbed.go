// Package testbed gives tests the real parts that a build needs, on this machine
// alone: a BuildKit daemon, registries, the base images of Dockerfiles, the strake
// program and docker's buildx, and a way to run what was built. Every part ends
// with its test, and leaves no process, mount or file behind. A test is skipped,
// with the reason, where the machine lacks something. It is imported by tests
// only, on Linux.
//
// What is slow to make is made once for all processes and kept in
// $STRAKE_TESTBED, or strake-testbed in the user's cache directory, which can be
// removed at any time when no test runs. With STRAKE_TESTBED=none no part is to be
// had, and tests that need one are skipped: so make check does without them.
package testbed

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// making bounds how long one part may take to make, other processes included.
const making = 10 * time.Minute

// needParts skips the test where no real part is to be had.
func needParts(t testing.TB) {
	t.Helper()
	if os.Getenv("STRAKE_TESTBED") == "none" {
		t.Skip("needs real programs: make test runs it")
	}
}

// needRoot skips the test of somebody who may not mount.
func needRoot(t testing.TB) {
	t.Helper()
	needParts(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

// needProgram gives the path of a program, or skips the test.
func needProgram(t testing.TB, name, pkg string) string {
	t.Helper()
	needParts(t)
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is missing: apt-get install %s", name, pkg)
	}
	return path
}

// repository is the directory of this module: tests run in the one of their
// package.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("the test does not run in the module")
		}
		dir = up
	}
}

// kept gives the path of something in the cache directory. What is not there yet
// is made by build, which is told the path to write to, while other processes
// wait.
func kept(t testing.TB, name string, build func(path string) error) string {
	t.Helper()
	path := CachePath(t, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	defer lock(t, path)()
	if _, err := os.Stat(path); err == nil {
		return path // somebody else was first
	}
	// It gets its name when it is complete.
	part := path + ".part"
	defer os.RemoveAll(part)
	err := os.RemoveAll(part)
	if err == nil {
		err = build(part)
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		t.Fatalf("make %s: %v", name, err)
	}
	return path
}

// CachePath is the path of something in the cache directory.
func CachePath(t testing.TB, name string) string {
	t.Helper()
	needParts(t)
	dir := os.Getenv("STRAKE_TESTBED")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatalf("%v: set STRAKE_TESTBED to a directory", err)
		}
		dir = filepath.Join(cache, "strake-testbed")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

// lock waits until no other process, and no other test, works on a path.
func lock(t testing.TB, path string) (unlock func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), making)
	defer cancel()
	l := flock.New(path + ".lock")
	if _, err := l.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		t.Fatalf("lock %s: %v", path, err)
	}
	return func() { l.Unlock() }
}

// command runs a program to its end. The error has what it wrote.
func command(ctx context.Context, dir, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, making)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return errors.New(cmd.String() + ": " + err.Error() + "\n" + out.String())
	}
	return nil
}
