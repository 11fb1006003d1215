package build

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAttackOrigin has remotes with a token in them, as CI systems make them.
func TestAttackOrigin(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	env := func(string) (string, bool) { return "", false }
	for _, c := range []struct{ origin, want string }{
		{"https://gitlab-ci-token:s3cret@gitlab.example.com/a/b.git", "https://xxxxx:xxxxx@gitlab.example.com/a/b.git"},
		{"https://s3cret@github.com/a/b", "https://xxxxx@github.com/a/b"},
		{"https://x-access-token:s3cret@github.com:8443/a", "https://xxxxx:xxxxx@github.com:8443/a"},
		{"https://u:s3%cret@host/a", "https://xxxxx:xxxxx@host/a"}, // is no URL, and git takes it
		{"https://u:s3/cret@host/a", "https://xxxxx:xxxxx@host/a"},
		{"https://host/a?private_token=s3cret", "https://host/a?private_token=xxxxx"},
		{"git@github.com:a/b.git", "git@github.com:a/b.git"},
		{"oauth2:s3cret@gitlab.example.com:a/b.git", "xxxxx:xxxxx@gitlab.example.com:a/b.git"},
		{"https://github.com/a/b.git", "https://github.com/a/b.git"},
	} {
		dir := t.TempDir()
		run := func(args ...string) {
			t.Helper()
			cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e@example.com"}, args...)...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		}
		run("init", "-q")
		run("commit", "-q", "--allow-empty", "-m", "m")
		run("remote", "add", "origin", c.origin)
		if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
			t.Fatal(err)
		}
		attrs := revision(t.Context(), map[string]string{"context": filepath.Join(dir, "sub")}, env)
		if got := attrs["vcs:source"]; got != c.want {
			t.Errorf("%s: vcs:source is %q, want %q", c.origin, got, c.want)
		}
		for key, value := range attrs {
			if strings.Contains(value, "s3cret") || strings.Contains(value, "cret@") {
				t.Errorf("%s: %s is %q", c.origin, key, value)
			}
		}
	}
}
