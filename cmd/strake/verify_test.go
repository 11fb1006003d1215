package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// ids are those of images, which have the time of their build in them.
var ids = regexp.MustCompile(`[0-9a-f]{12}`)

// TestVerifyPage runs the examples of docs/verify.md on a real BuildKit, and compares what
// they print. The Dockerfiles are those of the page.
func TestVerifyPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "verify.md"))
	if err != nil {
		t.Fatal(err)
	}
	daemon := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox))
	t.Chdir(t.TempDir())
	files := regexp.MustCompile("(?s)```dockerfile\n# (\\S+)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	for _, f := range files {
		if err := os.WriteFile(f[1], []byte(f[2]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	user := home(t.TempDir())
	env := func(name string) (string, bool) {
		if name == "BUILDKIT_HOST" {
			return daemon.Addr, true
		}
		return user(name)
	}
	seen := 0
	for _, c := range commandsOf(string(page)) {
		if len(c.output) == 0 {
			continue
		}
		seen++
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), strings.Fields(strings.TrimPrefix(c.command, "strake ")), strings.NewReader(""), &stdout, &stderr, env)
		want := 0
		if strings.Contains(strings.Join(c.output, "\n"), "different: ") {
			want = 1
		}
		var have []string
		for line := range strings.Lines(stdout.String()) {
			if line = strings.TrimRight(line, "\n"); line != "" {
				have = append(have, line)
			}
		}
		mask := func(lines []string) string { return ids.ReplaceAllString(strings.Join(lines, "\n"), "ID") }
		if code != want || mask(have) != mask(c.output) {
			t.Errorf("%s: exit code %d\n%s%s", c.command, code, &stdout, &stderr)
		}
	}
	if len(files) != 3 || seen != 2 {
		t.Errorf("%d Dockerfiles and %d examples", len(files), seen)
	}
}
