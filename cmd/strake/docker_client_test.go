package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/cmd/internal/entry"
)

// Docker's own client lists strake among its plugins, and runs it.
func TestDockerClient(t *testing.T) {
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("docker's client is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	config := t.TempDir()
	plugin := filepath.Join(config, "cli-plugins", entry.DockerPlugin)
	if err := os.MkdirAll(filepath.Dir(plugin), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, plugin); err != nil { // see TestMain
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"--help", "A compiler for Dockerfiles"},
		{"strake version", "strake version "},
		{"strake build --help", "Usage:  strake build [OPTIONS] PATH | URL | -"},
		{"strake nothing", "unknown command: strake nothing"},
	} {
		cmd := exec.CommandContext(t.Context(), docker, strings.Fields(c.line)...)
		cmd.Env = append(os.Environ(), "DOCKER_CONFIG="+config)
		if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), c.want) {
			t.Errorf("docker %s: no %q in\n%s", c.line, c.want, out)
		}
	}
}
