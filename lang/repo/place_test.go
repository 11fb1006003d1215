package repo_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-e0495807/strake/lang/repo"
)

// TestAttackLocate has names below links: of files that are there, and that are not yet.
func TestAttackLocate(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"home/.git", "home/data/.git", "repo/.git", "repo/sub", "other/.git", "victim"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{
		"repo/link": "../victim", "repo/new": "../victim/new", "repo/other": "../other", "repo/inner": "sub/new",
		"way": "repo/sub", "repo/sub/up": "../../victim/new", "home/other": "../other", "repo/loop": "loop",
	} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, real      string
		inRepo, outside bool
	}{
		{"repo/x", "repo/x", true, false},
		{"repo/not/yet/x", "repo/not/yet/x", true, false},
		{"repo/inner", "repo/sub/new", true, false},
		{"repo/link", "victim", true, true},
		{"repo/link/not/yet", "victim/not/yet", true, true},
		{"repo/new", "victim/new", true, true},
		{"repo/other/x", "other/x", true, true}, // which has a .git of its own
		{"way/x", "repo/sub/x", true, false},
		{"way/up", "victim/new", true, true}, // the repository is behind the user's own link
		{"victim/x", "victim/x", false, false},
		{"home/other/x", "other/x", true, false}, // a home under git has its user's links
	} {
		at, err := repo.Locate(filepath.Join(dir, c.name), filepath.Join(dir, "home"))
		if err != nil || at.Real != filepath.Join(dir, c.real) || at.InRepo != c.inRepo || at.Outside != c.outside {
			t.Errorf("%s: %+v, %v; want %+v", c.name, at, err, c)
		}
	}
	if at, err := repo.Locate(filepath.Join(dir, "repo/loop"), ""); err == nil {
		t.Errorf("a loop of links is at %+v", at)
	}
}
