//go:build linux

package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/sys/mountinfo"
	"github.com/tonistiigi/fsutil"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/lang/diag"
)

// TestMain makes the test binary what the tests need as a process of its own: the
// supervisor that Find starts, and a client.
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == "engine" && os.Args[2] == "run":
		err = Supervise(ctx, os.Args[3])
	case len(os.Args) > 1 && os.Args[1] == "client":
		err = runClient(ctx, os.Args[2:])
	case len(os.Args) > 1 && os.Args[1] == "as-user":
		err = becomeUser(os.Args[2:])
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// runClient builds on the embedded engine of a directory: DIR [COMMAND]
func runClient(ctx context.Context, args []string) error {
	o := Options{Addr: string(Embedded), Dir: args[0], Env: os.LookupEnv}
	if len(args) > 1 && args[1] == "stop" {
		_, err := Stop(ctx, o)
		return err
	}
	e, err := Find(ctx, o)
	if err != nil {
		return err
	}
	defer e.Close()
	fmt.Println(e.local.pid)
	if len(args) > 1 {
		return e.Explain(build(ctx, e, args[1]))
	}
	return nil
}

// here gives the options of an embedded engine of this test alone. It is stopped in
// the end, and nothing of it may be left.
func here(t *testing.T, env ...string) Options {
	t.Helper()
	needNamespaces(t)
	env = append([]string{"STRAKE_BUILDKITD=" + testbed.Buildkitd(t), "STRAKE_ENGINE_IDLE=3m"}, env...)
	o := Options{Addr: string(Embedded), Dir: filepath.Join(t.TempDir(), "engine"), Env: environment(env)}
	t.Cleanup(func() {
		if _, err := Stop(context.Background(), o); err != nil {
			t.Error(err)
		}
		if left := leftovers(o); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
		if t.Failed() {
			log, _ := os.ReadFile(LogFile(o.Dir))
			t.Logf("log:\n%s", log)
		}
	})
	return o
}

// environment is that of the process with changes, the later ones first.
func environment(changes []string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, change := range slices.Backward(changes) {
			if value, ok := strings.CutPrefix(change, name+"="); ok {
				return value, true
			}
		}
		return os.LookupEnv(name)
	}
}

func needNamespaces(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	if _, err := exec.LookPath("runc"); err != nil {
		t.Skip("needs runc: apt-get install runc")
	}
	cmd := exec.Command("/bin/true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID}
	if err := cmd.Run(); err != nil {
		t.Skipf("this machine does not let root make namespaces: %v", err)
	}
}

// find connects, for the time of the test.
func find(t *testing.T, o Options) *Engine {
	t.Helper()
	e, err := Find(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// build runs a command of a shell, in an image with nothing but busybox.
func build(ctx context.Context, e *Engine, command string) error {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return err
	}
	files, err := fsutil.NewFS(filepath.Dir(busybox))
	if err != nil {
		return err
	}
	tools := llb.Local("tools", llb.IncludePatterns([]string{filepath.Base(busybox)}))
	image := llb.Scratch().File(llb.Mkdir("/bin", 0o755).Copy(tools, filepath.Base(busybox), "/bin/sh").Mkfile("/file", 0o644, []byte("text")))
	step := image.Run(llb.Args([]string{"/bin/sh", "-c", command}), llb.IgnoreCache)
	def, err := step.Marshal(ctx, llb.LinuxAmd64)
	if err != nil {
		return err
	}
	_, err = e.Client.Solve(ctx, def, client.SolveOpt{LocalMounts: map[string]fsutil.FS{"tools": files}}, nil)
	return err
}

func needBusybox(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("busybox").Output(); err != nil || !strings.Contains(string(out), "BusyBox") {
		t.Skip("needs a static busybox: apt-get install busybox-static")
	}
}

// leftovers lists what is left of an engine: processes, mounts, cgroups, files.
func leftovers(o Options) []string {
	var left []string
	for end := time.Now().Add(soon); ; time.Sleep(20 * time.Millisecond) { // what was killed takes a moment to go
		left = slices.Concat(processes(o.Dir), cgroups(o.Dir), mounts(o.Dir), files(o.Dir))
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

// processes lists those that have a directory in their arguments.
func processes(dir string) []string {
	var found []string
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		if data, err := os.ReadFile(name); err == nil && strings.Contains(string(data), dir+"/") && name != fmt.Sprintf("/proc/%d/cmdline", os.Getpid()) {
			found = append(found, name+" "+strings.ReplaceAll(string(data), "\x00", " "))
		}
	}
	return found
}

func cgroups(dir string) []string {
	var found []string
	list, _ := mountinfo.GetMounts(mountinfo.FSTypeFilter("cgroup", "cgroup2"))
	for _, m := range list {
		name := filepath.Join(m.Mountpoint, (&launch{Dir: dir}).cgroup())
		if _, err := os.Stat(name); err == nil {
			found = append(found, name)
		}
	}
	return found
}

func mounts(dir string) []string {
	var found []string
	list, _ := mountinfo.GetMounts(mountinfo.PrefixFilter(dir))
	for _, m := range list {
		found = append(found, m.Mountpoint)
	}
	return found
}

func files(dir string) []string {
	var found []string
	for _, name := range []string{stateFile, "buildkitd.sock", "otel.sock", "runtime"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			found = append(found, name)
		}
	}
	return found
}

// code is the code of an error for the user, who also needs a hint.
func code(t *testing.T, err error) string {
	t.Helper()
	var list diag.List
	var d diag.Diagnostic
	if errors.As(err, &list) {
		d = list[0]
	} else if !errors.As(err, &d) {
		t.Fatalf("%v is no diagnostic", err)
	}
	if d.Hint == "" {
		t.Errorf("there is no hint in: %v", err)
	}
	return d.Code
}

// daemonPID finds the buildkitd of an engine.
func daemonPID(t *testing.T, supervisor int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", supervisor))
	list, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", supervisor))
	for _, name := range list {
		if more, e := os.ReadFile(name); e == nil {
			data = append(data, more...)
		}
	}
	fields := strings.Fields(string(data))
	if len(fields) == 0 {
		t.Fatalf("process %d has no child: %v", supervisor, err)
	}
	pid, _ := strconv.Atoi(fields[0])
	return pid
}

// soon is what anything that happens at once may take on a machine that does much else.
const soon = 30 * time.Second

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(soon); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still waiting: %s", what)
		}
	}
}
