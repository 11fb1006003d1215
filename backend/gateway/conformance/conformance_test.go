// Package conformance runs BuildKit's own suite of the Dockerfile frontend, as it is,
// against this one: as an image behind "# syntax=", through the client's API, and as the
// dockerfile.v0 of a daemon. `make conformance` does.
package conformance

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// official runs the suite against BuildKit's own frontend, and writes down what passes:
// what is wanted of ours. There is no official image to do so for the gateway.
var official = flag.Bool("official", false, "run BuildKit's own frontend and write testdata/VARIANT.txt")

const (
	suite   = "github.com/moby/buildkit/frontend/dockerfile"
	builder = suite + "/builder"
	ours    = "github.com/seed-e0495807/strake/conformance/builder"
)

// TestSuite needs some minutes a variant, and the frontend's image in bin/frontend.tar.
func TestSuite(t *testing.T) {
	if os.Getenv("STRAKE_CONFORMANCE") == "" {
		t.Skip("run `make conformance`")
	}
	if os.Getuid() != 0 {
		t.Skip("the suite runs as root")
	}
	b := prepare(t)
	t.Run("gateway", func(t *testing.T) {
		image := absolute(t, "../../../bin/frontend.tar")
		found := b.run(t, b.suite(t, builder), b.daemon(t, builder), "oci", only(), "FRONTEND_GATEWAY_ONLY=local:"+image)
		found.judge(t, "gateway")
		others := b.run(t, b.suite(t, builder), b.daemon(t, builder), "containerd", found.skips(), "FRONTEND_GATEWAY_ONLY=local:"+image)
		others.judge(t, "gateway-containerd")
	})
	for _, v := range []struct{ name, variable string }{{"client", "FRONTEND_CLIENT_ONLY=1"}, {"builtin", "FRONTEND_BUILTIN_ONLY=1"}} {
		t.Run(v.name, func(t *testing.T) {
			with := ours
			if *official {
				with = builder
			}
			b.run(t, b.suite(t, with), b.daemon(t, with), "oci", only(), v.variable).judge(t, v.name)
		})
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// bench is what all variants share.
type bench struct {
	dir    string // with bin, cni and the registry's data in mirror
	mirror string
}

func prepare(t *testing.T) *bench {
	for _, program := range []string{"runc", "docker-registry", "containerd", "unshare", "busybox", "git", "ssh-agent"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is not installed; .ci/setup conformance does", program)
		}
	}
	b := &bench{dir: t.TempDir()}
	b.build(t, "bin", "github.com/moby/buildkit/cmd/buildctl", "bazil.org/fuse/examples/hellofs")
	const cni = "github.com/containernetworking/plugins/plugins/"
	b.build(t, "cni", cni+"main/bridge", cni+"main/loopback", cni+"ipam/host-local")
	registry, err := exec.LookPath("docker-registry")
	if err == nil {
		err = os.Symlink(registry, filepath.Join(b.dir, "bin", "registry"))
	}
	if err != nil {
		t.Fatal(err)
	}
	b.images(t)
	return b
}

// build builds programs of the suite's module.
func (b *bench) build(t *testing.T, dir string, packages ...string) {
	t.Helper()
	out := filepath.Join(b.dir, dir) + "/"
	b.gotool(t, append([]string{"build", "-o", out}, packages...)...)
}

func (b *bench) gotool(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = "suite"
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out
}

// suite compiles the suite, whose client variant builds with the given package.
func (b *bench) suite(t *testing.T, with string) string {
	t.Helper()
	out := filepath.Join(b.dir, "suite-"+path(with))
	b.gotool(t, append([]string{"test", "-c", "-o", out}, b.changed(t, with, suite)...)...)
	return out
}

// daemon builds a buildkitd whose dockerfile.v0 is that of a package, in a directory
// of its own.
func (b *bench) daemon(t *testing.T, with string) string {
	t.Helper()
	dir := filepath.Join(b.dir, "daemon-"+path(with))
	b.gotool(t, append([]string{"build", "-o", dir + "/"}, b.changed(t, with, "github.com/moby/buildkit/cmd/buildkitd")...)...)
	return dir
}

func path(pkg string) string {
	if pkg == ours {
		return "ours"
	}
	return "official"
}

// changed gives the arguments that name a package of BuildKit to the go tool: as it is, or
// in a copy of BuildKit where the one import of its frontend is another.
func (b *bench) changed(t *testing.T, with, pkg string) []string {
	t.Helper()
	if with == builder {
		return []string{pkg}
	}
	work := filepath.Join(b.dir, "changed")
	modfile := filepath.Join(work, "go.mod")
	if _, err := os.Stat(modfile); err == nil {
		return []string{"-modfile=" + modfile, pkg}
	}
	copied := filepath.Join(work, "buildkit")
	from := strings.TrimSpace(string(b.gotool(t, "list", "-m", "-f", "{{.Dir}}", "github.com/moby/buildkit")))
	if err := os.CopyFS(copied, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"cmd/buildkitd/main.go", "frontend/dockerfile/dockerfile_test.go"} {
		file = filepath.Join(copied, file)
		text, err := os.ReadFile(file)
		if err == nil {
			err = os.Chmod(file, 0o600)
		}
		if err == nil {
			err = os.WriteFile(file, bytes.Replace(text, []byte(`"`+builder+`"`), []byte(`"`+with+`"`), 1), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.sum", "go.mod"} {
		text, err := os.ReadFile(filepath.Join("suite", file))
		if err == nil && file == "go.mod" {
			text = fmt.Appendf(text, "\nreplace github.com/moby/buildkit => %s\n", copied)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(work, file), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return []string{"-modfile=" + modfile, pkg}
}

// images puts what stands in for the suite's base images where it looks for them: in
// the data of a registry.
func (b *bench) images(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("testdata/standins.sh", dir).CombinedOutput(); err != nil {
		t.Fatalf("standins.sh: %v\n%s", err, out)
	}
	hello := filepath.Join(dir, "hellofs.tar")
	if out, err := exec.Command("tar", "-cf", hello, "-C", filepath.Join(b.dir, "bin"), "hellofs").CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	b.mirror = filepath.Join(b.dir, "mirror")
	registry := testbed.StartRealRegistry(t, testbed.RealOptions{Data: filepath.Join(b.mirror, "data")}) // where the suite starts its own
	for ref, archive := range map[string]string{
		"library/busybox:latest": "busybox.tar", "library/busybox:stable-musl": "busybox.tar",
		"library/alpine:latest": "alpine.tar", "tonistiigi/hellofs:latest": "hellofs.tar",
		// Its test wants the very bytes of that image, and fails with every frontend.
		"amd64/debian:bullseye-20230109-slim": "busybox.tar",
	} {
		to, err := name.ParseReference(registry.Host+"/"+ref, name.Insecure)
		if err == nil {
			err = remote.Write(to, image(t, filepath.Join(dir, archive)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func image(t *testing.T, archive string) v1.Image {
	t.Helper()
	layer, err := tarball.LayerFromFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	config.Config.Env, config.Config.Cmd = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, []string{"sh"}
	config.History = append(config.History, v1.History{CreatedBy: `CMD ["sh"]`, EmptyLayer: true}) // as the real one has
	img, err = mutate.ConfigFile(img, config)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// results are how the tests ended, by their names without worker and frontend. Nested
// are those of subtests.
type results struct {
	passed, failed, skipped, nested []string
}

// run runs the tests that match a pattern.
func (b *bench) run(t *testing.T, suiteFile, daemon, worker, pattern, variant string) *results {
	t.Helper()
	log := filepath.Join(b.dir, t.Name()+"-"+worker+".log")
	if keep := os.Getenv("STRAKE_CONFORMANCE_LOGS"); keep != "" {
		log = filepath.Join(keep, filepath.Base(log))
	}
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	where := strings.TrimSpace(string(b.gotool(t, "list", "-f", "{{.Dir}}", suite)))
	cmd := exec.Command(absolute(t, "testdata/run.sh"), suiteFile, "-test.v", "-test.parallel=4", "-test.timeout=20m",
		"-test.run=^TestIntegration$/"+pattern+"/^worker="+worker+"$")
	cmd.Dir, cmd.Stdout, cmd.Stderr = where, out, out
	cmd.Env = append(os.Environ(), "PATH="+daemon+":"+filepath.Join(b.dir, "bin")+":"+os.Getenv("PATH"), variant,
		"STATE="+t.TempDir(), "CNI="+filepath.Join(b.dir, "cni"), "BUILDKIT_REGISTRY_MIRROR_DIR="+b.mirror,
		"BUILDKIT_RUN_NETWORK_INTEGRATION_TESTS=1", "OTEL_TRACES_EXPORTER=none")
	_ = cmd.Run() // the log tells
	r := read(t, log)
	if len(r.passed) == 0 {
		text, _ := os.ReadFile(log)
		t.Fatalf("no test has passed:\n%s", text[max(0, len(text)-4000):])
	}
	return r
}

var ended = regexp.MustCompile(`^( *)--- (PASS|FAIL|SKIP): TestIntegration/(\S+)`)

func read(t *testing.T, log string) *results {
	t.Helper()
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := &results{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		m := ended.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		test := plain(m[3])
		switch {
		case len(m[1]) > 4:
			if m[2] == "PASS" {
				r.nested = append(r.nested, test)
			}
		case m[2] == "PASS":
			r.passed = append(r.passed, test)
		case m[2] == "FAIL":
			r.failed = append(r.failed, test)
		default:
			r.skipped = append(r.skipped, test)
		}
	}
	for _, list := range [][]string{r.passed, r.failed, r.skipped} {
		slices.Sort(list)
	}
	return r
}

// plain is the name of a test without the worker and the frontend that it ran with.
func plain(test string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(test, "/"), func(part string) bool {
		return strings.HasPrefix(part, "worker=") || strings.HasPrefix(part, "frontend=")
	}), "/")
}

// skips is a pattern of the tests that were skipped: some are for another worker.
func (r *results) skips() string {
	var names []string
	for _, test := range r.skipped {
		test, _, _ = strings.Cut(test, "/")
		names = append(names, test)
	}
	return "^(" + strings.Join(slices.Compact(names), "|") + ")$"
}

// judge prints the results and holds them against what passes with BuildKit's frontend.
func (r *results) judge(t *testing.T, variant string) {
	t.Helper()
	fmt.Printf("%s: %d passed, %d failed, %d skipped; %d nested passed\n", variant, len(r.passed), len(r.failed), len(r.skipped), len(r.nested))
	for _, list := range []struct {
		word  string
		tests []string
	}{{"passed", r.passed}, {"failed", r.failed}, {"skipped", r.skipped}} {
		for _, test := range list.tests {
			fmt.Printf("  %s %s\n", list.word, test)
		}
	}
	file := filepath.Join("testdata", variant+".txt")
	if *official {
		if err := os.WriteFile(file, []byte(strings.Join(r.passed, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	wanted, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for test := range strings.FieldsSeq(string(wanted)) {
		if !slices.Contains(r.passed, test) {
			t.Errorf("%s passes with BuildKit's frontend, and does not with this one", test)
		}
	}
}

// only is a pattern of the tests that are run, when not all are.
func only() string {
	if pattern := os.Getenv("STRAKE_CONFORMANCE_RUN"); pattern != "" {
		return pattern
	}
	return ".*"
}
