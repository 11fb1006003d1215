package effects_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
)

// truth runs scripts in a real Debian, each on a layer of its own, and compares the files of the
// layer with what was predicted.
type truth struct {
	base  *testbed.Container
	links map[string][]string // symbolic links of the base, by where they lead

	ran, failed, silent int
	grades              [3]int
}

// TestTruth holds that no script changes a file that was not predicted, unless it was said that
// nobody knows: scripts that a generator makes, packages that are installed, and scripts of the
// corpus that need no network. It runs with STRAKE_LONG=1, as root.
func TestTruth(t *testing.T) {
	if os.Getenv("STRAKE_LONG") == "" {
		t.Skip("it takes minutes: set STRAKE_LONG=1, as make effects-truth does")
	}
	base := testbed.Unpack(t, testbed.Image(t, testbed.Debian))
	run := func(name string, scripts []script) {
		t.Run(name, func(t *testing.T) {
			tr := &truth{base: base, links: linksOf(base.Rootfs)}
			for _, s := range scripts {
				tr.check(t, s)
			}
			sum := float64(tr.grades[0]+tr.grades[1]+tr.grades[2]) / 100
			t.Logf("%d scripts, of which %d failed and %d changed nothing; precise %.1f %%, over-approximated %.1f %%, unknown %.1f %%",
				tr.ran, tr.failed, tr.silent, float64(tr.grades[0])/sum, float64(tr.grades[1])/sum, float64(tr.grades[2])/sum)
		})
	}
	run("made", made(300))
	run("system", systemScripts())
	run("corpus", corpusScripts(t, 600))
}

// script is one and where it starts.
type script struct{ dir, text string }

// check runs a script on a layer over the base.
func (tr *truth) check(t *testing.T, s script) {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(p, 0o755); err != nil {
			t.Fatal(err)
		}
		return p
	}
	start, upper, work, merged := at("start"), at("upper"), at("work"), at("merged")
	if err := os.MkdirAll(filepath.Join(start, s.dir), 0o755); err != nil {
		t.Fatal(err)
	}
	lower := start + ":" + tr.base.Rootfs
	if err := syscall.Mount("overlay", merged, "overlay", 0, "lowerdir="+lower+",upperdir="+upper+",workdir="+work); err != nil {
		t.Skipf("no overlay here: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(merged, 0); err != nil {
			t.Fatal(err)
		}
	}()
	c := *tr.base
	c.Rootfs = merged
	c.Env = []string{"HOME=/root", "DEBIAN_FRONTEND=noninteractive"}
	c.Args = []string{"/bin/sh", "-c", `cd "$0" && exec timeout 300 /bin/sh -c "$1"`, s.dir, s.text}
	result := c.Run(t)
	e := effects.Of(&ir.Run{Command: ir.Command{Line: s.text}}, effects.State{Dir: s.dir, Home: "/root"}).Effects
	tr.ran++
	tr.grades[e.Grade()]++
	if result.Code != 0 {
		tr.failed++
	}
	list := changed(t, upper, []string{start, tr.base.Rootfs})
	if len(list) == 0 {
		tr.silent++
	}
	own := linksOf(upper)
	for _, name := range list {
		if !tr.predicted(e, name, own) {
			t.Errorf("%s is changed, and not predicted\n\tin %s: %s\n\t%s\n\t%s", name, s.dir, s.text, e, lastLine(result.Stderr))
		}
	}
}

// predicted tells whether a path may change, by its own name or one by which a link leads to it.
func (tr *truth) predicted(e effects.Effects, name string, own map[string][]string) bool {
	seen := map[string]bool{}
	var try func(name string) bool
	try = func(name string) bool {
		if seen[name] || len(seen) > 1000 {
			return false
		}
		seen[name] = true
		if e.Touches(name) {
			return true
		}
		for dir, rest := name, ""; ; dir, rest = path.Dir(dir), "/"+path.Base(dir)+rest {
			for _, links := range []map[string][]string{tr.links, own} {
				if slices.ContainsFunc(links[dir], func(l string) bool { return try(path.Clean(l + rest)) }) {
					return true
				}
			}
			if dir == "/" {
				return false
			}
		}
	}
	return try(name)
}

// linksOf finds the symbolic links below a root, by the path that each names.
func linksOf(root string) map[string][]string {
	out := map[string][]string{}
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink == 0 {
			return nil
		}
		to, err := os.Readlink(p)
		if err != nil {
			return nil
		}
		name := strings.TrimPrefix(p, root)
		if !path.IsAbs(to) {
			to = path.Join(path.Dir(name), to)
		}
		out[path.Clean(to)] = append(out[path.Clean(to)], name)
		return nil
	})
	return out
}

// changed lists what a layer has over those below it. Whiteouts are files that are gone, and a
// directory is only named when it is new, or another's, or has another mode.
func changed(t *testing.T, upper string, lowers []string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(upper, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(p, upper)
		if slices.Contains([]string{"", "/proc", "/dev", "/dev/shm", "/etc/resolv.conf"}, name) { // where runc mounts
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var below fs.FileInfo
		was := ""
		for _, l := range lowers {
			if below, err = os.Lstat(l + name); err == nil {
				was = l + name
				break
			}
		}
		if below == nil || !same(p, was, info, below) {
			list = append(list, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// same tells whether a file was taken up into a layer and not changed.
func same(a, b string, x, y fs.FileInfo) bool {
	u, v := x.Sys().(*syscall.Stat_t), y.Sys().(*syscall.Stat_t)
	if x.Mode() != y.Mode() || u.Uid != v.Uid || u.Gid != v.Gid {
		return false
	}
	if x.IsDir() {
		return true
	}
	if x.Size() != y.Size() || !x.ModTime().Equal(y.ModTime()) {
		return false
	}
	if !x.Mode().IsRegular() {
		return x.Mode()&fs.ModeCharDevice == 0
	}
	p, err1 := os.ReadFile(a)
	q, err2 := os.ReadFile(b)
	return err1 == nil && err2 == nil && bytes.Equal(p, q)
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return fmt.Sprint(lines[len(lines)-1])
}

// corpusScripts are scripts of the corpus of which something is known and that need no network,
// each once.
func corpusScripts(t *testing.T, most int) (list []script) {
	seen := map[script]bool{}
	for _, m := range corpus(t) {
		all := states(m, true)
		for i, s := range m.Stages {
			at := all.Stage(i)
			for j, step := range effects.Stage(m, i, at, true) {
				run, ok := s.Ops[j].Body.(*ir.Run)
				if !ok || run.Command.Exec || len(run.Heredocs) > 0 || at[j].Workdir == "" || len(step.Effects.Network) > 0 || len(step.Effects.Unknown) > 0 || step.Effects.Grade() == effects.Unknown {
					continue
				}
				one := script{at[j].Workdir, run.Command.Line}
				if len(at[j].Shell) != 2 || seen[one] || strings.Contains(one.text, "sleep") || len(step.Effects.Services) > 0 {
					continue
				}
				seen[one] = true
				list = append(list, one)
			}
		}
	}
	step := max(len(list)/most, 1)
	var some []script
	for i := 0; i < len(list) && len(some) < most; i += step {
		some = append(some, list[i])
	}
	return some
}
