//go:build linux

package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// faultRounds is how often faults are tried, of which one comes by chance: five times as often with
// STRAKE_LONG=1, or $STRAKE_FAULTS, for a long search.
func faultRounds(t *testing.T, usual int) int {
	t.Helper()
	text := os.Getenv("STRAKE_FAULTS")
	if text == "" {
		if testbed.Sample(1, 2) {
			usual *= 5
		}
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
	if testing.Short() {
		t.Skip("takes minutes, and all that runs is other processes")
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	if _, err := exec.LookPath("runc"); err != nil {
		t.Skip("runc is missing: apt-get install runc")
	}
	buildkitd := testbed.Buildkitd(t)
	// The path of a socket has to be short. What a buildkitd that is killed leaves of its
	// temporary files goes with the home.
	home, err := os.MkdirTemp("", "st")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Unmount(home, syscall.MNT_DETACH) // see ownDisk
		os.RemoveAll(home)
	})
	s := &sandbox{home: home, program: testbed.Strake(t), env: append(os.Environ(),
		"STRAKE_HOME="+home, "TMPDIR="+home, "STRAKE_BUILDKITD="+buildkitd, "BUILDKIT_HOST=embedded", "DOCKER_CONFIG="+t.TempDir(),
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
	eventually(t, "the engine leaves", func() []string { return append(s.processes(), s.mounts(t)...) })
	if cgroup != "" {
		eventually(t, "the control groups go", func() (left []string) {
			for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
				found, _ := filepath.Glob(pattern + cgroup)
				left = append(left, found...)
			}
			return left
		})
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
