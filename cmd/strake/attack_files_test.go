//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

const attackMemory = 300 << 10 // KiB at most, of a command that refuses

// attacked runs strake in a directory, and gives what it printed. A command that is not
// over in time, or takes memory without end, fails the test.
func attacked(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), soon)
	defer stop()
	cmd := exec.CommandContext(ctx, "strake", args...)
	cmd.Dir, cmd.Env = dir, attackEnv(t)
	forgetPeak()
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Errorf("strake %s does not end\n%s", strings.Join(args, " "), out)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if ok && usage.Maxrss > attackMemory {
		t.Errorf("strake %s takes %d KiB", strings.Join(args, " "), usage.Maxrss)
	}
	return string(out), err
}

func attackEnv(t *testing.T) []string {
	home := t.TempDir()
	return append(os.Environ(), "TMPDIR="+home, "HOME="+home, "STRAKE_HOME="+filepath.Join(home, "strake"),
		"XDG_CONFIG_HOME="+filepath.Join(home, "config"), "XDG_CACHE_HOME="+filepath.Join(home, "cache"))
}

// place writes files into a directory. A text "pipe" is one, and "-> TO" a link.
func place(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(name), 0o700)
		switch to, link := strings.CutPrefix(text, "-> "); {
		case err != nil:
		case link:
			err = os.Symlink(to, name)
		case text == "pipe":
			err = syscall.Mkfifo(name, 0o600)
		default:
			err = os.WriteFile(name, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

const (
	scratchFile  = "FROM scratch\nCOPY . /\n"
	includeFile  = "FROM scratch\nINCLUDE part\n"
	usesInclude  = "version: 1\nplugins:\n  - use: include\n"
	usesProgram  = "version: 1\nplugins:\n  - use: ./program\n"
	layoutOption = "--build-context=x=oci-layout://layout"
)

// TestAttackFilesByName has a pipe, which waits, and a device, which has no end, wherever
// a command reads a file by its name. All are refused by name.
func TestAttackFilesByName(t *testing.T) {
	for _, c := range []struct {
		name  string // of the file that is none
		files map[string]string
		args  []string
	}{
		{"Dockerfile", nil, []string{"check", "."}},
		{"Dockerfile", nil, []string{"fix", "."}},
		{"Dockerfile", nil, []string{"build", "."}},
		{"dockerfile", nil, []string{"context", "."}},
		{".dockerignore", map[string]string{"Dockerfile": scratchFile}, []string{"context", "."}},
		{".dockerignore", map[string]string{"Dockerfile": scratchFile}, []string{"check", "."}},
		{"Dockerfile.dockerignore", map[string]string{"Dockerfile": scratchFile}, []string{"context", "."}},
		{"f.dockerignore", map[string]string{"f": scratchFile}, []string{"context", "-f", "f", "."}},
		{"part", map[string]string{"Dockerfile": includeFile, "strake.yaml": usesInclude}, []string{"check", "."}},
		{"strake.yaml", map[string]string{"Dockerfile": scratchFile}, []string{"check", "."}},
		{"strake.yaml", map[string]string{"Dockerfile": scratchFile, ".git/HEAD": ""}, []string{"plugin", "lock", "--config", "strake.yaml"}},
		{"strake.lock", map[string]string{"Dockerfile": scratchFile, "strake.yaml": usesProgram, "program": ""}, []string{"check", "."}},
		{"program", map[string]string{"Dockerfile": scratchFile, "strake.yaml": usesProgram}, []string{"plugin", "lock", "--config", "strake.yaml"}},
		{"layout/index.json", map[string]string{"Dockerfile": "FROM x\n"}, []string{"compile", layoutOption, "."}},
		{"layout/index.json.lock", map[string]string{"Dockerfile": "FROM x\n", "layout/index.json": "{}"}, []string{"compile", layoutOption, "."}},
	} {
		for kind, text := range map[string]string{"pipe": "pipe", "device": "-> /dev/zero", "link to a pipe": "-> .pipe"} {
			t.Run(strings.Join(c.args, " ")+"/"+c.name+"/"+kind, func(t *testing.T) {
				dir := t.TempDir()
				place(t, dir, c.files)
				place(t, dir, map[string]string{c.name: text, filepath.Join(filepath.Dir(c.name), ".pipe"): "pipe"})
				out, err := attacked(t, dir, c.args...)
				if strings.HasSuffix(c.name, ".dockerignore") && kind == "device" {
					return // the link leads out of the context, where BuildKit goes on without it
				}
				if err == nil || strings.Contains(out, "panic") {
					t.Errorf("%v\n%s", err, out)
				}
				if c.name == "part" && kind == "device" && strings.Contains(out, "escapes") {
					return
				}
				if c.name != "layout/index.json.lock" && (!strings.Contains(out, c.name) || !strings.Contains(out, "not a regular file")) {
					t.Errorf("the error does not say what is wrong with which file:\n%s", out)
				}
			})
		}
	}
}

// TestAttackInterrupt interrupts commands that wait for what never comes: pipes that the
// user named, to which nobody writes, and standard input.
func TestAttackInterrupt(t *testing.T) {
	for _, args := range [][]string{
		{"check", "-f", "pipe", "."},
		{"compile", "-f", "pipe", "."},
		{"fix", "-"},
		{"context", "-f", "pipe", "."},
		{"build", "-f", "pipe", "."},
		{"load", "-i", "pipe"},
		{"import", "pipe", "x:1"},
		{"check", "--image-config", "debian=pipe", "."},
		{"check", "-"},
		{"load"},
		{"import", "-", "x:1"},
		{"compile", "-o", "pipe", "."}, // writing waits, too
		{"save", "-o", "pipe", "x"},
	} {
		for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(strings.Join(args, " ")+"/"+sig.String(), func(t *testing.T) {
				t.Parallel()
				// One that the signal itself ends had hardly begun when it came.
				for pause := time.Second; ; pause *= 2 {
					end, took := interrupted(t, args, sig, pause)
					early := end.Sys().(syscall.WaitStatus).Signaled()
					if !early && end.ExitCode() == cli.ExitFailure && args[0] == "save" { // there is no such image
						return
					}
					if early && took < soon && pause < soon {
						continue
					}
					if took > soon || end.ExitCode() != cli.ExitInterrupt {
						t.Errorf("it ends after %v with %v", took, end)
					}
					return
				}
			})
		}
	}
}

// interrupted starts strake, has it run for a while, and gives how and how long after the
// signal it ends. One that does not is killed.
func interrupted(t *testing.T, args []string, sig os.Signal, pause time.Duration) (*os.ProcessState, time.Duration) {
	t.Helper()
	dir := t.TempDir()
	place(t, dir, map[string]string{"pipe": "pipe", "Dockerfile": scratchFile})
	cmd := exec.Command("strake", args...)
	cmd.Dir, cmd.Env = dir, attackEnv(t)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-done:
		if args[0] != "save" {
			t.Errorf("it does not wait: %v", cmd.ProcessState)
		}
		return cmd.ProcessState, 0
	case <-time.After(pause):
	}
	begin := time.Now()
	if err := cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	killer := time.AfterFunc(bounded, func() { cmd.Process.Kill() })
	defer killer.Stop()
	<-done
	return cmd.ProcessState, time.Since(begin)
}

