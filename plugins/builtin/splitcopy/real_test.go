//go:build linux

package splitcopy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestReal builds projects with the real npm and a package of its registry: what
// npm writes of itself in the home (logs, a cache with times) differs from build to build. Each takes
// half a minute, so that npm install, which may write the lock, is left to STRAKE_LONG=1.
func TestReal(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("there is no npm")
	}
	d := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Debian, testbed.Node))
	b := &builder{testbed.Buildx(t), d.Remote(t)}
	itself := regexp.MustCompile(`^/root/\.npm/|^/(tmp|root)$|^/var/|^/proc|^/sys`)
	for name, install := range map[string]string{"ci": "npm ci --no-audit --no-fund", "install": "npm install --no-audit --no-fund"} {
		if name != "ci" && !testbed.Sample(1, 2) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			files := tree{"package.json": `{"name": "app", "version": "1.0.0", "scripts": {"build": "node build.js"}, "dependencies": {"is-odd": "3.0.1"}}`,
				"build.js": `require("fs").writeFileSync("built", String(require("is-odd")(3)))`, "src/index.js": "1", ".dockerignore": "node_modules\n"}
			dir := files.write(t)
			lock := exec.CommandContext(t.Context(), "npm", "install", "--package-lock-only", "--no-audit", "--no-fund")
			lock.Dir = dir
			if out, err := lock.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			text := fmt.Sprintf("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN %s && npm run build\nCMD [\"node\"]\n", install)
			split, why := after(t, text, dir)
			if split == "" {
				t.Fatal(why)
			}
			t.Logf("%s", split)
			plain, _ := b.build(t, text, dir)
			ours, _ := b.build(t, split, dir)
			for _, line := range differences(plain, ours) {
				if path, _, _ := strings.Cut(line, ": "); !itself.MatchString(path) {
					t.Error(line)
				}
			}
			if plain["/app/node_modules/is-odd/index.js"] == "" || plain["/app/built"] == "" {
				t.Error("nothing was installed")
			}
			if err := os.WriteFile(filepath.Join(dir, "src/index.js"), []byte("2"), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, log := b.build(t, text, dir); cached(t, log, "RUN npm") {
				t.Error("an edit repeats nothing before")
			}
			if _, log := b.build(t, split, dir); !cached(t, log, "RUN npm") {
				t.Errorf("an edit repeats the install:\n%s", log)
			}
		})
	}
}
