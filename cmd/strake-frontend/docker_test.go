package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestDocker builds with the docker build that is installed, whatever its age.
func TestDocker(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("docker is not installed")
	}
	hub := testbed.StartRegistry(t, testbed.Busybox)
	engine := testbed.StartDocker(t, testbed.DockerOptions{Hub: hub})
	head := "# syntax=" + testbed.Syntax(t, hub, "strake/dockerfile:1") + "\n"
	config := t.TempDir() // newer ones want buildx for a plugin
	if err := os.Mkdir(filepath.Join(config, "cli-plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(testbed.Buildx(t), filepath.Join(config, "cli-plugins", "docker-buildx")); err != nil {
		t.Fatal(err)
	}
	build := func(text string) (string, error) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(head+text), 0o644); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, docker, "build", "--network=none", "--progress=plain", "-t", "app", dir)
		cmd.Env = append(os.Environ(), "DOCKER_HOST="+engine.Host, "DOCKER_BUILDKIT=1", "DOCKER_CONFIG="+config)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := build("FROM busybox\nRUN <<SH\necho hello >/greeting\nSH\nCMD cat /greeting\n"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := engine.Run(t.Context(), "app"); err != nil || out != "hello\n" {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := build("FROM busybox\nRUNN true\n"); err == nil || !strings.Contains(out, "unknown instruction: RUNN (did you mean RUN?)") {
		t.Errorf("%v\n%s", err, out)
	}
}
