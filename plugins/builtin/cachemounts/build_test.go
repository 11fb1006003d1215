package cachemounts_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/cachemounts"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// builder is a real BuildKit with docker's buildx in front of it: what the plugin makes
// is built as the plain Dockerfile that it prints as.
type builder struct{ program, config string }

// build gives the image, and the log.
func (b *builder) build(t *testing.T, text string, files map[string]string) (*testbed.Container, string) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	dest := filepath.Join(t.TempDir(), "image.tar")
	args := append([]string{"build", "--progress=plain", "-o", "type=oci,dest=" + dest, "-f", "-", dir}, testbed.ProxyFlags()...)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.program, args...)
	cmd.Env = append(os.Environ(), "BUILDX_CONFIG="+b.config, "DOCKER_CONFIG="+b.config)
	cmd.Stdin = strings.NewReader(text)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, text, &log)
	}
	return testbed.Unpack(t, testbed.LoadImage(t, dest)), log.String()
}

// rewritten is a Dockerfile with the plugin's caches.
func rewritten(t *testing.T, text string) string {
	t.Helper()
	out := plugintest.Run(t, plugins.Step{Plugin: cachemounts.New()}, text, nil)
	text, err := dockerfile.Print(out.Module)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "type=cache") {
		t.Fatalf("no cache:\n%s", text)
	}
	return text
}

// contents maps the paths of an image to what is there.
func contents(t *testing.T, root string, skip *regexp.Regexp) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(p, root)
		if skip.MatchString(rel) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(data)
			text += " " + hex.EncodeToString(sum[:])
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(p)
			if err != nil {
				return err
			}
			text += " " + to
		}
		all[rel] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func same(t *testing.T, a, b map[string]string) {
	t.Helper()
	paths := maps.Clone(a)
	maps.Copy(paths, b)
	for _, p := range slices.Sorted(maps.Keys(paths)) {
		if a[p] != b[p] {
			t.Errorf("%s: %q, with caches %q", p, a[p], b[p])
		}
	}
}

// TestBuild builds with and without the plugin on a real BuildKit: the images are the
// same, and what a later build needs again comes from the cache.
func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	program := testbed.Buildx(t)
	d := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Debian, testbed.Golang))
	b := &builder{program, d.Remote(t)}
	t.Run("apt", func(t *testing.T) { b.apt(t) })
	t.Run("go", func(t *testing.T) { b.golang(t) })
}

// apt has a base whose hook removes all packages, as the official images have.
func (b *builder) apt(t *testing.T) {
	const text = `FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends %s && apt-get clean && rm -rf /var/lib/apt/lists/* /tmp/x
CMD ["xxd", "-v"]
`
	plain, _ := b.build(t, fmt.Sprintf(text, "xxd"), nil)
	ours, log := b.build(t, rewritten(t, fmt.Sprintf(text, "xxd")), nil)
	if !regexp.MustCompile(`Need to get [1-9]`).MatchString(log) {
		t.Errorf("the first build downloads nothing:\n%s", log)
	}
	// What has times in it, and what apt makes for itself in the directory of its packages.
	logs := regexp.MustCompile(`^/var/(log/|cache/ldconfig/aux-cache$|cache/apt/archives/(lock|partial)$)`)
	same(t, contents(t, plain.Rootfs, logs), contents(t, ours.Rootfs, logs))
	if r := ours.Run(t); r.Code != 0 || !strings.Contains(r.Stdout+r.Stderr, "xxd") {
		t.Errorf("%+v", r)
	}
	// Another RUN, so that no layer is in the cache, of the same package.
	again, log := b.build(t, rewritten(t, fmt.Sprintf(text, "xxd && true")), nil)
	if !strings.Contains(log, "Need to get 0 B/") {
		t.Errorf("the second build downloads again:\n%s", log)
	}
	same(t, contents(t, plain.Rootfs, logs), contents(t, again.Rootfs, logs))
}

func (b *builder) golang(t *testing.T) {
	const text = `FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download -x %s
COPY main.go ./
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-buildid= -o /app .
FROM build AS look
RUN ls -A /go /root /root/.cache >/seen 2>&1 || true
FROM scratch
COPY --from=build /app /app
COPY --from=look /seen /seen
CMD ["/app"]
`
	files := map[string]string{
		"go.sum":  sums(t, "github.com/aymanbagabas/go-udiff"),
		"main.go": "package main\n\nimport (\n\t\"fmt\"\n\n\t\"github.com/aymanbagabas/go-udiff\"\n)\n\nfunc main() { fmt.Print(udiff.Unified(\"a\", \"b\", \"x\\n\", \"y\\n\")) }\n",
	}
	files["go.mod"] = "module example.com/x\n\ngo 1.26\n\nrequire github.com/aymanbagabas/go-udiff " + strings.Fields(files["go.sum"])[1] + "\n"
	plain, _ := b.build(t, fmt.Sprintf(text, ""), files)
	ours, log := b.build(t, rewritten(t, fmt.Sprintf(text, "")), files)
	if !strings.Contains(log, "# get https://") {
		t.Errorf("the first build downloads nothing:\n%s", log)
	}
	seen := regexp.MustCompile(`^/seen$`)
	same(t, contents(t, plain.Rootfs, seen), contents(t, ours.Rootfs, seen))
	if r := ours.Run(t); r.Code != 0 || !strings.Contains(r.Stdout, "+y") {
		t.Errorf("%+v", r)
	}
	if _, log = b.build(t, rewritten(t, fmt.Sprintf(text, "all")), files); strings.Contains(log, "# get https://") {
		t.Errorf("the second build downloads again:\n%s", log)
	}
	list, err := os.ReadFile(filepath.Join(ours.Rootfs, "seen"))
	if err != nil || strings.Contains(string(list), "pkg") || strings.Contains(string(list), "go-build") {
		t.Errorf("the stage has the caches in it: %v\n%s", err, list)
	}
}

// sums are the lines of this repository's go.sum for a module.
func sums(t *testing.T, module string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, module+" ") {
			text += line
		}
	}
	return text
}
