package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
)

// Buildkitd gives the path of the BuildKit daemon: $STRAKE_BUILDKITD, or what
// "make engine" builds. The test is skipped when it is not there.
func Buildkitd(t testing.TB) string {
	t.Helper()
	needParts(t)
	path := os.Getenv("STRAKE_BUILDKITD")
	if path == "" {
		path = filepath.Join(repository(t), "bin", "buildkitd")
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%v: run `make engine`", err)
	}
	return path
}

// Daemon is a running BuildKit.
type Daemon struct {
	Addr string // "unix://…"
	Root string // directory of its state
	p    *process
}

// StartDaemon starts a BuildKit with an empty cache, whose steps have the network
// of the machine. Images of Docker Hub come from the first registry; the others
// are known to it, too, with their certificates.
func StartDaemon(t testing.TB, registries ...*Registry) *Daemon {
	t.Helper()
	return startDaemon(t, Buildkitd(t), true, registries)
}

// StartOldDaemon starts the BuildKit of a version, like "v0.12.5", which is built once, in
// a minute or two.
func StartOldDaemon(t testing.TB, version string, registries ...*Registry) *Daemon {
	t.Helper()
	program := kept(t, "buildkitd-"+version, func(path string) error {
		dir := t.TempDir()
		for _, args := range [][]string{ // its dependencies are no business of this module
			{"mod", "init", "old"},
			{"get", "github.com/moby/buildkit/cmd/buildkitd@" + version},
			{"build", "-trimpath", "-ldflags=-s -w -X github.com/moby/buildkit/version.Version=" + version,
				"-o", absolute(t, path), "github.com/moby/buildkit/cmd/buildkitd"},
		} {
			if err := command(t.Context(), dir, "go", args...); err != nil {
				return err
			}
		}
		return nil
	})
	return startDaemon(t, program, version > "v0.13", registries)
}

// startDaemon starts a program. Those before v0.13 have a fixed socket for traces.
func startDaemon(t testing.TB, buildkitd string, traces bool, registries []*Registry) *Daemon {
	t.Helper()
	needRoot(t)
	runc := needProgram(t, "runc", "runc")
	d := &Daemon{Root: t.TempDir()}
	// The path of a socket has at most 107 bytes: that of a test may be longer.
	dir, err := os.MkdirTemp("", "bk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d.Addr = "unix://" + filepath.Join(dir, "sock")
	config := filepath.Join(dir, "buildkitd.toml")
	if err := os.WriteFile(config, []byte(DaemonConfig(registries...)), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(buildkitd, "--config", config, "--root", d.Root, "--addr", d.Addr, "--oci-worker-net=host", "--oci-worker-binary="+runc, "--containerd-worker=false")
	if traces {
		cmd.Args = append(cmd.Args, "--otel-socket-path", filepath.Join(dir, "otel"))
	}
	isolate(cmd)
	d.p = start(t, cmd)
	d.p.ready(t, func() error { return answers(t.Context(), d.Addr) })
	return d
}

// Log is what the daemon has written so far, and the frontends that it has run.
func (d *Daemon) Log() string { return d.p.log.String() }

// Kill ends the daemon as a crash would, and all steps that it runs.
func (d *Daemon) Kill() {
	d.p.cmd.Process.Kill()
	<-d.p.done
}

// DaemonConfig is the buildkitd.toml of a BuildKit that gets images of Docker Hub from
// the first registry and knows the others, too.
func DaemonConfig(registries ...*Registry) string {
	var b strings.Builder
	b.WriteString("insecure-entitlements = [\"network.host\", \"security.insecure\"]\n")
	for i, r := range registries {
		if i == 0 {
			fmt.Fprintf(&b, "[registry.\"docker.io\"]\n  mirrors = [%q]\n", r.Host)
		}
		fmt.Fprintf(&b, "[registry.%q]\n", r.Host)
		if r.CA == "" {
			b.WriteString("  http = true\n")
		} else {
			fmt.Fprintf(&b, "  http = false\n  ca = [%q]\n", r.CA) // on loopback, HTTP is the default
		}
	}
	return b.String()
}

// answers asks a daemon for its workers.
func answers(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	c, err := client.New(ctx, addr)
	if err != nil {
		return err
	}
	defer c.Close()
	workers, err := c.ListWorkers(ctx)
	if err == nil && len(workers) == 0 {
		err = errors.New("it has no worker")
	}
	return err
}
