package main

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// helpPlace makes the place that the examples of the help are for.
const helpPlace = `set -e
mkdir -p docker build services/one services/two testdata root/bin
cat >Dockerfile <<'EOF'
FROM alpine:3.20 AS test
ARG VERSION
RUN --mount=type=secret,id=token echo $VERSION >/version
FROM scratch AS binary
COPY --from=test /version /
FROM test
COPY alpine.json /
CMD ["sh"]
EOF
cp Dockerfile docker/Dockerfile.dev
cp Dockerfile build/Dockerfile.dev
cp Dockerfile build/Dockerfile
cp Dockerfile services/one/
printf 'FROM scratch\nMAINTAINER me@example.com\n' >services/two/Dockerfile
echo secret >token.txt
echo '{"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}' >alpine.json
cp alpine.json services/one/
tar cz root >rootfs.tar.gz
printf 'version: 1\nplugins:\n  - use: merge-run\n' >plugins.yaml
cp "$PROGRAM" my-plugin
cp "$REPO"/examples/plugin-go/testdata/*.txtar testdata/
strake build -q -t hello -t hello:old .
mkdir site
echo hello >site/index.html
strake build -q -t nginx - <<'EOF'
FROM alpine:3.20
RUN mkdir -p /etc/nginx /srv /var/log && echo 'events {}' >/etc/nginx/nginx.conf
CMD ["sleep", "600"]
EOF
strake run -d --name web nginx
strake run --name ended nginx true
strake exec web touch /srv/by-hand
`

// skippedExamples need what no machine of a test has: by a part of them, why.
func skippedExamples() map[string]string {
	return map[string]string{
		"--push":             "the engine would need the proxy",
		"https://github.com": "there is no such repository",
		"frontend image -o":  "the frontend's binary is made by make; its own tests run it",
		" -it ":              "it waits at a terminal",
		"--interactive":      "it asks at a terminal",
		`-v "$PWD:/src"`:     "it needs Go's image",
		"-p 8080:80":         "the port is the machine's",
		"logs -f":            "it ends with the container",
		"apt-get":            "the container is no Debian",
		"--from debian:12":   "it needs Debian's image",
	}
}

// TestHelpRuns runs the examples of the help, in the order of the commands.
func TestHelpRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds")
	}
	program := programPlugin(t)
	repo, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	hub := testbed.StartRegistry(t, testbed.Busybox)
	give(t, hub, "library/alpine:3.20", testbed.Image(t, testbed.Busybox))
	for arch, repo := range map[string]string{"amd64": "library/debian:13", "arm64": "team/hello:latest"} {
		img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: arch})
		if err != nil {
			t.Fatal(err)
		}
		give(t, hub, repo, img)
	}
	daemon := testbed.StartDaemon(t, hub)
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env := append(dockerHub(t, hub), "BUILDKIT_HOST="+daemon.Addr, "PATH="+standIns(t)+":"+os.Getenv("PATH"), "PROGRAM="+program, "REPO="+repo,
		"HOME="+t.TempDir(), "STRAKE_HOME="+t.TempDir(), "DOCKER_CONFIG="+t.TempDir(), "XDG_CACHE_HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir(),
		"SSH_AUTH_SOCK="+testbed.StartAgent(t, key))
	shell := func(line string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), "bash", "-o", "pipefail", "-c", line)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		return cmd.CombinedOutput()
	}
	if out, err := shell(helpPlace); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	defer shell("strake rm -f web")
	ran := 0
	for _, c := range allCommands() {
	lines:
		for line := range strings.Lines(c.Example) {
			for part, why := range skippedExamples() {
				if strings.Contains(line, part) {
					t.Logf("not run, as %s: %s", why, strings.TrimSpace(line))
					continue lines
				}
			}
			os.RemoveAll(filepath.Join(dir, "acme-labels")) // two examples make it
			if strings.Contains(line, "dangling=true") {    // and two delete such images
				shell("strake build -q --label n=$RANDOM .")
			}
			if out, err := shell(line); err != nil || bytes.Contains(out, []byte("error:")) {
				t.Errorf("%s: %v\n%s", strings.TrimSpace(line), err, out)
			}
			ran++
		}
	}
	if ran < 40 {
		t.Errorf("only %d examples were run", ran)
	}
}

// give puts an image into a registry.
func give(t *testing.T, r *testbed.Registry, repo string, img v1.Image) {
	t.Helper()
	ref, err := name.ParseReference(r.Host + "/" + repo)
	if err == nil {
		err = remote.Write(ref, img)
	}
	if err != nil {
		t.Fatal(err)
	}
}
