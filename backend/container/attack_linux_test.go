package container

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestAttackMountSource holds that no link is followed that came after a source was named,
// as the last name or above it.
func TestAttackMountSource(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.MkdirAll(at("named/sub"), 0o755), os.MkdirAll(at("secret/sub"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"named", "named/sub"} {
		if err := unlinked(at(name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(os.Rename(at("named"), at("away")), os.Symlink(at("secret"), at("named"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"named", "named/sub", "gone"} {
		if unlinked(at(name)) == nil {
			t.Errorf("%s would be mounted", name)
		}
	}
}
