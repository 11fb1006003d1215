package host_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/plugins/host"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

const repository = "../.."

// command runs a program of an example to its end.
func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// example runs the cases of an example with its program in the sandbox.
func example(t *testing.T, dir, program string) {
	t.Helper()
	p := start(t, host.Options{
		Path: program, SHA256: digest(t, program), Helper: helper(), TempDir: t.TempDir(),
	})
	t.Logf("%s %s; its sandbox lacks %q", p.Info().Name, p.Info().Version, p.Sandbox())
	plugintest.Dir(t, p, filepath.Join(repository, "examples", dir, "testdata"))
}

// TestGoExample builds and runs the plugin in Go, a module of its own.
func TestGoExample(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	dir := filepath.Join(repository, "examples", "plugin-go")
	program := filepath.Join(t.TempDir(), "plugin")
	command(t, dir, "go", "build", "-o", program, ".")
	command(t, dir, "go", "vet", "./...")
	command(t, dir, "go", "test", "./...")
	example(t, "plugin-go", program)
}

// TestTypeScriptExample builds and runs the plugin in TypeScript.
func TestTypeScriptExample(t *testing.T) {
	if testing.Short() {
		t.Skip("gets packages of npm")
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is missing: install Node.js 20 or later", program)
		}
	}
	// A copy, as npm puts its packages beside the sources.
	top := t.TempDir()
	dir := filepath.Join(top, "examples", "plugin-typescript")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(repository, "examples", "plugin-typescript"))); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"plugins/pb/plugin.proto", "ir/pb/ir.proto"} {
		data, err := os.ReadFile(filepath.Join(repository, file))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(top, file)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(top, file), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	command(t, dir, "npm", "ci", "--no-audit", "--no-fund")
	command(t, dir, "npm", "run", "check")
	command(t, dir, "npm", "run", "build")
	example(t, "plugin-typescript", filepath.Join(dir, "dist", "npm-acme"))
}
