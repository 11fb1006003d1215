//go:build linux

package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/sys/mountinfo"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// bounded is how long any command may take; what takes longer hangs.
const bounded = 90 * time.Second

// faultRounds is how often faults are tried: $STRAKE_FAULTS, for a long search.
func faultRounds(t *testing.T, usual int) int {
	t.Helper()
	text := os.Getenv("STRAKE_FAULTS")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("STRAKE_FAULTS: %v", err)
	}
	return n
}

// dice gives random numbers; the log has the seed to get the same ones again with
// $STRAKE_SEED.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("STRAKE_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("STRAKE_SEED: %v", err)
		}
	}
	t.Logf("STRAKE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// sandbox is a home of strake, with an engine of its own.
type sandbox struct {
	home    string
	program string
	env     []string
}

// newSandbox makes a home that is empty but for the configuration of the engine. In
// the end, the store is in order and nothing of the engine is left.
func newSandbox(t *testing.T, registries ...*testbed.Registry) *sandbox {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	if _, err := exec.LookPath("runc"); err != nil {
		t.Skip("runc is missing: apt-get install runc")
	}
	buildkitd := testbed.Buildkitd(t)
	home, err := os.MkdirTemp("", "st") // the path of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Unmount(home, syscall.MNT_DETACH) // see ownDisk
		os.RemoveAll(home)
	})
	s := &sandbox{home: home, program: testbed.Strake(t), env: append(os.Environ(),
		"STRAKE_HOME="+home, "STRAKE_BUILDKITD="+buildkitd, "BUILDKIT_HOST=embedded", "DOCKER_CONFIG="+t.TempDir(),
		"STRAKE_ENGINE_IDLE=2m", "BUILDKIT_PROGRESS=plain")}
	s.configure(t, registries...)
	t.Cleanup(func() { s.end(t) })
	return s
}

// configure writes the configuration of the engine.
func (s *sandbox) configure(t *testing.T, registries ...*testbed.Registry) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.home, "buildkitd.toml"), []byte(testbed.DaemonConfig(registries...)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// end stops the engine, and looks at what is left.
func (s *sandbox) end(t *testing.T) {
	cgroup := s.cgroup()
	if r := s.run(t, "engine", "stop"); r.code != 0 {
		t.Errorf("engine stop: %v", r)
	}
	eventually(t, 5*time.Second, "the engine leaves", func() []string { return append(s.processes(), s.mounts(t)...) })
	if cgroup != "" {
		for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
			if left, _ := filepath.Glob(pattern + cgroup); len(left) > 0 {
				t.Errorf("control groups are left: %q", left)
			}
		}
	}
	s.verify(t)
	if t.Failed() {
		log, _ := os.ReadFile(filepath.Join(s.home, "engine", "log"))
		t.Logf("the log of the engine ends with:\n%s", log[max(0, len(log)-4000):])
	}
}

// outcome is how a command ended.
type outcome struct {
	args           []string
	code           int // -1 of a signal
	signal         syscall.Signal
	stdout, stderr string
	ended          time.Time
}

func (o outcome) String() string {
	return "strake " + strings.Join(o.args, " ") + ": exit code " + strconv.Itoa(o.code) + "\n" + o.stdout + o.stderr
}

// errors gives the messages that the user was shown: what a step or the progress
// prints is none.
func (o outcome) errors() []string {
	return regexp.MustCompile(`(?m)^(?:\S+: )?error: .*$`).FindAllString(o.stderr, -1)
}

// command is a call of strake, in a process group of its own.
func (s *sandbox) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env, cmd.Dir = s.env, s.home
	return cmd
}

// started is a command that runs.
type started struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	done           chan outcome
}

// start runs a command in the background. One that hangs is killed, with what its
// goroutines do in its output.
func (s *sandbox) start(t *testing.T, args ...string) *started {
	t.Helper()
	c := &started{Cmd: s.command(args...), done: make(chan outcome, 1)}
	c.Stdout, c.Stderr = &c.stdout, &c.stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		hang := time.AfterFunc(bounded, func() { c.Process.Signal(syscall.SIGQUIT) })
		defer hang.Stop()
		c.Wait()
		o := outcome{args: args, code: c.ProcessState.ExitCode(), stdout: c.stdout.String(), stderr: c.stderr.String(), ended: time.Now()}
		o.signal = c.ProcessState.Sys().(syscall.WaitStatus).Signal()
		c.done <- o
	}()
	return c
}

