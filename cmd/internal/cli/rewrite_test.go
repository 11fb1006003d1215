package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestTarget holds which files are written anew, and that no text is that nobody read.
func TestTarget(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, sub := range []string{"repo/.git", "repo/sub"} {
		if err := os.MkdirAll(at(sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"victim", "repo/sub/file"} {
		if err := os.WriteFile(at(name), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"repo/out": "../victim", "repo/in": "sub/file"} {
		if err := os.Symlink(to, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	p := &Process{Env: func(string) (string, bool) { return "", false }}
	if _, err := p.Target(at("repo/out")); err == nil || !strings.Contains(err.Error(), at("victim")) {
		t.Errorf("a link out of the repository: %v", err)
	}
	target, err := p.Target(at("repo/in"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := target.String(), at("repo/in")+" -> "+at("repo/sub/file"); got != want {
		t.Errorf("it is called %s, want %s", got, want)
	}
	if err := target.Replace("old", "new"); err != nil {
		t.Error(err)
	}
	if err := target.Replace("old", "newer"); err == nil || Diagnose(err)[0].Code != "changed" {
		t.Errorf("a text that nobody read is replaced: %v", err)
	}
	if text, err := os.ReadFile(at("repo/sub/file")); err != nil || string(text) != "new" {
		t.Errorf("the file is %q, %v", text, err)
	}
}

// TestShownDiff holds that a diff has colours on a terminal only, and nothing else that one obeys.
func TestShownDiff(t *testing.T) {
	env := func(string) (string, bool) { return "", false }
	const diff = "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+\x1b[5my\n z\n"
	if got := (&Process{Env: env, Stdout: &bytes.Buffer{}}).ShownDiff(diff); got != diff {
		t.Errorf("in a file: %q", got)
	}
	got := (&Process{Env: env, Stdout: testbed.Terminal(t)}).ShownDiff(diff)
	if !strings.Contains(got, "\x1b[31m-x\x1b[0m\n\x1b[32m+") || !strings.HasSuffix(got, "\n z\n") || strings.Contains(got, "\x1b[5m") {
		t.Errorf("on a terminal: %q", got)
	}
}
