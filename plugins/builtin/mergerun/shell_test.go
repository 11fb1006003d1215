//go:build linux

package mergerun

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// realShell is one of this machine, and what SHELL says of it.
type realShell struct {
	name string
	says string   // the argument of SHELL; "" leaves it to the base image
	argv []string // the real thing
}

func shells(t testing.TB) []realShell {
	t.Helper()
	var list []realShell
	for _, s := range []realShell{
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

// sandbox is a directory in which RUNs are run, each on a layer of its own. The layers are
// those of overlayfs, as BuildKit mounts them: a name that is written to is copied up.
type sandbox struct{ top, base, layers, root, work string }

func newSandbox(t testing.TB) *sandbox {
	if os.Getuid() != 0 {
		t.Skip("only root can mount layers, and run the scripts as nobody, who can harm nothing")
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // which was the user's alone
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0755"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	b := &sandbox{top: filepath.Join(dir, "top"), base: filepath.Join(dir, "base"), layers: filepath.Join(dir, "layers")}
	b.root = filepath.Join(b.top, "r")
	b.work = filepath.Join(b.root, "w")
	b.fill(t)
	if err := b.mount(0); err != nil {
		t.Skipf("overlayfs is not to be had here: %v", err)
	}
	b.unmount()
	return b
}

// programs of the base. The tables know none of them. They are written before any process
// is started: one that is forked while a file is open for writing would keep it from
// being run.
var tools = map[string]string{
	"tool":    "echo old >>out",
	"starter": "(sleep 0.02; echo up >>$R/state) &",
	"linker":  "ln out linked",
	"writer":  "echo written >>b",
	"renamer": "mv -T d d2 || true; [ ! -d d2 ] || echo renamed >>out",
}

// fill makes the base: a working directory, an archive of a file with two names, and
// programs in the later of two places.
func (b *sandbox) fill(t testing.TB) {
	t.Helper()
	root := filepath.Join(b.base, "r")
	for _, dir := range []string{"bin", "bin2", "home", "w", "a"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string]string{"pipe": "", "a/one": "1\n"}
	for name, script := range tools {
		files["bin2/"+name] = "#!/bin/sh\n" + script + "\n"
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(root, "a/one"), filepath.Join(root, "a/two")); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("tar", "-cf", filepath.Join(root, "links.tar"), "-C", filepath.Join(root, "a"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := filepath.WalkDir(b.base, func(path string, _ fs.DirEntry, _ error) error { return os.Lchown(path, nobody, nobody) }); err != nil {
		t.Fatal(err)
	}
}

// mount puts a new layer on the base and the layers so far.
func (b *sandbox) mount(number int) error {
	lower := b.base
	for i := range number {
		lower = filepath.Join(b.layers, fmt.Sprint(i), "up") + ":" + lower
	}
	dir := filepath.Join(b.layers, fmt.Sprint(number))
	up, work := filepath.Join(dir, "up"), filepath.Join(dir, "work")
	for _, d := range []string{up, work, b.top} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	if err := os.Chown(up, nobody, nobody); err != nil {
		return err
	}
	return syscall.Mount("overlay", b.top, "overlay", 0, "index=off,lowerdir="+lower+",upperdir="+up+",workdir="+work)
}

func (b *sandbox) unmount() { syscall.Unmount(b.top, syscall.MNT_DETACH) }

// outcome is what RUNs come to.
type outcome struct {
	ok   bool
	tree string // of files, when they succeed
	slow bool   // one takes too long
	left []bool // for each RUN: a process outlived its shell
}

// run runs RUNs as BuildKit does: each in a new shell on a layer of its own, whose
// directory is made when it is missing, until one fails. What a shell leaves running
// ends with it.
func (b *sandbox) run(t testing.TB, argv []string, scripts []string) (out outcome) {
	t.Helper()
	if err := os.RemoveAll(b.layers); err != nil {
		t.Fatal(err)
	}
	for i, s := range scripts {
		if err := b.mount(i); err != nil {
			t.Fatal(err)
		}
		ok, left, slow := b.step(t, argv, s)
		out.slow = out.slow || slow
		out.left = append(out.left, left)
		if out.ok = ok; ok && i == len(scripts)-1 {
			out.tree = b.tree(t)
		}
		b.unmount()
		if !ok {
			break
		}
	}
	return out
}

// limits are those of a script: a file that grows for ever, as by `tee -a b <out` where both are
// one file, and a program that turns for ever end by themselves, should nobody be there to end them.
const limits = `ulimit -f 2048 && ulimit -t 20 && exec "$0" "$@"`

// step runs one RUN, and ends all that it leaves.
func (b *sandbox) step(t testing.TB, argv []string, script string) (ok, left, slow bool) {
	t.Helper()
	if err := b.enter(); err != nil {
		return false, false, false
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", slices.Concat([]string{"-c", limits}, argv, []string{script})...)
	cmd.Dir = b.work
	cmd.Env = []string{"HOME=" + b.root + "/home", "R=" + b.root, "SET=env", "LC_ALL=C",
		"PATH=" + b.root + "/bin:" + b.root + "/bin2:/usr/local/bin:/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	if cmd.Process != nil {
		left = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) == nil
	}
	if exit := (*exec.ExitError)(nil); err != nil && ctx.Err() == nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return err == nil, left, ctx.Err() != nil
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

// tree writes down all files, and which names are those of one.
func (b *sandbox) tree(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	names := map[uint64]string{}
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
			inode := info.Sys().(*syscall.Stat_t).Ino
			if first, linked := names[inode]; linked {
				data += " is " + first
			} else {
				names[inode] = strings.TrimPrefix(path, b.top)
			}
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
func (b *sandbox) dockerfile(s realShell, scripts []string) string {
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

// textOf is what a shell gets.
func textOf(r *ir.Run) string {
	text := r.Command.Line
	for _, d := range r.Heredocs {
		text += "\n" + d.Data + d.Name
	}
	return text
}

// merged gives the scripts that the plugin makes of a Dockerfile, and of how many each.
func merged(t testing.TB, text, unknown string) (scripts []string, groups []int) {
	t.Helper()
	step := plugins.Step{Plugin: New(), Config: fmt.Appendf(nil, `{"explain": true, "max-length": 60000, "unknown": %s}`, unknown)}
	out := plugintest.Run(t, step, text, plugintest.Host{})
	for _, op := range out.Module.Stages[0].Ops {
		if r, ok := op.Body.(*ir.Run); ok {
			scripts, groups = append(scripts, textOf(r)), append(groups, max(1, len(op.Origin.From)))
		}
	}
	return scripts, groups
}

// compare runs scripts apart and merged, and tells how many RUNs were saved, and whether
// they succeed. Unknown is the option of that name.
func (b *sandbox) compare(t testing.TB, s realShell, scripts []string, unknown string) (saved int, success bool) {
	t.Helper()
	after, groups := merged(t, b.dockerfile(s, scripts), unknown)
	if len(after) == len(scripts) {
		return 0, false
	}
	apart, together := b.run(t, s.argv, scripts), b.run(t, s.argv, after)
	if apart.slow || together.slow {
		return 0, false
	}
	i := early(apart.left, groups)
	if i < 0 && (apart.same(together) || b.chance(t, s, scripts, after, apart, together)) {
		return len(scripts) - len(after), apart.ok
	}
	t.Errorf("%s: apart (success: %v, left running: %v):\n%s\nmerged (success: %v):\n%s\nfiles:\n%s",
		s.name, apart.ok, apart.left, strings.Join(scripts, "\n"), together.ok, strings.Join(after, "\n"), testbed.Difference(apart.tree, together.tree))
	return len(scripts) - len(after), apart.ok
}

func (o outcome) same(p outcome) bool { return o.ok == p.ok && o.tree == p.tree }

// chance tells whether chance is what makes two outcomes differ, such as a time that is
// written down or who comes first: both ways come to the same at some time.
func (b *sandbox) chance(t testing.TB, s realShell, scripts, after []string, apart, together outcome) bool {
	all, merged := []outcome{apart}, []outcome{together}
	for range 6 {
		all, merged = append(all, b.run(t, s.argv, scripts)), append(merged, b.run(t, s.argv, after))
		if slices.ContainsFunc(all, func(o outcome) bool { return slices.ContainsFunc(merged, o.same) }) {
			return true
		}
	}
	return false
}

// early finds a RUN that leaves a process although others were merged onto it; it is -1
// when there is none. Groups are how many became one each.
func early(left []bool, groups []int) int {
	at := 0
	for _, n := range groups {
		for i := at; i < min(at+n-1, len(left)); i++ {
			if left[i] && i+1 < len(left) { // the next one was reached
				return i
			}
		}
		at += n
	}
	return -1
}

// TestLimits holds that a script which never ends, or fills the disk, does neither.
func TestLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for limits")
	}
	b := newSandbox(t)
	for _, script := range []string{
		"echo x >out && ln out b && tee -a b <out >/dev/null",
		"yes >out",
		"(yes >out) & sleep 60",
	} {
		start := time.Now()
		if b.run(t, []string{"sh", "-c"}, []string{script}).ok {
			t.Errorf("%s: it succeeds", script)
		}
		if took := time.Since(start); took > 50*time.Second {
			t.Errorf("%s: it takes %v", script, took)
		}
		err := filepath.WalkDir(b.layers, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if info, err := d.Info(); err == nil && info.Size() > 4<<20 {
				t.Errorf("%s: a file of %d bytes", script, info.Size())
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
