package scaffold_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/seed-e0495807/strake/plugins/scaffold"
)

// TestNew makes a plugin, and runs its tests and builds it as its author would.
func TestNew(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "a", "no-latest")
	v := scaffold.Values{Name: "no-latest", Module: "example.com/no-latest", Version: "v0.0.0", Replace: root, Go: "1.26"}
	if err := scaffold.New(dir, v); err != nil {
		t.Fatal(err)
	}
	// What go mod tidy would find out is in this module's own files, so that the test
	// needs no network.
	for _, name := range []string{"go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"vet", "-mod=mod", "./..."}, {"test", "-mod=mod", "./..."}, {"build", "-mod=mod", "-o", "no-latest", "."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
	if out, err := exec.Command("gofmt", "-l", dir).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %v\n%s", err, out)
	}
	if err := scaffold.New(dir, v); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	v.Name = "No Latest"
	if err := scaffold.New(dir+"2", v); err == nil {
		t.Error("a bad name is taken")
	}
}
