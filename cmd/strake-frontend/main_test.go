package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// bench builds with docker's buildx through "# syntax=".
type bench struct {
	hub    *testbed.Registry
	config string // of buildx
}

func newBench(t *testing.T) *bench {
	t.Helper()
	if testing.Short() {
		t.Skip("takes a minute")
	}
	hub := testbed.StartRegistry(t, testbed.Busybox)
	return &bench{hub, testbed.StartDaemon(t, hub).Remote(t)}
}

// buildx runs buildx build over files and gives what it prints.
func (b *bench) buildx(t *testing.T, files map[string]string, args ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, testbed.Buildx(t), append(append([]string{"build"}, args...), dir)...)
	cmd.Env = append(os.Environ(), "BUILDX_CONFIG="+b.config, "DOCKER_CONFIG="+b.config)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%w\n%s", err, out)
	}
	return string(out), nil
}

func (b *bench) image(t *testing.T, files map[string]string, args ...string) (v1.Image, error) {
	t.Helper()
	dest := filepath.Join(t.TempDir(), "image.tar")
	if _, err := b.buildx(t, files, append(args, "--progress=plain", "-o", "type=oci,dest="+dest)...); err != nil {
		return nil, err
	}
	return testbed.LoadImage(t, dest), nil
}

// wantError checks that a build fails with these texts.
func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("want an error with %q, got %v", text, err)
		}
	}
}

func TestSyntax(t *testing.T) {
	b := newBench(t)
	head := "# syntax=" + testbed.Syntax(t, b.hub, "strake/dockerfile:1") + "\n"
	img, err := b.image(t, map[string]string{
		"Dockerfile": head + "FROM busybox\nARG WHO\nCOPY . /data\nRUN ls /data >/list && echo $WHO >>/list\nCMD cat /data/greeting /list\n",
		"greeting":   "hello\n", ".dockerignore": "secret\n", "secret": "x",
	}, "--build-arg", "WHO=world")
	if err != nil {
		t.Fatal(err)
	}
	if r := testbed.Unpack(t, img).Run(t); r.Stdout != "hello\nDockerfile\ngreeting\nworld\n" {
		t.Errorf("%+v", r)
	}
	_, err = b.image(t, map[string]string{"Dockerfile": head + "FROM busybox\nRUNN true\n"})
	wantError(t, err, "dockerfile parse error on line 3: unknown instruction: RUNN (did you mean RUN?)", ">>> RUNN true")

	t.Run("plugins of the repository", func(t *testing.T) {
		files := map[string]string{
			"Dockerfile":  head + "FROM busybox\nRUN touch /a\nRUN touch /b\n",
			"strake.yaml": "version: 1\nplugins:\n  - use: merge-run\n",
		}
		img, err := b.image(t, files)
		if err != nil {
			t.Fatal(err)
		}
		if layers, err := img.Layers(); err != nil || len(layers) != 2 {
			t.Errorf("%d layers, %v: the RUNs are not merged", len(layers), err)
		}
		out, err := b.buildx(t, files, "--call=strake.expand")
		if err != nil || !strings.Contains(out, "merge-run") || !strings.Contains(out, "3-4") {
			t.Errorf("strake.expand: %v\n%s", err, out)
		}
		files["strake.yaml"] = "version: 1\nplugins:\n  - use: ./bin/other\n"
		_, err = b.image(t, files)
		wantError(t, err, "strake.yaml:3:10: the program ./bin/other is not in this frontend's image", "strake frontend image --config")
	})
	t.Run("questions", func(t *testing.T) {
		files := map[string]string{"Dockerfile": head + "# base what others start from\nFROM busybox AS base\nARG A=1\nRUN --mount=type=secret,id=key true\nFROM base\nMAINTAINER me\n"}
		for call, want := range map[string]string{
			"targets": "what others start from", "outline,format=text": "key", "strake.graph": "digraph", "strake.ir": "module",
			"subrequests.describe": "strake.expand",
		} {
			if out, err := b.buildx(t, files, "--call="+call); err != nil || !strings.Contains(out, want) {
				t.Errorf("--call=%s: no %q: %v\n%s", call, want, err, out)
			}
		}
		_, err := b.buildx(t, files, "--check")
		wantError(t, err, "MaintainerDeprecated", "Dockerfile:7")
	})
	t.Run("rules", func(t *testing.T) {
		files := map[string]string{"Dockerfile": head + "FROM busybox\nRUN true || sudo true\nRUN cd /tmp && true\n"}
		if out, err := b.buildx(t, files, "--check"); err != nil || !strings.Contains(out, "no warnings") {
			t.Errorf("without strake.yaml other than the build checks look: %v\n%s", err, out)
		}
		files["strake.yaml"] = "version: 1\nlint: {}\n"
		out, err := b.buildx(t, files, "--check")
		if wantError(t, err, "DL3004", "Dockerfile:3"); strings.Contains(out, "DL3003") {
			t.Errorf("no error is shown:\n%s", out)
		}
		files["strake.yaml"] = "version: 1\nlint:\n  build: warning\n  rules: {DL3004: off}\n"
		out, err = b.buildx(t, files, "--check")
		if wantError(t, err, "DL3003", "Dockerfile:4"); strings.Contains(out, "DL3004") {
			t.Errorf("a rule that is off looks:\n%s", out)
		}
		files["strake.yaml"] = "version: 1\nlint:\n  rules: {DL3oo4: off}\n"
		_, err = b.buildx(t, files, "--check")
		wantError(t, err, "strake.yaml:3:11", "DL3oo4")
		files["strake.yaml"] = "version: 1\nlint: {}\n"
		if out, err := b.buildx(t, files, "--output=type=cacheonly"); err != nil || !strings.Contains(out, "DL3004") {
			t.Errorf("a build does not warn of it: %v\n%s", err, out)
		}
	})
}

