package effects_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
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

// truth runs scripts in a real Debian, each on a layer of its own, and compares what happened with
// what was predicted.
type truth struct {
	base   *testbed.Container
	lowers []string            // file systems below a step's own, the first on top
	links  map[string][]string // symbolic links of the base, by where they lead
	traced bool

	ran, failed, silent, commands int
	grades, reads, each           [3]int // of scripts, of what they read, and of commands
	outside, unread, unsaid       int    // paths changed, paths read, and connections that were not predicted
}

// TestTruth holds that no script changes a file, reads one or asks another machine where that was
// not predicted, unless it was said that nobody knows: scripts that a generator makes, packages that
// are installed, and scripts of the corpus that need no network. It runs with STRAKE_LONG=1, as root.
func TestTruth(t *testing.T) {
	if os.Getenv("STRAKE_LONG") == "" {
		t.Skip("it takes minutes: set STRAKE_LONG=1, as make effects-truth does")
	}
	var tables []string
	run := func(name string, image testbed.Base, scripts []script) {
		t.Run(name, func(t *testing.T) {
			base := testbed.Unpack(t, testbed.Image(t, image))
			tr := &truth{base: base, lowers: []string{base.Rootfs}, links: linksOf(base.Rootfs)}
			if tools := tracer(t, base); tools != "" {
				tr.lowers, tr.traced = []string{tools, base.Rootfs}, true
			}
			for _, s := range scripts {
				tr.check(t, s)
			}
			tables = append(tables, tr.table(name))
			t.Log(tr.table(name))
		})
	}
	run("made", testbed.Debian, made(300))
	run("system", testbed.Debian, systemScripts())
	run("corpus", testbed.Debian, corpusScripts(t, 300))
	run("npm", testbed.Node, nodeScripts())
	run("go", testbed.Golang, goScripts())
	t.Log(strings.Join(tables, "\n"))
}

// table says how well it was known what scripts do.
func (tr *truth) table(name string) string {
	share := func(g [3]int) string {
		sum := max(float64(g[0]+g[1]+g[2])/100, 0.01)
		return fmt.Sprintf("precise %.1f %%, over %.1f %%, unknown %.1f %%", float64(g[0])/sum, float64(g[1])/sum, float64(g[2])/sum)
	}
	out := fmt.Sprintf("%s: %d scripts (%d failed, %d changed nothing), %d commands; scripts write %s; commands write %s; %d changes outside",
		name, tr.ran, tr.failed, tr.silent, tr.commands, share(tr.grades), share(tr.each), tr.outside)
	if tr.traced {
		out += fmt.Sprintf("; scripts read %s; %d reads outside, %d connections not said", share(tr.reads), tr.unread, tr.unsaid)
	}
	return out
}

// script is one and where it starts.
type script struct{ dir, text string }

// layer is an overlay over other file systems.
type layer struct{ upper, merged string }

// newLayer mounts one. The test is skipped where that cannot be done.
func newLayer(t *testing.T, lowers ...string) layer {
	t.Helper()
	dir := t.TempDir()
	l := layer{filepath.Join(dir, "upper"), filepath.Join(dir, "merged")}
	for _, p := range []string{l.upper, l.merged, filepath.Join(dir, "work")} {
		if err := os.Mkdir(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mount("overlay", l.merged, "overlay", 0, "lowerdir="+strings.Join(lowers, ":")+",upperdir="+l.upper+",workdir="+filepath.Join(dir, "work")); err != nil {
		t.Skipf("no overlay here: %v", err)
	}
	return l
}

func (l layer) close(t *testing.T) {
	t.Helper()
	if err := syscall.Unmount(l.merged, 0); err != nil {
		t.Fatal(err)
	}
}

// check runs a script on a layer over the base.
func (tr *truth) check(t *testing.T, s script) {
	t.Helper()
	start := t.TempDir()
	for _, d := range []string{s.dir, traces} {
		if err := os.MkdirAll(filepath.Join(start, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	lowers := append([]string{start}, tr.lowers...)
	l := newLayer(t, lowers...)
	defer l.close(t)
	c := *tr.base
	c.Rootfs = l.merged
	c.Env = []string{"HOME=/root", "DEBIAN_FRONTEND=noninteractive"}
	args := []string{"timeout", "300", "/bin/sh", "-c", s.text}
	if tr.traced {
		args = traced(args...)
	}
	c.Args = append([]string{"/bin/sh", "-c", `cd "$0" && exec "$@"`, s.dir}, args...)
	result := c.Run(t)
	step := effects.Of(&ir.Run{Command: ir.Command{Line: s.text}}, effects.State{Dir: s.dir, Home: "/root"})
	e := step.Effects
	tr.ran++
	tr.grades[e.Grade()]++
	tr.count(step)
	if result.Code != 0 {
		tr.failed++
	}
	list := changed(t, l.upper, lowers)
	if len(list) == 0 {
		tr.silent++
	}
	own := linksOf(l.upper)
	report := func(what string) {
		t.Errorf("%s, and not predicted\n\tin %s: %s\n\t%s\n\t%s", what, s.dir, s.text, e, lastLine(result.Stderr))
	}
	for _, name := range list {
		if !tr.leads(name, own, e.Touches) {
			tr.outside++
			report(name + " is changed")
		}
	}
	h := saw(t, l.upper)
	if tr.ran%30 == 1 { // to be read by eye
		reads := slices.DeleteFunc(slices.Sorted(maps.Keys(h.reads)), func(name string) bool { return !h.reads[name] || !counts(l.merged, name) })
		t.Logf("in %s: %s\n\tpredicted: %s\n\tchanged: %s\n\tread: %s", s.dir, s.text, e, shortened(list), shortened(reads))
	}
	for name, read := range h.reads {
		if read && counts(l.merged, name) && !tr.leads(name, own, e.Reads.Covers) {
			tr.unread++
			report(name + " is read")
		}
	}
	if h.connects != "" && len(e.Network) == 0 && len(e.Unknown) == 0 {
		tr.unsaid++
		report("there is a connection: " + h.connects)
	}
}

// shortened are the first of a list of paths.
func shortened(list []string) string {
	if n := len(list); n > 12 {
		return strings.Join(list[:12], " ") + fmt.Sprintf(" and %d more", n-12)
	}
	return strings.Join(list, " ")
}

// count counts what is said of commands, and of what a step reads.
func (tr *truth) count(step effects.Step) {
	if len(step.Commands) > 0 {
		tr.reads[step.Effects.Reads.Grade]++
	}
	for _, c := range step.Commands {
		if c.Name != "" {
			tr.commands++
			tr.each[c.Effects.Grade()]++
		}
	}
}

// leads tells whether a path is one that is covered, by its own name or one by which a link leads
// to it.
func (tr *truth) leads(name string, own map[string][]string, covers func(name string) bool) bool {
	seen := map[string]bool{}
	var try func(name string) bool
	try = func(name string) bool {
		if seen[name] || len(seen) > 1000 {
			return false
		}
		seen[name] = true
		if covers(name) {
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

// mountPoint tells what a runtime puts into a root file system.
func mountPoint(name string) bool {
	return slices.Contains([]string{"/", "/proc", "/sys", "/dev", "/dev/shm", "/etc/resolv.conf", "/etc/hosts"}, name)
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
		if name == "" || mountPoint(name) || name == traces || strings.HasPrefix(name, traces+"/") {
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