// opens are the functions that open files by their names, for reading or otherwise.
var opens = []string{"Open", "OpenFile", "ReadFile", "OpenRoot", "OpenInRoot", "DirFS"}

// openers are the files that may call them, and why they need no package regular.
var openers = map[string]string{
	"cmd/internal/attack/main.go":                "a test's",
	"plugins/host/testdata/faults/attack.go":     "a test's",
	"lang/regular/regular.go":                    "this is the package",
	"lang/regular/pending.go":                    "this is the package",
	"lang/cases/corpus.go":                       "a test's",
	"backend/input/find.go":                      "lists a directory",
	"backend/engine/log.go":                      "the engine's own directory",
	"backend/engine/place.go":                    "the engine's own directory",
	"backend/engine/reserve.go":                  "the engine's own directory, made anew",
	"backend/engine/programs/check.go":           "settings of the kernel",
	"backend/engine/supervise.go":                "the engine's own directory",
	"backend/container/container.go":             "the container's own directory",
	"backend/container/clean_linux.go":           "a file of the control groups",
	"backend/container/hold_linux.go":            "the container's own directory, and a file of /proc",
	"backend/container/init_linux.go":            "a terminal",
	"backend/container/log.go":                   "the container's own directory",
	"backend/container/logs.go":                  "the container's own directory",
	"backend/container/network_linux.go":         "the container's own directory",
	"backend/container/runtime_linux.go":         "the container's own directory",
	"backend/container/terminal_linux.go":        "the container's own directory",
	"backend/container/ocispec/root.go":          "a directory, of which openat2 opens what is regular",
	"backend/container/userns/userns_linux.go":   "a terminal",
	"backend/container/record/record.go":         "the container's own directory",
	"backend/container/record/process.go":        "files of /proc, and names beneath a root",
	"backend/container/record/terminal_linux.go": "a file of /proc",
	"backend/container/transfer/place_linux.go":  "a directory, by its descriptor",
	"backend/container/transfer/read_linux.go":   "a file whose kind is known, by its descriptor",
	"cmd/internal/cli/container/run.go":          "writes a file made anew",
	"backend/container/rootfs/attrs_linux.go":    "a file whose kind is known, of the store or by its descriptor",
	"backend/container/rootfs/copy_linux.go":     "a file whose kind is known, of the store",
	"backend/container/rootfs/layers_linux.go":   "the store's own directory",
	"backend/container/rootfs/live_linux.go":     "a file whose kind is known, by its descriptor",
	"backend/debug/hold_linux.go":                "a pipe and files of /proc, in the container of a shell",
	"backend/container/rootfs/marks_linux.go":    "the store's own directory, made anew",
	"backend/container/rootfs/stack_linux.go":    "lists a directory",
	"backend/container/rootfs/writer_linux.go":   "a file whose kind is known, by its descriptor",
	"backend/store/lock.go":                      "the store's own directory, written",
	"backend/store/reserve.go":                   "the store's own directory, made anew",
	"backend/store/store.go":                     "syncs a directory",
	"cmd/internal/cli/engine/logs.go":            "the engine's own directory",
	"plugins/config/trust/pin.go":                "writes a file made anew",
	"plugins/internal/sandbox/mount_linux.go":    "a mount point made in a private tree",
	"plugins/internal/sandbox/group_linux.go":    "files of /proc and of control groups",
	"plugins/internal/sandbox/watch_linux.go":    "files of /proc",
	"plugins/internal/sandbox/reports_linux.go":  "a file of /proc",
	"backend/engine/install/download.go":         "the engine's own directory",
	"backend/engine/install/unpack.go":           "writes a file made anew",
	"backend/testbed/base.go":                    "a test's",
	"backend/testbed/browser.go":                 "a test's",
	"backend/testbed/processor.go":               "a file of /proc",
	"backend/testbed/run.go":                     "a test's",
	"backend/testbed/registry.go":                "a test's",
	"backend/testbed/terminal.go":                "a test's",
	"backend/testbed/terminal_linux.go":          "a test's",
}

