package cachemounts_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// realChains are of programs that are here: apt in Debian's images, with docker-clean and
// without, npm with packages from its registry, and pip with a package that is built for
// what BACKEND says. The step ": 0" is another one in a second build, so that those behind
// it run again.
func realChains() map[string]string {
	const wheels = "FROM debian:12\nRUN apt-get update && apt-get install -y --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*\nWORKDIR /src\nENV BACKEND=%s\n" +
		"RUN printf 'from setuptools import setup\\nimport os\\nopen(\"x.py\", \"w\").write(\"backend = %%%%r\" %%%% os.environ[\"BACKEND\"])\\nsetup(name=\"x\", version=\"1.0\", py_modules=[\"x\"])\\n' >setup.py && " +
		"BACKEND=none python3 setup.py -q sdist -d /sdists && rm -rf * /usr/lib/python3*/**/__pycache__\nRUN : 0\n" +
		"RUN pip install --no-cache-dir --no-index --no-build-isolation --no-compile --find-links /sdists --target /out x\n"
	return map[string]string{
		"apt":        "FROM debian:12\nRUN : 0\nRUN apt-get update && apt-get install -y --no-install-recommends hello && apt-get dist-clean || apt-get clean\nRUN env | grep -v -e HOSTNAME -e TRACE | sort >/env\n",
		"apt-plain":  "FROM debian:12\nRUN rm -f /etc/apt/apt.conf.d/docker-clean\nRUN : 0\nRUN apt-get update && apt install -y --no-install-recommends hello bc && apt-get clean && rm -rf /var/lib/apt/lists/*\n",
		"apt-lists":  "FROM debian:12\nRUN : 0\nRUN apt-get update\nRUN apt-get install -y --no-install-recommends hello\nRUN apt-get install -y --no-install-recommends bc && rm -rf /var/lib/apt/lists/*\n",
		"npm":        "FROM node:22\nWORKDIR /app\nRUN : 0\nRUN npm install --no-audit --no-fund --ignore-scripts is-odd@3.0.1 && npm cache clean --force && rm -rf /root/.npm\nRUN env | grep -v -e HOSTNAME -e TRACE | sort >/env\n",
		"npm-global": "FROM node:22\nRUN : 0\nRUN npm install -g --no-audit --no-fund is-even@1.0.0 && rm -rf /root/.npm\n",
		"pip-cpu":    fmt.Sprintf(wheels, "cpu"),
		"pip-gpu":    fmt.Sprintf(wheels, "gpu"),
	}
}

// TestReal builds them without the plugin, and with it twice: one of npm, as TestBuild has one of
// apt, or all with STRAKE_LONG=1.
func TestReal(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	program := testbed.Buildx(t)
	d := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Debian, testbed.Node))
	b := &builder{program, d.Remote(t)}
	// What has times or random names in it, and what apt and npm have in directories of their caches.
	skip := regexp.MustCompile(`^/var/(log/|cache/ldconfig/aux-cache$|cache/apt/)|__pycache__|^/sdists/`)
	chains := realChains()
	if os.Getenv("STRAKE_LONG") == "" {
		maps.DeleteFunc(chains, func(name, _ string) bool { return name != "npm" })
	}
	for _, name := range slices.Sorted(maps.Keys(chains)) {
		t.Run(name, func(t *testing.T) {
			text := chains[name]
			plain, _ := b.build(t, text, nil)
			with := rewritten(t, text)
			for _, step := range []string{"RUN : 1", "RUN : 2"} {
				ours, _ := b.build(t, strings.Replace(with, "RUN : 0", step, 1), nil)
				same(t, contents(t, plain.Rootfs, skip), contents(t, ours.Rootfs, skip))
			}
			if out, err := os.ReadFile(filepath.Join(plain.Rootfs, "out/x.py")); err == nil && !strings.Contains(string(out), strings.TrimPrefix(name, "pip-")) {
				t.Errorf("the package is built for another backend: %s", out)
			}
		})
	}
}
