package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/diag"
)

// TestFind holds where a strake.yaml counts. The tree is the same for all cases but for
// what a case adds.
func TestFind(t *testing.T) {
	for _, c := range []struct {
		name  string
		files string // with blanks between them
		open  string // a directory that everybody may write to
		home  string
		from  string
		want  string
	}{
		{name: "beside", files: "a/strake.yaml", from: "a", want: "a/strake.yaml"},
		{name: "above, in no repository", files: "a/strake.yaml a/b/x", from: "a/b"},
		{name: "above, in a repository", files: "a/.git/HEAD a/strake.yaml a/b/c/x", from: "a/b/c", want: "a/strake.yaml"},
		{name: "a worktree's .git is a file", files: "a/.git a/strake.yaml a/b/x", from: "a/b", want: "a/strake.yaml"},
		{name: "the nearest", files: "a/.git/HEAD a/strake.yaml a/b/strake.yaml a/b/c/x", from: "a/b/c", want: "a/b/strake.yaml"},
		{name: "above the repository", files: "strake.yaml a/.git/HEAD a/b/x", from: "a/b"},
		{name: "a submodule ends it", files: "a/.git/HEAD a/strake.yaml a/b/.git a/b/x", from: "a/b"},
		{name: "home is the repository", files: "a/.git/HEAD a/strake.yaml a/b/x", home: "a", from: "a/b", want: "a/strake.yaml"},
		{name: "above home", files: ".git/HEAD strake.yaml a/b/x", home: "a", from: "a/b"},
		{name: "through everybody's", files: "a/.git/HEAD a/strake.yaml a/b/c/x", open: "a/b", from: "a/b/c"},
		{name: "everybody's on top", files: "a/.git/HEAD a/strake.yaml a/b/c/x", open: "a", from: "a/b/c"},
		{name: "in everybody's itself", files: "a/strake.yaml", open: "a", from: "a", want: "a/strake.yaml"},
		{name: "by a link", files: "a/.git/HEAD a/strake.yaml a/b/x", from: "link", want: "a/strake.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			for name := range strings.FieldsSeq(c.files) {
				write(t, "", dir, name)
			}
			if c.open != "" {
				if err := os.Chmod(filepath.Join(dir, c.open), 0o777|os.ModeSticky); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink("a/b", filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			home := ""
			if c.home != "" {
				home = filepath.Join(dir, c.home)
			}
			got, err := Find(context.Background(), filepath.Join(dir, c.from), home)
			if err != nil {
				t.Fatal(err)
			}
			if got = strings.TrimPrefix(got, dir+"/"); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// TestFindOwner holds that another user's directory is not entered.
func TestFindOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	dir := t.TempDir()
	write(t, "", dir, "a/.git/HEAD")
	write(t, "", dir, "a/strake.yaml")
	write(t, "", dir, "a/b/x")
	from := filepath.Join(dir, "a", "b")
	for _, c := range []struct {
		mine, theirs int
		found        bool
	}{{0, 1, false}, {1, 2, false}, {1, 1, true}, {1, 0, true}} {
		os.Chown(from, c.mine, 0)
		os.Chown(filepath.Dir(from), c.theirs, 0)
		if got, err := Find(context.Background(), from, ""); (got != "") != c.found || err != nil {
			t.Errorf("%+v: found %q, %v", c, got, err)
		}
	}
}

func TestFindFaults(t *testing.T) {
	dir := t.TempDir()
	write(t, "", dir, "strake.yml")
	var d diag.Diagnostic
	if _, err := Find(context.Background(), dir, ""); !errors.As(err, &d) || d.Hint != "call it strake.yaml" {
		t.Errorf("strake.yml: %v", err)
	}
	if _, err := Find(context.Background(), filepath.Join(dir, "none"), ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Find(ctx, dir, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
