package testbed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// Container is an image, unpacked to run.
type Container struct {
	Rootfs string
	Env    []string // "NAME=value", more than the image has
	Args   []string // behind the entrypoint, in place of the image's command
	config v1.Config
}

// Result is how a program ended.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Unpack makes the file system of an image.
func Unpack(t testing.TB, img v1.Image) *Container {
	t.Helper()
	needRoot(t)
	needProgram(t, "runc", "runc")
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c := &Container{Rootfs: filepath.Join(t.TempDir(), "rootfs"), config: config.Config}
	if err := os.Mkdir(c.Rootfs, 0o755); err != nil {
		t.Fatal(err)
	}
	files := mutate.Extract(img)
	defer files.Close()
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "tar", "-xpf", "-", "--numeric-owner", "-C", c.Rootfs)
	cmd.Stdin, cmd.Stderr = files, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("unpack the image: %v: %s", err, &out)
	}
	return c
}

// Run runs the image's command with runc to its end: with the network of the
// machine, no terminal and nothing to read.
func (c *Container) Run(t testing.TB) Result {
	t.Helper()
	var stdout output
	p := c.start(t, &stdout)
	select {
	case <-p.done:
	case <-time.After(5 * time.Minute):
		t.Fatalf("%s does not end", c.process(t).Args)
	}
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		t.Fatal(p.err)
	}
	return Result{Stdout: stdout.String(), Stderr: p.log.String(), Code: p.cmd.ProcessState.ExitCode()}
}

// Serve runs the image's command in the background until the test ends. It waits
// until check, which is called again and again for two minutes, has no error.
func (c *Container) Serve(t testing.TB, check func() error) {
	t.Helper()
	c.start(t, nil).ready(t, check)
}

// start starts runc. Stdout goes to the log when it is nil.
func (c *Container) start(t testing.TB, stdout *output) *process {
	t.Helper()
	bundle := t.TempDir()
	spec, err := json.Marshal(c.spec(t))
	if err == nil {
		err = os.WriteFile(filepath.Join(bundle, "config.json"), spec, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	// Runc has to clean up its control groups, which the kernel does not. The first
	// process of a container may leave SIGTERM unheard, so it is killed.
	const script = `trap 'runc --root "$0/state" kill "$1" KILL' TERM
runc --root "$0/state" run --bundle "$0" "$1" </dev/null &
wait $!; code=$?
while kill -0 $! 2>/dev/null; do wait $!; code=$?; done
exit $code`
	// The control groups of all containers of the machine lie side by side.
	id := fmt.Sprintf("testbed-%d-%d", os.Getpid(), time.Now().UnixNano())
	cmd := exec.Command("/bin/sh", "-c", script, bundle, id)
	if stdout != nil {
		cmd.Stdout = stdout
	}
	isolate(cmd)
	return start(t, cmd)
}

// process is the image's, as its configuration says.
func (c *Container) process(t testing.TB) *specs.Process {
	t.Helper()
	args := c.config.Cmd
	if c.Args != nil {
		args = c.Args
	}
	p := &specs.Process{
		Args: append(append([]string(nil), c.config.Entrypoint...), args...),
		Env:  append(append([]string(nil), c.config.Env...), c.Env...),
		Cwd:  c.config.WorkingDir,
		User: c.user(t),
	}
	p.Capabilities = &specs.LinuxCapabilities{Bounding: capabilities()}
	if p.User.UID == 0 {
		p.Capabilities.Effective, p.Capabilities.Permitted = capabilities(), capabilities()
	}
	if p.Cwd == "" {
		p.Cwd = "/"
	}
	return p
}

// capabilities are those that Docker gives to containers.
func capabilities() []string {
	return []string{
		"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
		"CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
	}
}

// user finds the numbers of the image's user.
func (c *Container) user(t testing.TB) specs.User {
	t.Helper()
	name, group, _ := strings.Cut(c.config.User, ":")
	if name == "" {
		return specs.User{}
	}
	uid, gid, err := 0, 0, error(nil)
	if uid, err = strconv.Atoi(name); err != nil {
		uid, gid = c.lookup(t, name)
	}
	if group != "" {
		if gid, err = strconv.Atoi(group); err != nil {
			t.Fatalf("the group of user %q is no number", c.config.User)
		}
	}
	return specs.User{UID: uint32(uid), GID: uint32(gid)}
}

// lookup finds a user in the image's /etc/passwd.
func (c *Container) lookup(t testing.TB, name string) (uid, gid int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(c.Rootfs, "etc/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			var password string
			if _, err := fmt.Sscanf(strings.ReplaceAll(rest, ":", " "), "%s %d %d", &password, &uid, &gid); err != nil {
				t.Fatalf("/etc/passwd: %q: %v", line, err)
			}
			return uid, gid
		}
	}
	t.Fatalf("the image has no user %s", name)
	return 0, 0
}

// spec is what runc is told.
func (c *Container) spec(t testing.TB) *specs.Spec {
	t.Helper()
	return &specs.Spec{
		Version: specs.Version,
		Process: c.process(t),
		Root:    &specs.Root{Path: c.Rootfs},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755", "size=64k"}},
			{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "nodev", "mode=1777"}},
			{Destination: "/etc/resolv.conf", Type: "bind", Source: "/etc/resolv.conf", Options: []string{"bind", "ro"}},
		},
		Linux: &specs.Linux{Namespaces: []specs.LinuxNamespace{
			{Type: specs.PIDNamespace}, {Type: specs.MountNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace},
		}},
	}
}
