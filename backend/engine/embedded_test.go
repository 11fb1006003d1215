//go:build linux

package engine

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// The engine starts, builds, is shared, and stops.
func TestLife(t *testing.T) {
	t.Parallel()
	needBusybox(t)
	o := here(t)
	if s, err := Inspect(t.Context(), o); err != nil || s.Running || s.Problem != nil {
		t.Fatalf("before: %+v, %v", s, err)
	}
	e := find(t, o)
	if e.Kind != Embedded || e.local.pid != e.local.holder() {
		t.Fatalf("kind %s, process %d", e.Kind, e.local.pid)
	}
	if err := build(t.Context(), e, "test $(cat /file) = text && sleep 1000 & exit 0"); err != nil {
		t.Fatal(err) // a process that a step leaves ends with the step
	}
	if err := build(t.Context(), e, "exit 3"); err == nil || e.Explain(err) != err {
		t.Fatalf("a step that fails: %v", e.Explain(err))
	}
	if other := find(t, o); other.local.pid != e.local.pid {
		t.Errorf("the second client has process %d, not %d", other.local.pid, e.local.pid)
	}
	s, err := Inspect(t.Context(), o)
	if err != nil || !s.Running || s.PID != e.local.pid || s.Snapshotter == "" || len(s.Platforms) == 0 || s.Since == nil || len(s.Notes) > 0 {
		t.Errorf("while it runs: %+v, %v", s, err)
	}
	if able, err := e.Attests(t.Context()); !able || err != nil {
		t.Errorf("attests: %v, %v", able, err)
	}
	if stopped, err := Stop(t.Context(), o); !stopped || err != nil {
		t.Errorf("stop: %v, %v", stopped, err)
	}
	if stopped, err := Stop(t.Context(), o); stopped || err != nil {
		t.Errorf("stop again: %v, %v", stopped, err)
	}
}

// However many clients start it, there is one engine.
func TestManyStart(t *testing.T) {
	t.Parallel()
	o := here(t)
	const clients = 20
	pids := make([]string, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			cmd := exec.Command(os.Args[0], "client", o.Dir)
			cmd.Env = append(os.Environ(), "STRAKE_BUILDKITD="+o.getenv("STRAKE_BUILDKITD"))
			out, err := cmd.CombinedOutput()
			if pids[i] = string(out); err != nil {
				t.Errorf("client %d: %v: %s", i, err, out)
			}
		})
	}
	all.Wait()
	for i, pid := range pids {
		if pid != pids[0] {
			t.Errorf("client %d has engine %s, the first %s", i, pid, pids[0])
		}
	}
	if log, _ := os.ReadFile(LogFile(o.Dir)); strings.Count(string(log), startNote) != 1 {
		t.Errorf("it was started %d times", strings.Count(string(log), startNote))
	}
}

// An engine that ends in the middle of a build gives one clear error; the next
// command has a new engine.
func TestKilled(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		kill         func(t *testing.T, o Options, supervisor int)
	}{
		{"buildkitd", "buildkitd was killed", func(t *testing.T, _ Options, pid int) {
			syscall.Kill(daemonPID(t, pid), syscall.SIGKILL)
		}},
		{"supervisor", "it was killed", func(_ *testing.T, _ Options, pid int) { syscall.Kill(pid, syscall.SIGKILL) }},
		{"stop", "it was asked to", func(t *testing.T, o Options, _ int) {
			if _, err := Stop(t.Context(), o); err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			needBusybox(t)
			o := here(t)
			e := find(t, o)
			failed := make(chan error, 1)
			mark := "sleep 1000; : " + o.Dir + "/"
			go func() { failed <- e.Explain(build(t.Context(), e, mark)) }()
			wait(t, "the step runs", func() bool { return runs(mark) })
			c.kill(t, o, e.local.pid)
			select {
			case err := <-failed:
				if code(t, err) != "engine-lost" || !strings.Contains(err.Error(), c.reason) {
					t.Errorf("got: %v", err)
				}
			case <-time.After(soon):
				t.Fatal("the build does not end")
			}
			wait(t, "the step ends", func() bool { return !runs(mark) })
			next := find(t, o)
			if next.local.pid == e.local.pid {
				t.Error("it is the same engine")
			}
			if err := build(t.Context(), next, "exit 0"); err != nil {
				t.Error(err)
			}
		})
	}
}

// runs tells whether a process has a text in its arguments.
func runs(text string) bool {
	for _, p := range processes(text[strings.Index(text, "/") : len(text)-1]) {
		if strings.Contains(p, "/bin/sh -c "+text) {
			return true
		}
	}
	return false
}

// An idle engine stops, and the next client starts another.
func TestIdle(t *testing.T) {
	t.Parallel()
	o := here(t, "STRAKE_ENGINE_IDLE=300ms")
	e := find(t, o)
	first := e.local.pid
	time.Sleep(time.Second)
	if e.local.holder() != first {
		t.Fatal("it stopped although it had a client")
	}
	e.Close()
	wait(t, "it stops", func() bool { return e.local.holder() == 0 })
	if left := leftovers(o); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if next := find(t, o); next.local.pid == first {
		t.Error("it is the same engine")
	}
}