// run runs a command to its end.
func (s *sandbox) run(t *testing.T, args ...string) outcome {
	t.Helper()
	o := <-s.start(t, args...).done
	if strings.Contains(o.stderr, "goroutine ") {
		t.Errorf("it hangs or panics: %v", o)
	}
	return o
}

// must runs a command that has to succeed, and gives what it prints.
func (s *sandbox) must(t *testing.T, args ...string) string {
	t.Helper()
	o := s.run(t, args...)
	if o.code != 0 {
		t.Fatalf("%v", o)
	}
	return o.stdout
}

// contextWith makes a build context.
func contextWith(t *testing.T, lines ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// id gives the id of an image, "" when there is none.
func (s *sandbox) id(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSpace(s.run(t, "images", "-q", "--no-trunc", name).stdout)
}

// verify has strake check the store.
func (s *sandbox) verify(t *testing.T) {
	t.Helper()
	if r := s.run(t, "fsck"); r.code != 0 {
		t.Errorf("%v", r)
	}
}

// engine gives the processes of the engine, 0 for one that is not there. What they
// are about to start looks like them for a moment.
func (s *sandbox) engine() (supervisor, buildkitd int) {
	kind := func(pid int) string {
		line := commandLine(pid)
		for _, kind := range []string{" engine run ", "buildkitd "} {
			if strings.Contains(line, kind) && strings.Contains(line, s.home+"/") {
				return kind
			}
		}
		return ""
	}
	for _, pid := range pids() {
		switch mine, above := kind(pid), kind(parent(pid)); {
		case mine == "" || mine == above:
		case mine == "buildkitd ":
			buildkitd = pid
		default:
			supervisor = pid
		}
	}
	return supervisor, buildkitd
}

// parent gives the process that has started one, 0 when there is none.
func parent(pid int) int {
	stat, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	above, _ := strconv.Atoi(fields[1])
	return above
}

// processes lists what runs of the engine: what has the home in its arguments, or in
// its file systems, as steps do.
func (s *sandbox) processes() []string {
	var list []string
	for _, pid := range pids() {
		dir := filepath.Join("/proc", strconv.Itoa(pid))
		root, _ := os.Readlink(filepath.Join(dir, "root"))
		work, _ := os.Readlink(filepath.Join(dir, "cwd"))
		mounts, _ := os.ReadFile(filepath.Join(dir, "mountinfo"))
		line := commandLine(pid)
		if strings.Contains(strings.Join([]string{line, root, work, string(mounts)}, "\n"), s.home+"/engine") {
			list = append(list, strconv.Itoa(pid)+" "+line)
		}
	}
	return list
}

// left gives those of some processes that are still there. A build that had not
// connected when its engine was killed has started another one.
func (s *sandbox) left(old []string) func() []string {
	return func() []string {
		return slices.DeleteFunc(s.processes(), func(p string) bool { return !slices.Contains(old, p) })
	}
}

func pids() []int {
	var list []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && pid != os.Getpid() {
			list = append(list, pid)
		}
	}
	return list
}

func commandLine(pid int) string {
	line, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	return strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
}

// mounts lists what is mounted below the home, as this process sees it.
func (s *sandbox) mounts(t *testing.T) []string {
	t.Helper()
	found, err := mountinfo.GetMounts(mountinfo.PrefixFilter(s.home + "/"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range found {
		list = append(list, m.Mountpoint)
	}
	return list
}

// cgroup is the parent of all control groups that the engine makes.
func (s *sandbox) cgroup() string {
	config, _ := os.ReadFile(filepath.Join(s.home, "engine", "buildkitd.toml"))
	if m := regexp.MustCompile(`defaultCgroupParent = ['"](.*)['"]`).FindSubmatch(config); m != nil {
		return string(m[1])
	}
	return ""
}

// eventually waits until a list of what is in the way is empty.
func eventually(t *testing.T, most time.Duration, what string, rest func() []string) time.Duration {
	t.Helper()
	start := time.Now()
	for {
		left := rest()
		if len(left) == 0 {
			return time.Since(start)
		}
		if time.Since(start) > most {
			t.Errorf("%s: after %v there is still %q", what, most, left)
			return most
		}
		time.Sleep(20 * time.Millisecond)
	}
}
