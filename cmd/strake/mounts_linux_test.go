package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// roomy skips a test where BuildKit empties cache mounts as soon as nothing uses them: where less
// than a fifth of the disk is free.
func roomy(t *testing.T) {
	t.Helper()
	var disk unix.Statfs_t
	if err := unix.Statfs(os.TempDir(), &disk); err != nil || disk.Bavail*4 < disk.Blocks {
		t.Skipf("needs a quarter of the disk to be free, so that BuildKit keeps cache mounts (%v)", err)
	}
}

// cacher stands in for an npm that takes long only where its cache is empty.
const cacher = `#!/bin/sh
cache=$HOME/.npm
for word; do case $word in --cache=*) cache=${word#*=};; esac; done
mkdir -p $cache/_cacache node_modules
[ -e $cache/_cacache/x ] || { sleep 3; echo x >$cache/_cacache/x; }
cp package-lock.json node_modules/installed
`

// TestOptimizeCaches has cache-mounts take the cache of npm out of the image: where caches may be left
// out that is proved, and where they may not it is another image.
func TestOptimizeCaches(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for a minute")
	}
	roomy(t)
	hub := testbed.StartRegistry(t, testbed.Busybox)
	give(t, hub, "library/node:22", testbed.Image(t, testbed.Busybox))
	daemon := testbed.StartDaemon(t, hub)
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	history(t, dir, map[string]string{
		"Dockerfile": "FROM node:22\nCOPY --chmod=755 npm /usr/bin/npm\nWORKDIR /app\nCOPY . .\n# the modules\nRUN npm ci\n", "npm": cacher, ".dockerignore": "node_modules\nDockerfile\n",
		"package.json": "{}\n", "package-lock.json": "{}\n", "src/index.js": "1\n",
	}, "src/index.js", "src/other.js")
	env := onDaemon(t, daemon)
	t.Chdir(dir)
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--drop", "lists"}, []string{`^  cache-mounts +builds another image: .*/root/\.npm is removed`, "Nothing is to be done"}},
		{nil, []string{`^  cache-mounts +kept: edits `, `^ +/root/\.npm: 1 file`, `^ # the modules$`, `^\+RUN --mount=type=tmpfs,.* npm --cache=/dev/strake-npm ci$`}},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"optimize", "--commits", "2", "--passes", "cache-mounts"}, c.args...), strings.NewReader(""), &stdout, &stderr, env)
		for _, want := range c.want {
			if code != 0 || !regexp.MustCompile("(?m)"+want).MatchString(stdout.String()) {
				t.Errorf("%q: exit code %d, and it does not say %s\n%s\n%s", c.args, code, want, &stdout, &stderr)
			}
		}
	}
}
