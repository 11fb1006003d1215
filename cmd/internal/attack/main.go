//go:build linux

// Command attack runs the tests that attack, each as root, as a user without rights, where
// the kernel gives no user namespaces, and without control groups, and prints one table of
// how they ended. It is for Linux, from the root of the repository: make attack. Arguments are
// directories of packages, in place of all.
//
// A test that attacks is called TestAttack…. It may write lines of the form
//
//	attack | WHAT | PLACE | HOW IT ENDED | WHAT IT TOOK
//
// for rows of its own, and then goes to the places itself, as those of plugins/host do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fell, err := run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
	}
	if fell || err != nil {
		os.Exit(1)
	}
}

// suite is the tests of a package that attack.
type suite struct {
	dir    string // from the root of the repository
	binary string
	roams  bool // its tests go to the places themselves
}

func run(ctx context.Context) (fell bool, err error) {
	temp, err := os.MkdirTemp("", "attack-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil { // a user without rights runs what is in it
		return false, err
	}
	suites, err := find(".")
	if err != nil {
		return false, err
	}
	if len(os.Args) > 1 {
		suites = slices.DeleteFunc(suites, func(s *suite) bool { return !slices.Contains(os.Args[1:], s.dir) })
	}
	t := &table{cells: map[string]map[string]cell{}}
	for i, s := range suites {
		s.binary = filepath.Join(temp, fmt.Sprintf("%d-%s.test", i, filepath.Base(s.dir)))
		build := exec.CommandContext(ctx, "go", "test", "-c", "-o", s.binary, "./"+s.dir)
		if out, err := build.CombinedOutput(); err != nil {
			return false, fmt.Errorf("%s: %w\n%s", s.dir, err, out)
		}
		for _, where := range places() {
			if s.roams && where.name != places()[0].name {
				continue
			}
			if err := ctx.Err(); err != nil {
				return false, err
			}
			s.attack(ctx, t, where, temp)
		}
	}
	t.print(os.Stdout)
	return t.fell, nil
}

var attackTest = regexp.MustCompile(`(?m)^func TestAttack`)

// find gives the packages that have tests that attack.
func find(root string) ([]*suite, error) {
	at := map[string]*suite{}
	var list []*suite
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil || !attackTest.Match(text) {
			return err
		}
		dir := filepath.Dir(name)
		if at[dir] == nil {
			at[dir] = &suite{dir: dir}
			list = append(list, at[dir])
		}
		at[dir].roams = at[dir].roams || strings.Contains(string(text), "everywhere(t, ")
		return nil
	})
	if len(list) == 0 && err == nil {
		err = errors.New("there are no tests that attack: is this the root of the repository?")
	}
	return list, err
}

// timeLimit is for the tests of one package in one place.
const timeLimit = 5 * time.Minute

// attack runs the tests of a suite in a place, and enters how they ended.
func (s *suite) attack(ctx context.Context, t *table, where place, temp string) {
	if where.cannot != "" {
		t.explain(where.name, where.cannot)
		return
	}
	if where.unused != "" {
		t.fill(s.dir, where.name, where.unused)
		return
	}
	home, err := os.MkdirTemp(temp, "home-")
	if err == nil {
		err = errors.Join(os.Chown(home, where.id, where.id), os.Chmod(home, 0o755)) // tests that go to places go on from here
	}
	if err != nil {
		t.explain(where.name, err.Error())
		return
	}
	ctx, stop := context.WithTimeout(ctx, timeLimit)
	defer stop()
	args := []string{s.binary, "-test.run=^TestAttack", "-test.v", "-test.timeout=" + timeLimit.String()}
	if where.id == os.Geteuid() { // the script has a plugin built, by Go's cache
		args[1] += "|^TestScript$/^store_attack$"
	}
	cmd := where.command(ctx, args)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home)
	if where.id == os.Geteuid() {
		cmd.Env = append(os.Environ(), "TMPDIR="+home) // with Go's cache
	}
	cmd.Env = append(cmd.Env, "STRAKE_LONG=1") // all of them
	cmd.WaitDelay = time.Second
	began := time.Now()
	out, err := cmd.CombinedOutput()
	fmt.Fprintf(os.Stderr, "%s %s: %.0fs\n", s.dir, where.name, time.Since(began).Seconds())
	ended := t.enter(s.dir, where.name, string(out), !s.roams)
	if err != nil && !slices.Contains(ended, "FAIL") || len(ended) == 0 { // it did not come to its end
		t.enter(s.dir, where.name, "=== RUN   TestAttack\n--- FAIL: TestAttack (0s)\n", true)
	}
	if err != nil {
		os.Stderr.Write(out)
	}
}
