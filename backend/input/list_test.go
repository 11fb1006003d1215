package input

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tonistiigi/fsutil"
)

// TestListFiles holds what is listed to what fsutil sends, for patterns of all kinds: a directory
// of which a part may come back counts as there.
func TestListFiles(t *testing.T) {
	for _, ignore := range []string{
		"", "node_modules", "**/node_modules", "*\n!a", "*\n!a/b", "*\n!**/x.js", "a\n!a/b/x.js", "**/*.js\n!a", "a/**", "a/*\n!a/c", ".dockerignore\nDockerfile\n*.gyp", "/a/b\n!*",
	} {
		dir := write(t, t.TempDir(), "Dockerfile", "a/b/x.js", "a/b/c/d", "a/c/y", "a/z.js", "node_modules/m/x.js", "sub/node_modules/n", "x.js", "binding.gyp")
		if err := os.WriteFile(filepath.Join(dir, ".dockerignore"), []byte(ignore), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		in, err := Find(t.Context(), Request{Path: dir})
		if err != nil {
			t.Fatal(err)
		}
		g, err := in.Ignore()
		if err != nil {
			t.Fatal(err)
		}
		sent := walked(t, dir, g.Patterns)
		list, err := in.ListFiles(t.Context(), []string{"**"})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range list {
			if slices.Contains(sent, f.Path) || !f.Mode.IsDir() {
				names = append(names, f.Path)
			}
		}
		if !slices.Equal(names, sent) {
			t.Errorf("%q: %q is listed, and %q sent", ignore, names, sent)
		}
	}
}

// walked is what fsutil sends.
func walked(t *testing.T, dir string, exclude []string) (names []string) {
	t.Helper()
	err := fsutil.Walk(context.Background(), dir, &fsutil.FilterOpt{ExcludePatterns: exclude}, func(name string, _ os.FileInfo, err error) error {
		names = append(names, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}
