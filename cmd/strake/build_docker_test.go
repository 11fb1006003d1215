//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// TestDocker runs testdata/docker with a Docker Engine that keeps images in its own
// store; the condition old tells that its BuildKit is one before v0.11.
func TestDocker(t *testing.T) { dockerScripts(t, "docker", testbed.DockerOptions{}) }

// TestDockerContainerd runs testdata/docker_containerd with a Docker Engine whose
// images are containerd's.
func TestDockerContainerd(t *testing.T) {
	dockerScripts(t, "docker_containerd", testbed.DockerOptions{ContainerdStore: true})
}

// dockerScripts runs scripts that find the engine by DOCKER_HOST. BUILDER is the
// address of a BuildKit outside of it, REGISTRY a registry with busybox.
func dockerScripts(t *testing.T, dir string, o testbed.DockerOptions) {
	hub := testbed.StartRegistry(t, testbed.Busybox)
	o.Hub = hub
	engine := testbed.StartDocker(t, o)
	builder := testbed.StartDaemon(t, hub)
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", dir),
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "DOCKER_HOST="+engine.Host, "BUILDKIT_HOST=", "BUILDER="+builder.Addr, "REGISTRY="+hub.Host,
				"HOME="+filepath.Join(e.WorkDir, "home"), "SCRIPT="+filepath.Base(e.WorkDir))
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "old" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			return engine.Version < 23, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"same":   same,
			"docker": func(ts *testscript.TestScript, neg bool, args []string) { dockerCommand(ts, t, engine, neg, args) },
		},
	})
}

// dockerCommand does what docker's command would: docker id NAME, docker names,
// docker run NAME, docker tag NAME NAME. Of id, the opposite is that there is none.
func dockerCommand(ts *testscript.TestScript, t *testing.T, d *testbed.Docker, neg bool, args []string) {
	var out string
	var err error
	switch ctx := t.Context(); {
	case len(args) == 2 && args[0] == "id":
		img, failed := d.API.ImageInspect(ctx, args[1])
		if out, err = img.ID, failed; neg != (err != nil) {
			ts.Fatalf("image %s: %v", args[1], err)
		}
		err = nil
	case len(args) == 1 && args[0] == "names" && !neg:
		list, failed := d.API.ImageList(ctx, client.ImageListOptions{})
		for _, img := range list.Items {
			out += strings.Join(img.RepoTags, "\n") + "\n"
		}
		err = failed
	case len(args) == 2 && args[0] == "run" && !neg:
		out, err = d.Run(ctx, args[1])
	case len(args) == 3 && args[0] == "tag" && !neg:
		_, err = d.API.ImageTag(ctx, client.ImageTagOptions{Source: args[1], Target: args[2]})
	default:
		ts.Fatalf("usage: docker id|run NAME, docker names, docker tag NAME NAME")
	}
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), out)
}

// TestDockerFaults interrupts a build inside a Docker Engine, and kills the engine.
func TestDockerFaults(t *testing.T) {
	hub := testbed.StartRegistry(t, testbed.Busybox)
	s := newSandbox(t)
	engine := testbed.StartDocker(t, testbed.DockerOptions{Hub: hub})
	s.env = append(s.env, "BUILDKIT_HOST=docker", "DOCKER_HOST="+engine.Host)
	// step builds until a step runs. Its time says which build it is of.
	step := func(seconds string) (b *started, runs func() []string) {
		b = s.start(t, "build", "-t", "app", "--network", "none", contextWith(t, "FROM busybox", "RUN sleep "+seconds))
		runs = func() []string {
			var found []string
			for _, pid := range pids() {
				if line := commandLine(pid); strings.HasSuffix(line, "sleep "+seconds) {
					found = append(found, line)
				}
			}
			return found
		}
		eventually(t, "the step starts", func() []string {
			if len(runs()) > 0 {
				return nil
			}
			return []string{"a build without it"}
		})
		return b, runs
	}

	b, runs := step("3071")
	sent := time.Now()
	b.Process.Signal(syscall.SIGINT)
	if o := <-b.done; o.code != cli.ExitInterrupt || o.ended.Sub(sent) > soon || len(o.errors()) > 0 {
		t.Errorf("interrupted, it ends after %v: %v", o.ended.Sub(sent), o)
	}
	eventually(t, "the step ends", runs)

	b, runs = step("3072")
	sent = time.Now()
	engine.Kill()
	if o := <-b.done; o.code != cli.ExitFailure || o.ended.Sub(sent) > soon || len(o.errors()) != 1 || !strings.Contains(o.stderr, "[engine-lost]") {
		t.Errorf("without its engine, it ends after %v: %v", o.ended.Sub(sent), o)
	}
	eventually(t, "the step ends", runs)
	if o := s.run(t, "build", contextWith(t, "FROM busybox")); o.code != cli.ExitFailure || !strings.Contains(o.stderr, "[no-docker]") {
		t.Errorf("the engine is gone: %v", o)
	}
}
