package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestWhole holds where the whole program is looked for, and that this one never becomes itself.
func TestWhole(t *testing.T) {
	make := func(path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	installed, light := filepath.Join(dir, "bin", "strake"), filepath.Join(dir, "bin", "strake-light")
	inLibexec := filepath.Join(dir, "libexec", "strake", "strake")
	make(installed)
	if path, err := whole(installed); err == nil {
		t.Errorf("%s is the whole of itself", path)
	}
	make(light)
	if path, err := whole(light); err != nil || path != installed {
		t.Errorf("beside it: %s, %v", path, err)
	}
	make(inLibexec)
	for _, self := range []string{installed, light} {
		if path, err := whole(self); err != nil || path != inLibexec {
			t.Errorf("%s: %s, %v", self, path, err)
		}
	}
	if err := os.Remove(inLibexec); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(installed, inLibexec); err != nil {
		t.Fatal(err)
	}
	if path, err := whole(installed); err == nil {
		t.Errorf("a link: %s", path)
	}
}
