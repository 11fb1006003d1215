//go:build unix

package mergerun

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// shell is a real one of this machine, and what SHELL says of it.
type shell struct {
	name string
	says string   // the argument of SHELL; "" leaves it to the base image
	argv []string // the real thing
}

func shells(t testing.TB) []shell {
	t.Helper()
	var list []shell
	for _, s := range []shell{
		{"dash", `["/bin/sh", "-c"]`, []string{"dash", "-c"}},
		{"dash -e", `["/bin/sh", "-ec"]`, []string{"dash", "-ec"}},
		{"bash", `["/bin/bash", "-c"]`, []string{"bash", "-c"}},
		{"bash -euo pipefail", `["/bin/bash", "-euo", "pipefail", "-c"]`, []string{"bash", "-euo", "pipefail", "-c"}},
		{"busybox", `["/bin/sh", "-c"]`, []string{"busybox", "sh", "-c"}},
		{"bash as sh", `["/bin/sh", "-c"]`, []string{"bash", "--posix", "-c"}},
		{"base image's", "", []string{"bash", "-eo", "pipefail", "-c"}},
	} {
		if _, err := exec.LookPath(s.argv[0]); err != nil {
			t.Logf("%s is not there", s.argv[0])
			continue
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		t.Skip("no shell is there")
	}
	return list
}

// nobody runs the scripts, so that one which leaves the sandbox can harm nothing.
const nobody = 65534

// sandbox is a directory in which RUNs are run.
type sandbox struct{ top, root, work, tool string }

func newSandbox(t testing.TB) *sandbox {
	if os.Getuid() != 0 {
		t.Skip("only root can run the scripts as nobody, who can harm nothing")
	}
	top := t.TempDir()
	if err := os.Chmod(filepath.Dir(top), 0o755); err != nil { // which was the user's alone
		t.Fatal(err)
	}
	// Written before any process is started: one that is forked while the file is open
	// for writing would keep it from being run.
	tool := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\necho old >>out\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(top, "r")
	return &sandbox{top, root, filepath.Join(root, "w"), tool}
}

// fresh makes it what it is at the start: a working directory, and a program in the
// later of two places.
func (b *sandbox) fresh(t testing.TB) {
	t.Helper()
	_ = filepath.WalkDir(b.top, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return nil
	})
	entries, err := os.ReadDir(b.top)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(b.top, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"", "bin", "bin2", "home", "w"} {
		if err := os.Mkdir(filepath.Join(b.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(b.tool, filepath.Join(b.root, "bin2", "tool")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.root, "pipe"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(b.top, func(path string, _ fs.DirEntry, _ error) error { return os.Lchown(path, nobody, nobody) }); err != nil {
		t.Fatal(err)
	}
}

// run runs RUNs as BuildKit does: each in a new shell, whose directory is made when it
// is missing, until one fails.
func (b *sandbox) run(t testing.TB, argv []string, scripts []string) (ok bool, tree string) {
	t.Helper()
	b.fresh(t)
	for _, s := range scripts {
		if err := b.enter(); err != nil {
			return false, ""
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		cmd := exec.CommandContext(ctx, argv[0], append(argv[1:len(argv):len(argv)], s)...)
		cmd.Dir = b.work
		cmd.Env = []string{"HOME=" + b.root + "/home", "R=" + b.root, "SET=env", "LC_ALL=C",
			"PATH=" + b.root + "/bin:" + b.root + "/bin2:/usr/local/bin:/usr/bin:/bin"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		err := cmd.Run()
		if ctx.Err() != nil {
			t.Fatalf("takes too long: %s", s)
		}
		cancel()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return false, ""
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return true, b.tree(t)
}

// enter makes the working directory when it is missing.
func (b *sandbox) enter() error {
	if _, err := os.Stat(b.work); err == nil || !os.IsNotExist(err) {
		return err
	}
	if err := os.Mkdir(b.work, 0o755); err != nil {
		return err
	}
	return os.Chown(b.work, nobody, nobody)
}

// tree writes down all files.
func (b *sandbox) tree(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(b.top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data := ""
		switch {
		case info.Mode().IsRegular():
			dt, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			data = string(dt)
		case info.Mode()&fs.ModeSymlink != 0:
			if data, err = os.Readlink(path); err != nil {
				return err
			}
		}
		fmt.Fprintf(&out, "%s %s %q\n", strings.TrimPrefix(path, b.top), info.Mode(), data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// dockerfile writes RUNs down. A script may have here documents behind its line.
func (b *sandbox) dockerfile(s shell, scripts []string) string {
	var out strings.Builder
	out.WriteString("FROM debian\n")
	if s.says != "" {
		out.WriteString("SHELL " + s.says + "\n")
	}
	fmt.Fprintf(&out, "WORKDIR %s\n", b.work)
	for _, r := range scripts {
		out.WriteString("RUN " + r + "\n")
	}
	return out.String()
}

// merged gives the scripts that the plugin makes of a Dockerfile, and its diagnostics.
func merged(t testing.TB, text string) (scripts, why []string) {
	t.Helper()
	step := plugins.Step{Plugin: New(), Config: []byte(`{"explain": true, "max-length": 60000}`)}
	out := plugintest.Run(t, step, text, plugintest.Host{})
	for _, op := range out.Module.Stages[0].Ops {
		if r, ok := op.Body.(*ir.Run); ok {
			scripts = append(scripts, shellText(r))
		}
	}
	for _, d := range out.Diags {
		why = append(why, d.Code+": "+d.Message)
	}
	return scripts, why
}

// compare runs scripts apart and merged, and tells how many RUNs were saved, and whether
// they succeed.
func (b *sandbox) compare(t testing.TB, s shell, scripts []string) (saved int, success bool) {
	t.Helper()
	text := b.dockerfile(s, scripts)
	after, _ := merged(t, text)
	if len(after) == len(scripts) {
		return 0, false
	}
	ok, tree := b.run(t, s.argv, scripts)
	ok2, tree2 := b.run(t, s.argv, after)
	if ok != ok2 || tree != tree2 {
		t.Fatalf("%s: apart (success: %v):\n%s\nmerged (success: %v):\n%s\nfiles apart:\n%s\nfiles merged:\n%s",
			s.name, ok, strings.Join(scripts, "\n"), ok2, strings.Join(after, "\n"), tree, tree2)
	}
	return len(scripts) - len(after), ok
}
