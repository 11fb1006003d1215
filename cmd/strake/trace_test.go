package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// traced is a directory with a Dockerfile, a plugin, and a file that no build reads.
func traced(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Dockerfile":  "FROM scratch\nCOPY hello /\n",
		"strake.yaml": "version: 1\nplugins:\n  - use: packages\n",
		"hello":       "hello\n", "large": strings.Repeat("x", 4096),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// workOf runs the program in a process of its own, and gives the work of its compile in order.
func workOf(t *testing.T, dir, addr string, args ...string) (work []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), self, append(append([]string{"build", "-t", "app", "--progress=plain"}, args...), dir)...)
	cmd.Args[0] = "strake" // see TestMain
	cmd.Env = append(os.Environ(), "STRAKE_DEBUG=1", "STRAKE_HOME="+home, "HOME="+home, "BUILDKIT_HOST="+addr)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, m := range regexp.MustCompile(`(?m)compile: (\w+)$`).FindAllStringSubmatch(out.String(), -1) {
		work = append(work, m[1])
	}
	return work
}

// counted is work with how often it was done, in the order in which each was done first.
func counted(work []string) string {
	var kinds, list []string
	for _, w := range work {
		if !slices.Contains(kinds, w) {
			kinds = append(kinds, w)
		}
	}
	for _, kind := range kinds {
		n := 0
		for _, w := range work {
			if w == kind {
				n++
			}
		}
		list = append(list, fmt.Sprint(kind, " ", n))
	}
	return strings.Join(list, ", ")
}

// A build parses its Dockerfile once, runs its plugins once, and plans and lowers each platform
// once: a whole process of it, with a real daemon. The picture in docs/architecture.md says so.
func TestTrace(t *testing.T) {
	addr, dir := testbed.StartDaemon(t).Addr, traced(t)
	one := counted(workOf(t, dir, addr))
	two := counted(workOf(t, dir, addr, "--platform=linux/amd64,linux/arm64"))
	if one != "parse 1, expand 1, plan 1, lower 1" {
		t.Errorf("one platform: %s", one)
	}
	if two != "parse 1, expand 1, plan 2, lower 2" {
		t.Errorf("two platforms: %s", two)
	}
	page := picture(t)
	for i, trace := range []string{one, two} {
		if page[i] != trace {
			t.Errorf("docs/architecture.md shows %s for %d platforms; it is %s", page[i], i+1, trace)
		}
	}
	// Before an engine is asked, the guard has to know what of a large context is read, and plans
	// without base images; the daemon's platforms and images make another plan.
	guarded := counted(workOf(t, dir, addr, "--context-limit=1kB"))
	if guarded != "parse 1, expand 1, plan 2, lower 2" {
		t.Errorf("a large context: %s", guarded)
	}
}

// picture is the trace of docs/architecture.md for one platform and for two.
func picture(t *testing.T) (traces [2]string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^    .*\[(\w+)\] +(\d+) +(\d+)`).FindAllStringSubmatch(string(page), -1) {
		for i := range traces {
			traces[i] += ", " + m[1] + " " + m[2+i]
		}
	}
	for i := range traces {
		traces[i] = strings.TrimPrefix(traces[i], ", ")
	}
	return traces
}
