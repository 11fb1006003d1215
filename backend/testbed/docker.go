package testbed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// DockerOptions say which kind of Docker Engine is started.
type DockerOptions struct {
	Hub             *Registry // stands in for Docker Hub; nil leaves the real one
	ContainerdStore bool      // containerd keeps the images; needs Docker 24
}

// Docker is a running Docker Engine.
type Docker struct {
	Host    string // "unix://…"
	Version int    // the first number of it, like 20
	API     *client.Client
	p       *process
}

// StartDocker starts a Docker Engine without images, on a socket of its own: that of
// $STRAKE_DOCKERD, or the one that is installed. Its containers and builds have no
// network but that of the machine: no bridge and no rule of a firewall is made.
// Registries on this machine may be without TLS.
func StartDocker(t testing.TB, o DockerOptions) *Docker {
	t.Helper()
	needRoot(t)
	needProgram(t, "runc", "runc")
	dockerd := os.Getenv("STRAKE_DOCKERD")
	if dockerd == "" {
		dockerd = needProgram(t, "dockerd", "docker.io")
	}
	const containerdStore = 24 // the first version that has the feature
	version := dockerVersion(t, dockerd)
	if o.ContainerdStore && version < containerdStore {
		t.Skipf("this dockerd is version %d; containerd keeps its images since %d", version, containerdStore)
	}
	// The paths of sockets are short.
	dir, err := os.MkdirTemp("", "dk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "daemon.json")
	data, err := json.Marshal(o.config())
	if err == nil {
		err = os.WriteFile(config, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	cgroup := filepath.Base(dir)
	t.Cleanup(func() { dropCgroups(cgroup) })
	d := &Docker{Host: "unix://" + filepath.Join(dir, "sock"), Version: version}
	cmd := exec.Command(dockerd, "--config-file", config, "--host", d.Host, "--data-root", t.TempDir(),
		"--exec-root", filepath.Join(dir, "exec"), "--pidfile", filepath.Join(dir, "pid"),
		"--cgroup-parent", "/"+cgroup, "--exec-opt", "native.cgroupdriver=cgroupfs",
		"--bridge=none", "--iptables=false", "--ip6tables=false", "--log-level=warn")
	// It writes to these directories whatever it is told.
	isolate(cmd, "mkdir -p /etc/docker", "mount -t tmpfs tmpfs /etc/docker", "mount -t tmpfs tmpfs /run")
	d.p = start(t, cmd)
	if d.API, err = client.New(client.WithHost(d.Host)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.API.Close() })
	d.p.ready(t, func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := d.API.Info(ctx, client.InfoOptions{})
		return err
	})
	return d
}

// dropCgroups removes control groups that have no process any more, of both versions.
func dropCgroups(name string) {
	for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		roots, _ := filepath.Glob(pattern + name)
		for _, root := range roots {
			var dirs []string
			filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
				if err == nil && e.IsDir() {
					dirs = append(dirs, path)
				}
				return nil
			})
			for _, dir := range slices.Backward(dirs) {
				os.Remove(dir)
			}
		}
	}
}

// Kill ends the engine as a crash would, and all that it runs.
func (d *Docker) Kill() {
	d.p.cmd.Process.Kill()
	<-d.p.done
}

// config is daemon.json.
func (o DockerOptions) config() map[string]any {
	c := map[string]any{"features": map[string]bool{"containerd-snapshotter": o.ContainerdStore}}
	if o.Hub != nil {
		c["registry-mirrors"] = []string{"http://" + o.Hub.Host}
	}
	return c
}

// dockerVersion is the first number of the version.
func dockerVersion(t testing.TB, dockerd string) int {
	t.Helper()
	text := outputOf(t, dockerd, "--version")
	m := regexp.MustCompile(`version (\d+)\.`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%s --version: %q", dockerd, text)
	}
	v, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Run runs the command of an image to its end, without a network, and gives what it
// prints on standard output. An exit code other than 0 is an error.
func (d *Docker) Run(ctx context.Context, image string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	c, err := d.API.ContainerCreate(ctx, client.ContainerCreateOptions{Image: image, HostConfig: &container.HostConfig{NetworkMode: "none"}})
	if err != nil {
		return "", err
	}
	defer d.API.ContainerRemove(context.WithoutCancel(ctx), c.ID, client.ContainerRemoveOptions{Force: true})
	if _, err := d.API.ContainerStart(ctx, c.ID, client.ContainerStartOptions{}); err != nil {
		return "", err
	}
	logs, err := d.API.ContainerLogs(ctx, c.ID, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true})
	if err != nil {
		return "", err
	}
	defer logs.Close()
	var stdout, stderr bytes.Buffer
	if _, err := stdcopy.StdCopy(&stdout, &stderr, logs); err != nil {
		return "", err
	}
	wait := d.API.ContainerWait(ctx, c.ID, client.ContainerWaitOptions{})
	select {
	case end := <-wait.Result:
		if end.StatusCode != 0 {
			return "", fmt.Errorf("exit code %d: %s", end.StatusCode, &stderr)
		}
		return stdout.String(), nil
	case err := <-wait.Error:
		return "", err
	}
}