// TestHouse makes an organisation's own frontend, with a program among its plugins.
func TestHouse(t *testing.T) {
	b := newBench(t)
	acme := t.TempDir()
	strake := testbed.Strake(t)
	run := func(dir, name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "XDG_CONFIG_HOME="+acme, "XDG_CACHE_HOME="+acme)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
	}
	run(filepath.Join("..", "..", "examples", "plugin-go"), "go", "build", "-o", filepath.Join(acme, "plugins", "nosudo"), ".")
	config := `version: 1
plugins:
  - use: policy
    config:
      rules:
        - name: no-telnet
          "on": RUN
          when: op.commands.exists(c, c.name == "telnet")
          message: the organisation has no telnet
          severity: error
  - use: ./plugins/nosudo
    severity: {sudo: error}
  - use: merge-run
`
	file := filepath.Join(acme, "strake.yaml")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	run(acme, strake, "plugin", "lock")
	head := "# syntax=" + testbed.Syntax(t, b.hub, "acme/dockerfile:1", "--config", file) + "\n"

	_, err := b.image(t, map[string]string{"Dockerfile": head + "FROM busybox\nRUN true\nRUN telnet example.com\n"})
	wantError(t, err, "Dockerfile:4:1: the organisation has no telnet", "4 | >>> RUN telnet example.com")
	_, err = b.image(t, map[string]string{"Dockerfile": head + "FROM busybox\nRUN sudo true\n",
		"strake.yaml": "version: 1\nplugins: []\n"}) // changes nothing
	wantError(t, err, "Dockerfile:3:1: RUN is root here, and needs no sudo", "3 | >>> RUN sudo true")

	img, err := b.image(t, map[string]string{"Dockerfile": head + "FROM busybox\nRUN touch /a\nRUN touch /b\nCMD ls /a /b\n"})
	if err != nil {
		t.Fatal(err)
	}
	if layers, err := img.Layers(); err != nil || len(layers) != 2 {
		t.Errorf("%d layers, %v: the RUNs are not merged", len(layers), err)
	}
	if r := testbed.Unpack(t, img).Run(t); r.Stdout != "/a\n/b\n" {
		t.Errorf("%+v", r)
	}
	open := "# syntax=" + testbed.Syntax(t, b.hub, "acme/open:1", "--config", file, "--overridable") + "\n"
	if _, err := b.image(t, map[string]string{"Dockerfile": open + "FROM busybox\nRUN [ ! -e /telnet ] || telnet x\n", "strake.yaml": "version: 1\nplugins: []\n"}); err != nil {
		t.Error(err)
	}
}
