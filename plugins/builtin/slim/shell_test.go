//go:build linux

package slim_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
)

// generator writes shell scripts at random that fetch package lists, by a program of the test.
type generator struct {
	*rand.Rand
	depth int
	docs  []string
}

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) script() string {
	g.depth, g.docs = 0, nil
	text := g.pick("", "", "set -e; ", "set -ex; ", "set -e && ", "set -eu -o pipefail; ", "set +e; ", "set -u; ") + g.list() + g.pick("", "", "", ";", " ;", " # why && not", " ; # x")
	for _, d := range g.docs {
		text += "\n" + d
	}
	return text
}

func (g *generator) list() string {
	text := g.andOr()
	for range g.IntN(3) {
		text += g.pick("; ", "; ", " ;") + g.andOr()
	}
	return text
}

func (g *generator) andOr() string {
	text := g.pipeline()
	for range g.IntN(3) {
		text += g.pick(" && ", " && ", " || ") + g.pipeline()
	}
	return text
}

func (g *generator) pipeline() string {
	switch text := g.command(); g.IntN(12) {
	case 0:
		return "! " + text
	case 1:
		return text + " | cat >>log"
	case 2:
		return text + " >>out 2>&1"
	default:
		return text
	}
}

func (g *generator) command() string {
	if g.depth < 2 && g.IntN(5) == 0 {
		g.depth++
		defer func() { g.depth-- }()
		return g.compound()
	}
	if len(g.docs) == 0 && g.IntN(12) == 0 {
		g.docs = append(g.docs, "hello $X\nEOF")
		return g.pick("cat <<EOF >>out", "cat <<'EOF' >out", "cat <<EOF")
	}
	if g.IntN(12) > 0 {
		return g.pick("apt-get update", "apt-get update", "apt-get update", "apt-get install -y ok", "apt-get install -y bad", "true", "false", "echo $? >>out", "mkdir -p d && cd d", "cd d", "X=1", "X=$(false)", "X=$(true; echo y)",
			"test -e out", "[ -n \"$X\" ]", "rm -f out", "rm -rf d e", "rm -rf d", "rm -r nothing", "rm -rf d || true", "exit 3", "(apt-get update)", "umask 077", "command apt-get update", "env A=1 apt-get update", "echo >&2 x", "echo $(apt-get update)",
			"export PATH=/none:$PATH", "sh -c 'apt-get update'", "sh -ec 'apt-get update; false'", "if false; then true; fi", "export A=b", "echo '#' \\; >>out", "echo \"a;b\" >>out", "case x in x) false;; esac", "false || exit 4")
	}
	return g.pick("exit 0", "exec true", "PATH=/none", "set +e", "set -e", "set -f", "trap 'echo end >>out' EXIT", "f", "readonly Y=1", "alias rm=true", "eval false", "local x", "apt-get update & wait", ": ${X:?}", "shift", "return 0", "break",
		"unset PATH", "IFS=/", "[[ a == b ]]", "shopt -s failglob", "rm() { false; }", "set -C", "true #", "set -- a", "exec >>log", "exec 5>>log", "exit", "exit 256", "trap 'rm -rf d' 0", ". /dev/null", "hash -r", "coproc true", "wait", "ulimit -n 64", "$X", "\"$X\"", "kill $$")
}

func (g *generator) compound() string {
	switch g.IntN(7) {
	case 0:
		return "( " + g.list() + " )"
	case 1:
		return "{ " + g.list() + "; }"
	case 2:
		return "if " + g.andOr() + "; then " + g.list() + "; else " + g.list() + "; fi"
	case 3:
		return "for X in 1 2; do " + g.list() + "; done"
	case 4:
		return "case $X in 1) " + g.list() + ";; *) " + g.list() + ";; esac"
	case 5:
		return "while [ ! -e ~/stop ]; do >~/stop; " + g.list() + "; done"
	}
	name := "f" + strconv.Itoa(g.depth)
	return name + "() { " + g.list() + "; }; " + name
}

// apt is a program like apt-get: it fails for what is bad, and keeps lists.
const apt = "#!/bin/sh\ncase \"$1 $3\" in\n*bad) exit 7;;\nupdate*) echo list >>%[1]s/lists/a; mkdir -p %[1]s/lists/b; echo list >>%[1]s/lists/b/c;;\nesac\necho \"$@\" >>%[1]s/asked\n"

// outcome is what a script comes to.
type outcome struct {
	code     int
	out      string
	tree     string // of all files but lists
	lists    int
	timedOut bool
}

