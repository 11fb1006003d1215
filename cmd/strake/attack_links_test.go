//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/lang/regular"
)

// TestAttackFixLeaves has Dockerfiles that are links out of their repository, as whom
// strake fix would write anywhere.
func TestAttackFixLeaves(t *testing.T) {
	const text, fixed = "FROM scratch\nFORM scratch\n", "FROM scratch\nFROM scratch\n"
	const policy = "version: 1\nplugins:\n  - use: policy\n"
	for _, c := range []struct {
		name   string
		files  map[string]string
		args   []string
		victim string // what is written, or not
		inside bool
	}{
		{"the file", map[string]string{"repo/Dockerfile": "-> ../victim/file"}, []string{"repo"}, "victim/file", false},
		{"absolute", map[string]string{"repo/Dockerfile": "-> $DIR/victim/file"}, []string{"repo"}, "victim/file", false},
		{"two links", map[string]string{"repo/Dockerfile": "-> b", "repo/b": "-> ../victim/file"}, []string{"repo"}, "victim/file", false},
		{"by name", map[string]string{"repo/f": "-> ../victim/file"}, []string{"-f", "repo/f", "repo"}, "victim/file", false},
		{"a directory", map[string]string{"repo/.git/HEAD": "", "repo/service": "-> ../victim"}, []string{"repo/service"}, "victim/Dockerfile", false},
		{"a file of a directory", map[string]string{"repo/.git/HEAD": "", "repo/service": "-> ../victim"}, []string{"-f", "repo/service/file", "repo"}, "victim/file", false},
		{"by a repository inside", map[string]string{"repo/.git/HEAD": "", "repo/sub/Dockerfile": "-> ../../victim/file"}, []string{"repo/sub"}, "victim/file", false},
		{"a link inside", map[string]string{"repo/.git/HEAD": "", "repo/sub/Dockerfile": "-> ../shared", "repo/shared": text}, []string{"repo/sub"}, "repo/shared", true},
		{"the repository itself", map[string]string{"link": "-> repo", "repo/.git/HEAD": "", "repo/Dockerfile": text}, []string{"link"}, "repo/Dockerfile", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			place(t, dir, map[string]string{"victim/file": text, "victim/Dockerfile": text, "repo/strake.yaml": policy})
			for name, to := range c.files {
				place(t, dir, map[string]string{name: strings.ReplaceAll(to, "$DIR", dir)})
			}
			out, _ := attacked(t, dir, append([]string{"fix", "--unsafe"}, c.args...)...)
			got, err := os.ReadFile(filepath.Join(dir, c.victim))
			want := text
			if c.inside {
				want = fixed
			}
			if err != nil || string(got) != want {
				t.Errorf("%s is %q, %v; want %q\n%s", c.victim, got, err, want, out)
			}
			if linked := c.name != "the repository itself"; linked && !strings.Contains(out, filepath.Join(dir, c.victim)) {
				t.Errorf("the real path is not named:\n%s", out)
			}
		})
	}
}

// TestAttackSecretShown has a repository that calls a link to a private file of the
// machine its Dockerfile, or its strake.yaml: no command prints what is in it. Of the 312 commands
// every third is run, which is each with each file and nearly all texts, or all with STRAKE_LONG=1.
func TestAttackSecretShown(t *testing.T) {
	count := 0
	for _, secret := range []struct{ name, text string }{
		{"key", "-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----\n"},
		{"shadow", "root:hunter2:19000:0:99999:7:::\nbin:*:19000::::::\n"},
		{"env", "TOKEN=hunter2\n"},
		{"yaml", "machines:\n  password: hunter2\n"},
		{"half", "FROM scratch\nhunter2 x\n"},
		{"flags", "FROM scratch\nCOPY --hunter2 a b\n"},
	} {
		for _, file := range []string{"Dockerfile", "strake.yaml", "Dockerfile.dockerignore", "layout/index.json"} {
			t.Run(secret.name+"/"+file, func(t *testing.T) {
				dir := t.TempDir()
				place(t, dir, map[string]string{"home/secret": secret.text})
				place(t, dir, map[string]string{"repo/" + file: "-> " + filepath.Join(dir, "home/secret")})
				if file != "Dockerfile" {
					place(t, dir, map[string]string{"repo/Dockerfile": "FROM scratch\nCOPY . /\n"})
				}
				for _, args := range [][]string{
					{"check", "repo"}, {"check", "--format=json", "repo"}, {"check", "--format=sarif", "repo"},
					{"check", "--format=github", "repo"}, {"compile", "repo"}, {"expand", "repo"}, {"fix", "repo"},
					{"fix", "--unsafe", "--diff", "repo"}, {"context", "repo"}, {"build", "repo"}, {"build", "--check", "repo"},
					{"diff", "repo", "repo"}, {"compile", "--build-context=x=oci-layout://repo/layout", "repo"},
				} {
					if count++; !testbed.Sample(count, 3) {
						continue
					}
					if out, _ := attacked(t, dir, args...); strings.Contains(strings.ToLower(out), "hunter2") {
						t.Errorf("strake %s shows it:\n%s", strings.Join(args, " "), out)
					}
				}
			})
		}
	}
}

// TestAttackSwap has what fix read become something else before it writes: a link, a link of
// its directory, another text.
func TestAttackSwap(t *testing.T) {
	for name, swap := range map[string]map[string]string{
		"a link":           {"repo/sub/Dockerfile": "-> ../../victim/Dockerfile"},
		"a link inside":    {"repo/sub/Dockerfile": "-> ../other"},
		"its directory":    {"repo/sub": "-> ../victim"},
		"a pipe":           {"repo/sub/Dockerfile": "pipe"},
		"another text":     {"repo/sub/Dockerfile": "new"},
		"a longer text":    {"repo/sub/Dockerfile": "older"},
		"it is gone":       {},
		"a directory":      {"repo/sub/Dockerfile/file": "old"},
		"hard link, moved": {"repo/sub/x": "old"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			place(t, dir, map[string]string{"victim/Dockerfile": "old", "repo/other": "old", "repo/sub/Dockerfile": "old"})
			if err := os.RemoveAll(filepath.Join(dir, "repo/sub")); err != nil {
				t.Fatal(err)
			}
			place(t, dir, swap)
			err := regular.Replace(filepath.Join(dir, "repo"), filepath.Join(dir, "repo/sub/Dockerfile"), "old", "fixed")
			if err == nil {
				t.Error("it is written")
			}
			for _, victim := range []string{"victim/Dockerfile", "repo/other"} {
				if got, err := os.ReadFile(filepath.Join(dir, victim)); err != nil || string(got) != "old" {
					t.Errorf("%s is %q, %v", victim, got, err)
				}
			}
		})
	}
	// A hard link is taken off its other names, which keep what they have.
	dir := t.TempDir()
	place(t, dir, map[string]string{"profile": "old", "repo/.git/HEAD": ""})
	if err := os.Link(filepath.Join(dir, "profile"), filepath.Join(dir, "repo/Dockerfile")); err != nil {
		t.Skipf("no hard links here: %v", err)
	}
	if err := regular.Replace(filepath.Join(dir, "repo"), filepath.Join(dir, "repo/Dockerfile"), "old", "fixed"); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "profile")); string(got) != "old" {
		t.Errorf("the other name of the file has %q", got)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "repo/Dockerfile")); string(got) != "fixed" {
		t.Errorf("the Dockerfile has %q", got)
	}
}
