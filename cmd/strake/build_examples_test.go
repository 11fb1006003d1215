package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// example is one that is built and run.
type example struct {
	name  string
	flags func(*testing.T) []string // of the build
	check func(*testing.T, *testbed.Container)
}

func examples() []example {
	return []example{
		{name: "ubuntu-with-vi", check: prints("VIM - Vi IMproved 9", "vim", "--version")},
		{name: "go-service", check: func(t *testing.T, c *testbed.Container) {
			addr := freeAddr(t)
			c.Args = []string{"-addr", addr}
			serves(t, c, addr, "/strake", "hello strake, from a Strake image\n")
		}},
		{name: "node-service", check: func(t *testing.T, c *testbed.Container) {
			addr := freeAddr(t)
			host, port, _ := strings.Cut(addr, ":")
			c.Env = []string{"HOST=" + host, "PORT=" + port}
			serves(t, c, addr, "/", `{"hello":"from a Strake image"}`)
		}},
		{name: "c-cmake", check: prints("5\n")},
		{name: "static-c", check: prints("hello\n")},
		{name: "secrets-and-ssh", flags: secretFlags, check: checkSecrets},
	}
}

// TestExamplesBuild builds the examples on a real BuildKit, runs what comes out,
// and builds them again with docker's buildx: it finds every step in the cache, and
// its image is the same, also when it is strake's frontend that compiles. Each is built three times,
// so that it is the first of them and the one with secrets, or all with STRAKE_LONG=1.
func TestExamplesBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	strake, buildx := testbed.Strake(t), testbed.Buildx(t)
	bases := []testbed.Base{testbed.Debian, testbed.Frontend}
	if testbed.Sample(1, 5) { // those between need them
		bases = append(bases, testbed.Golang, testbed.Node)
	}
	hub := testbed.StartRegistry(t, bases...)
	d := testbed.StartDaemon(t, hub)
	syntax := testbed.Syntax(t, hub, "strake/dockerfile:1")
	for i, e := range examples() {
		if !testbed.Sample(i, 5) {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			b := &exampleBuild{context: filepath.Join("..", "..", "examples", e.name), flags: testbed.ProxyFlags()}
			if e.flags != nil {
				b.flags = append(b.flags, e.flags(t)...)
			}
			home := t.TempDir()
			ours, _ := b.build(t, []string{strake, "build", "--addr", d.Addr}, "STRAKE_HOME="+home, "DOCKER_CONFIG="+home)
			e.check(t, testbed.Unpack(t, ours))

			config := d.Remote(t)
			theirs, steps := b.build(t, []string{buildx, "build", "--progress=rawjson"}, "BUILDX_CONFIG="+config, "DOCKER_CONFIG="+config)
			if diff := cmp.Diff(configOf(t, theirs), configOf(t, ours)); diff != "" {
				t.Errorf("buildx makes another image:\n%s", diff)
			}
			if fresh := uncached(t, steps); len(fresh) > 0 {
				t.Errorf("buildx has to do again: %q", fresh)
			}

			b.flags = append(b.flags, "--build-arg", "BUILDKIT_SYNTAX="+syntax)
			through, _ := b.build(t, []string{buildx, "build"}, "BUILDX_CONFIG="+config, "DOCKER_CONFIG="+config)
			if diff := cmp.Diff(configOf(t, theirs), configOf(t, through)); diff != "" {
				t.Errorf("through the frontend buildx makes another image:\n%s", diff)
			}
		})
	}
}

// exampleBuild is what both programs are told to build.
type exampleBuild struct {
	context string
	flags   []string
}

// build gives the image, and what the program has written to stderr.
func (b *exampleBuild) build(t *testing.T, program []string, env ...string) (v1.Image, *bytes.Buffer) {
	t.Helper()
	dest := filepath.Join(t.TempDir(), "image.tar")
	args := append(append(slices.Clone(program[1:]), b.flags...),
		"-o", "type=oci,compression=uncompressed,force-compression=true,rewrite-timestamp=true,dest="+dest, b.context) // the base would be compressed again, for longer than the build
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program[0], args...)
	cmd.Env = append(append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000"), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	t.Logf("%s: %.1f s", filepath.Base(program[0]), time.Since(start).Seconds())
	return testbed.LoadImage(t, dest), &stderr
}

// configOf gives the image's configuration, which has the digests of its layers.
func configOf(t *testing.T, img v1.Image) string {
	t.Helper()
	config, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer // a difference is in a line of its own
	if err := json.Indent(&indented, config, "", " "); err != nil {
		t.Fatal(err)
	}
	return indented.String()
}

// uncached gives the steps of a build that were not in the cache. The log is
// BuildKit's progress as JSON. Base images and the context are no steps.
func uncached(t *testing.T, log io.Reader) []string {
	t.Helper()
	step := regexp.MustCompile(`\] (RUN|COPY|ADD|WORKDIR) `)
	var fresh []string
	seen := 0
	for d := json.NewDecoder(log); ; {
		var s client.SolveStatus
		if err := d.Decode(&s); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, v := range s.Vertexes {
			if !step.MatchString(v.Name) || v.Completed == nil {
				continue
			}
			seen++
			if !v.Cached {
				fresh = append(fresh, v.Name)
			}
		}
	}
	if seen == 0 {
		t.Error("the log shows no step")
	}
	return fresh
}

// prints checks what a command prints at first, the image's own if there is none.
func prints(want string, args ...string) func(*testing.T, *testbed.Container) {
	return func(t *testing.T, c *testbed.Container) {
		t.Helper()
		if len(args) > 0 {
			c.Args = args
		}
		if r := c.Run(t); r.Code != 0 || !strings.HasPrefix(r.Stdout, want) {
			t.Errorf("%+v, want %q", r, want)
		}
	}
}

// freeAddr gives an address of this machine that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// serves checks what a service answers.
func serves(t *testing.T, c *testbed.Container, addr, path, want string) {
	t.Helper()
	c.Serve(t, func() error { _, err := get(t, "http://"+addr+"/healthz"); return err })
	if got, err := get(t, "http://"+addr+path); err != nil || got != want {
		t.Errorf("%s: %q, %v, want %q", path, got, err, want)
	}
}

func get(t *testing.T, url string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return string(body), err
}