// A client that comes when the engine is about to stop gets a working one.
func TestIdleRace(t *testing.T) {
	t.Parallel()
	o := here(t, "STRAKE_ENGINE_IDLE=40ms")
	engines := map[int]bool{}
	for i := range 20 {
		e := find(t, o)
		engines[e.local.pid] = true
		for range 3 {
			if _, err := e.Client.ListWorkers(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		e.Close()
		time.Sleep(time.Duration(35+i%10*3) * time.Millisecond)
	}
	if len(engines) < 2 {
		t.Errorf("there were %d engines: the race was not run", len(engines))
	}
}

// Somebody who knows only the socket is not cut off either.
func TestIdleForeign(t *testing.T) {
	t.Parallel()
	needBusybox(t)
	o := here(t, "STRAKE_ENGINE_IDLE=200ms")
	e := find(t, o)
	o.Addr = e.Addr
	foreign := find(t, o)
	built := make(chan error, 1)
	mark := "sleep 2; : " + o.Dir + "/"
	go func() { built <- build(t.Context(), foreign, mark) }()
	wait(t, "the step runs", func() bool { return runs(mark) })
	e.Close() // ten times as long before the step ends as an idle engine stays
	if err := <-built; err != nil {
		t.Error(err)
	}
}

// What a killed engine or anybody else has left is no trouble.
func TestLeftFiles(t *testing.T) {
	t.Parallel()
	o := here(t)
	p := place{dir: o.Dir, run: o.Dir}
	os.MkdirAll(o.Dir, 0o700)
	dead, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(dead, &syscall.SockaddrUnix{Name: p.socket()}); err != nil {
		t.Fatal(err)
	}
	syscall.Close(dead)
	os.WriteFile(p.path(stateFile), []byte(`{"Dir": "/nowhere", "Run": "/nowhere"`), 0o600)
	e := find(t, o)
	if err := os.WriteFile(p.path(stateFile), []byte("{{{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := find(t, o); again.local.pid != e.local.pid {
		t.Error("it is another engine")
	}
	if s, err := Inspect(t.Context(), o); err != nil || s.PID != e.local.pid || len(s.Notes) != 1 {
		t.Errorf("status: %+v, %v", s, err)
	}
	if stopped, err := Stop(t.Context(), o); !stopped || err != nil {
		t.Errorf("stop: %v, %v", stopped, err)
	}
}

// The path of the socket may be longer than the kernel takes.
func TestLongPath(t *testing.T) {
	t.Parallel()
	o := here(t)
	o.Dir = filepath.Join(filepath.Dir(o.Dir), strings.Repeat("long/", 20), "engine")
	e := find(t, o)
	run := e.local.run
	if e.local.run == o.Dir {
		t.Fatal("the path is short")
	}
	// Another one has another XDG_RUNTIME_DIR.
	other := o
	other.Env = environment([]string{"XDG_RUNTIME_DIR=" + t.TempDir()})
	if again := find(t, other); again.local.pid != e.local.pid {
		t.Error("it is another engine")
	}
	if stopped, err := Stop(t.Context(), o); !stopped || err != nil {
		t.Errorf("stop: %v, %v", stopped, err)
	}
	if _, err := os.Stat(run); err == nil {
		t.Errorf("%s is left", run)
	}
}

// An engine that does not start leaves no directory for its sockets behind.
func TestLongPathLeft(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "buildkitd")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"/nowhere": "no-buildkitd", broken: "engine-start"} {
		o := here(t, "STRAKE_BUILDKITD="+name)
		o.Dir = filepath.Join(filepath.Dir(o.Dir), strings.Repeat("long/", 20), "engine")
		if _, err := Find(t.Context(), o); err == nil || code(t, err) != want {
			t.Errorf("%v, want %s", err, want)
		}
		if _, err := os.Stat(o.shortDir()); err == nil {
			t.Errorf("%s: %s is left", want, o.shortDir())
		}
	}
}

// A running engine is used even if the next one would be different; status says so.
func TestOther(t *testing.T) {
	t.Parallel()
	o := here(t)
	e := find(t, o)
	o.Config = filepath.Join(t.TempDir(), "buildkitd.toml")
	if err := os.WriteFile(o.Config, []byte("[worker.oci]\n  reservedSpace = \"1GB\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := find(t, o); again.local.pid != e.local.pid {
		t.Error("it is another engine")
	}
	s, err := Inspect(t.Context(), o)
	if err != nil || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "configuration") {
		t.Errorf("status: %+v, %v", s, err)
	}
	if _, err := Stop(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	find(t, o)
	data, _ := os.ReadFile(filepath.Join(o.Dir, configFile))
	if text := string(data); !strings.Contains(text, "1GB") || strings.Contains(text, "maxUsedSpace") || !strings.Contains(text, "defaultCgroupParent") {
		t.Errorf("configuration:\n%s", text)
	}
}

// Each way in which the engine cannot start has its own sentence.
func TestCannotStart(t *testing.T) {
	needNamespaces(t)
	real := testbed.Buildkitd(t)
	script := func(t *testing.T, text string) string {
		name := filepath.Join(t.TempDir(), "buildkitd")
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return "STRAKE_BUILDKITD=" + name
	}
	for _, c := range []struct {
		name, code, text string
		set              func(t *testing.T, o *Options) (env string)
	}{
		{"no buildkitd", "no-buildkitd", "neither in ", func(*testing.T, *Options) string { return "STRAKE_BUILDKITD=" }},
		{"wrong buildkitd", "no-buildkitd", "STRAKE_BUILDKITD", func(*testing.T, *Options) string { return "STRAKE_BUILDKITD=/nowhere" }},
		{"bad idle", "bad-idle", `"soon"`, func(*testing.T, *Options) string { return "STRAKE_ENGINE_IDLE=soon" }},
		{"a file", "engine-directory", "is no directory", func(t *testing.T, o *Options) string {
			o.Dir = real
			return ""
		}},
		{"not mine", "engine-directory", "belongs to user 12345", func(t *testing.T, o *Options) string {
			os.MkdirAll(o.Dir, 0o700)
			os.Chown(o.Dir, 12345, 12345)
			return ""
		}},
		{"read only", "engine-directory", "read-only file system", func(t *testing.T, o *Options) string {
			mount(t, filepath.Dir(o.Dir), "tmpfs", syscall.MS_RDONLY, "")
			return ""
		}},
		{"disk full", "disk-full", "full", func(t *testing.T, o *Options) string {
			mount(t, filepath.Dir(o.Dir), "tmpfs", 0, "size=64k")
			return ""
		}},
		{"bad config", "bad-engine-config", "toml", func(t *testing.T, o *Options) string {
			o.Config = filepath.Join(t.TempDir(), "c.toml")
			os.WriteFile(o.Config, []byte("a = = b\n"), 0o600)
			return ""
		}},
		{"refused config", "bad-engine-config", "invalid", func(t *testing.T, o *Options) string {
			o.Config = filepath.Join(t.TempDir(), "c.toml")
			os.WriteFile(o.Config, []byte("[history]\n  maxAge = \"soon\"\n"), 0o600)
			return ""
		}},
		{"dies", "engine-start", "exit code 7", func(t *testing.T, _ *Options) string { return script(t, "exit 7") }},
		{"panics", "engine-start", "oh no", func(t *testing.T, _ *Options) string { return script(t, "echo panic: oh no >&2; exit 2") }},
		{"not a program", "engine-start", "exec format error", func(t *testing.T, _ *Options) string {
			name := strings.TrimPrefix(script(t, ""), "STRAKE_BUILDKITD=")
			os.WriteFile(name, []byte("text"), 0o755)
			return "STRAKE_BUILDKITD=" + name
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := Options{Addr: string(Embedded), Dir: filepath.Join(t.TempDir(), "engine"), Env: os.LookupEnv}
			o.Env = environment([]string{"STRAKE_BUILDKITD=" + real, "PATH=/usr/bin:/bin", c.set(t, &o)})
			e, err := Find(t.Context(), o)
			if err == nil {
				e.Close()
				Stop(context.Background(), o)
				t.Fatal("it has started")
			}
			if code(t, err) != c.code || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s: %v", code(t, err), err)
			}
			if left := leftovers(o); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// mount mounts a file system for the time of a test.
func mount(t *testing.T, dir, kind string, flags uintptr, data string) {
	t.Helper()
	if err := syscall.Mount(kind, dir, kind, flags, data); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// Without runc and crun, the user is told to install one.
func TestNoRuntime(t *testing.T) {
	t.Parallel()
	needNamespaces(t)
	const hide = `for p in runc crun; do f=$(command -v $p) && mount --bind /dev/null $f; done; exec "$@"`
	cmd := exec.Command("/bin/sh", "-c", hide, "sh", os.Args[0], "client", t.TempDir())
	cmd.Env = append(os.Environ(), "STRAKE_BUILDKITD="+testbed.Buildkitd(t))
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "apt-get install runc") {
		t.Errorf("%v: %s", err, out)
	}
}

// Root in a container is often root by name only.
func TestNoCapability(t *testing.T) {
	t.Parallel()
	needNamespaces(t)
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Skip("needs setpriv: apt-get install util-linux")
	}
	cmd := exec.Command(setpriv, "--bounding-set=-sys_admin", "--inh-caps=-all", os.Args[0], "client", t.TempDir())
	cmd.Env = append(os.Environ(), "STRAKE_BUILDKITD="+testbed.Buildkitd(t))
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "run it with --privileged") {
		t.Errorf("%v: %s", err, out)
	}
}

// The environment of the engine has none of the secrets of the one who starts it.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	o := here(t, "TOKEN=very-secret", "HTTPS_PROXY=http://proxy.invalid:1")
	e := find(t, o)
	for _, pid := range []int{e.local.pid, daemonPID(t, e.local.pid)} {
		data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err != nil {
			t.Fatal(err)
		}
		if env := string(data); strings.Contains(env, "very-secret") || !strings.Contains(env, "proxy.invalid") {
			t.Errorf("environment of %d: %q", pid, env)
		}
	}
}