// forgetPeak has this process forget how large it was: a program that it starts begins with that as
// its own peak (proc(5), clear_refs). What it has now counts, and is first made less if that is much.
func forgetPeak() {
	var all, resident int // pages
	statm, _ := os.ReadFile("/proc/self/statm")
	if n, _ := fmt.Sscan(string(statm), &all, &resident); n < 2 || resident*os.Getpagesize() > attackMemory<<10/2 {
		debug.FreeOSMemory()
	}
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // where there is none, the peak counts
}

// TestAttackOpeners finds whatever opens files by name past package regular.
func TestAttackOpeners(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, room := range []string{"lang", "ir", "plugins", "backend", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, room), func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Name() == "testdata" {
				return fs.SkipDir // is of tests
			}
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			rel, err := filepath.Rel(root, name)
			if _, ok := openers[filepath.ToSlash(rel)]; ok || err != nil {
				return err
			}
			files := token.NewFileSet()
			f, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(opens, sel.Sel.Name) {
					if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "os" {
						t.Errorf("%s: os.%s: use package regular, or say here why not", files.Position(sel.Pos()), sel.Sel.Name)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range openers {
		if _, err := os.Stat(filepath.Join(root, name)); errors.Is(err, fs.ErrNotExist) {
			t.Logf("%s is no longer there", name)
		}
	}
}