// execute runs a script in a directory of its own, in which apt keeps its lists.
func execute(t *testing.T, argv []string, script string) (o outcome) {
	t.Helper()
	root := filepath.Join(os.TempDir(), fmt.Sprintf("strake-slim-%d", os.Getpid()))
	defer os.RemoveAll(root)
	for _, dir := range []string{"lists", "bin", "w"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"bin/apt-get": fmt.Sprintf(apt, root), "lists/old": "", "w/out": "", "w/kept": ""} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], append(argv[1:len(argv):len(argv)], strings.ReplaceAll(script, "/var/lib/apt", root))...)
	cmd.Dir = filepath.Join(root, "w")
	cmd.Env = []string{"HOME=" + root, "LC_ALL=C", "PATH=" + root + "/bin:/usr/bin:/bin"}
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		o.code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	o.out, o.timedOut = string(out), ctx.Err() != nil
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if rel, _ := filepath.Rel(root, p); strings.HasPrefix(rel, "lists/") {
			o.lists++
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		o.tree += fmt.Sprintf("%s %v", p, info.Mode())
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			o.tree += " " + string(data)
		}
		o.tree += "\n"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// seed is another one with STRAKE_SEED.
func seed() uint64 {
	n, err := strconv.ParseUint(os.Getenv("STRAKE_SEED"), 10, 64)
	if err != nil {
		return 5
	}
	return n
}

// TestShells runs random scripts in real shells as they are and as the plugin has them: they end with
// the same status, print the same, and leave the same files, but for the lists where they succeed.
func TestShells(t *testing.T) {
	each := 100 // 10,000 with STRAKE_LONG=1
	if os.Getenv("STRAKE_LONG") != "" {
		each = 10000
	}
	for i, s := range []struct {
		name, says, base string
		argv             []string
	}{
		{"dash", `["/bin/sh", "-c"]`, root, []string{"dash", "-c"}},
		{"dash -e", `["/bin/sh", "-ec"]`, root, []string{"dash", "-ec"}},
		{"bash", `["/bin/bash", "-c"]`, root, []string{"bash", "-c"}},
		{"bash -euo pipefail", `["/bin/bash", "-euo", "pipefail", "-c"]`, root, []string{"bash", "-euo", "pipefail", "-c"}},
		{"busybox", `["/bin/sh", "-c"]`, root, []string{"busybox", "sh", "-c"}},
		{"bash as sh", `["/bin/sh", "-c"]`, root, []string{"bash", "--posix", "-c"}},
		{"base image's", "", "", []string{"bash", "-eo", "pipefail", "-c"}},
	} {
		t.Run(s.name, func(t *testing.T) {
			if _, err := exec.LookPath(s.argv[0]); err != nil {
				t.Skip(err)
			}
			g := &generator{Rand: rand.New(rand.NewPCG(uint64(i), seed()))}
			changed, succeeded := 0, 0
			for range each {
				text := "FROM example.com/x\n"
				if s.says != "" {
					text += "SHELL " + s.says + "\n"
				}
				m, ok := irtest.Build("Dockerfile", text+"RUN "+g.script()+"\n")
				if !ok {
					continue
				}
				out := run(t, m, "", `{"drop": ["lists"]}`, s.base)
				if out.Module == m {
					continue
				}
				changed++
				n := len(m.Stages[0].Ops) - 1
				before, after := script(m.Stages[0].Ops[n]), script(out.Module.Stages[0].Ops[n])
				a, b := execute(t, s.argv, before), execute(t, s.argv, after)
				for try := 0; (a.out != b.out || a.tree != b.tree) && try < 3; try++ { // what runs at once prints in any order
					a, b = execute(t, s.argv, before), execute(t, s.argv, after)
				}
				if a.timedOut || b.timedOut {
					t.Errorf("takes too long:\n%s", before)
				}
				if a.code == 0 {
					succeeded++
				}
				if a.code == 0 && b.lists > 0 {
					t.Errorf("lists stay: %s", after)
				}
				if a.code != b.code || a.out != b.out || a.tree != b.tree || a.code != 0 && a.lists != b.lists {
					t.Errorf("%s\nends with %d, %d lists, prints %q and leaves\n%s\n%s\nends with %d, %d lists, prints %q and leaves\n%s", before, a.code, a.lists, a.out, a.tree, after, b.code, b.lists, b.out, b.tree)
				}
			}
			t.Logf("%d scripts: %d are changed, of which %d succeed", each, changed, succeeded)
			if changed < each/20 || succeeded < changed/5 {
				t.Error("the test shows little")
			}
		})
	}
}

// script is what a shell reads of a RUN.
func script(op *ir.Op) string {
	run := op.Body.(*ir.Run)
	text := run.Command.Line
	for _, d := range run.Heredocs {
		text += "\n" + d.Data + d.Name
	}
	return text
}
