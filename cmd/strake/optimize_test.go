package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// history puts a project into a new repository, with an edit of sources a commit.
func history(t *testing.T, dir string, files map[string]string, edits ...string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=me", "-c", "user.email=me@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
	put := func(name, text string) {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	for name, text := range files {
		put(name, text)
	}
	git("add", "-A")
	git("commit", "-q", "-m", "first")
	for _, name := range edits {
		put(name, "edited in "+name+strings.Repeat("!", len(edits)))
		edits = edits[:len(edits)-1]
		git("add", "-A")
		git("commit", "-q", "-m", "edit "+name)
	}
}

// installer stands in for npm: what it installs follows from the lock alone, and takes a while.
const installer = `#!/bin/sh
sleep 2
mkdir -p node_modules
cp package-lock.json node_modules/installed
`

// TestOptimize optimises a project whose install stands behind a copy of all sources.
func TestOptimize(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for a minute")
	}
	hub := testbed.StartRegistry(t, testbed.Busybox)
	give(t, hub, "library/node:22", testbed.Image(t, testbed.Busybox))
	daemon := testbed.StartDaemon(t, hub)
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	const text = `FROM node:22
COPY --chmod=755 npm /usr/bin/npm
WORKDIR /app
COPY . .
RUN npm ci
CMD ["sh"]
`
	history(t, dir, map[string]string{
		"Dockerfile": text, "npm": installer, ".dockerignore": "node_modules\n",
		"package.json": "{\"name\": \"app\", \"version\": \"1.0.0\"}\n", "package-lock.json": "{\"name\": \"app\", \"lockfileVersion\": 3, \"packages\": {\"\": {\"name\": \"app\"}}}\n",
		"src/index.js": "1\n",
	}, "src/index.js", "src/other.js", "src/index.js")
	env := onDaemon(t, daemon)
	optimize := func(args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"optimize"}, args...), strings.NewReader(""), &stdout, &stderr, env)
		return code, stdout.String(), stderr.String()
	}
	t.Chdir(dir)
	code, out, errs := optimize("--commits", "3", "--drop", "lists", "--report", "page.html")
	t.Logf("exit code %d\n%s\n%s", code, out, errs)
	for _, want := range []string{
		`^Dockerfile: 3 commits were replayed$`,
		`^all 3 edits +([6-9]|\d\d)\.\ds +\d\.\ds +-[6-9]\d %$`, // three installs of two seconds, and none
		`^  split-copy +kept: edits `,
		`^  drop-dead +changes nothing$`,
		`^  equal: \d+ paths and the config are the same$`,
		`^\+COPY package-lock.json package.json \./$`,
	} {
		if !regexp.MustCompile("(?m)" + want).MatchString(out) {
			t.Errorf("it does not say %s", want)
		}
	}
	if now, err := os.ReadFile("Dockerfile"); code != 0 || err != nil || string(now) != text {
		t.Errorf("exit code %d; the Dockerfile is %q, %v", code, now, err)
	}
	html, err := os.ReadFile("page.html")
	for _, want := range []string{"4 steps ran, ", "<code>RUN npm ci</code>", `aria-label="The graph after"`, "COPY package-lock.json package.json ./"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("its page does not say %s: %v", want, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "strake-optimize-*")); len(left) > 0 {
		t.Errorf("it leaves %v", left)
	}

	// What a run has built helps no other: the edits take as long again.
	code, out, errs = optimize("--commits", "3", "--passes", "drop-dead", "--fresh")
	if code != 0 || !regexp.MustCompile(`(?m)^all 3 edits +([6-9]|\d\d)\.\ds$`).MatchString(out) || !strings.Contains(out, "Nothing is to be done") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}

	// The second run measures nothing anew, but proves it again.
	code, out, errs = optimize("--commits", "3", "--drop", "lists", "--write", "--pr")
	if n := strings.Count(errs, "measured before"); code != 0 || n < 2 || regexp.MustCompile(`(?m)^[^,]*: edit 1 of 3`).MatchString(errs) || !strings.Contains(errs, "building after, second time") {
		t.Errorf("exit code %d, %d measured before\n%s", code, n, errs)
	}
	if !regexp.MustCompile(`(?s)^# Dockerfile: .*\| all 3 edits \|.*- \x60split-copy\x60 .*\x60\x60\x60diff\n`).MatchString(out) {
		t.Errorf("a text for a pull request:\n%s", out)
	}
	now, err := os.ReadFile("Dockerfile")
	if err != nil || !strings.Contains(string(now), "COPY package-lock.json package.json ./\nRUN npm ci\nCOPY . .\n") {
		t.Errorf("the Dockerfile is %q, %v", now, err)
	}
}
