//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// stepRuns waits until a step runs, and gives what lists its processes.
func (s *sandbox) stepRuns(t *testing.T, b *started, command string) func() []string {
	t.Helper()
	list := func() []string {
		var found []string
		for _, p := range s.processes() {
			if strings.HasSuffix(p, " "+command) {
				found = append(found, p)
			}
		}
		return found
	}
	for end := time.Now().Add(bounded); len(list()) == 0; {
		if time.Now().After(end) {
			b.Process.Kill()
			t.Fatalf("%q does not run: %v", command, <-b.done)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return list
}

// interruption is how a build is interrupted in the middle of a step.
type interruption struct {
	name, step, last string // last is the process of the step that shows that it runs
	signal           syscall.Signal
	frozen, again    bool
}

// TestInterruptedBuild interrupts a build in the middle of a step.
func TestInterruptedBuild(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	for _, c := range []interruption{
		{name: "SIGINT", step: "sleep 60", last: "sleep 60", signal: syscall.SIGINT},
		{name: "SIGTERM", step: "sleep 61", last: "sleep 61", signal: syscall.SIGTERM},
		{name: "deaf step", step: "trap true INT TERM HUP; while true; do sleep 62; done", last: "sleep 62", signal: syscall.SIGINT},
		{name: "frozen engine", step: "sleep 63", last: "sleep 63", signal: syscall.SIGINT, frozen: true},
		{name: "again", step: "sleep 64", last: "sleep 64", signal: syscall.SIGINT, frozen: true, again: true},
	} {
		o := s.interrupt(t, c)
		for tries := 1; c.again && o.code == cli.ExitInterrupt && tries < 5; tries++ {
			o = s.interrupt(t, c) // its grace was over before the second signal came
		}
		if c.again && o.signal != c.signal || !c.again && o.code != cli.ExitInterrupt {
			t.Errorf("%s: expected exit code %d or the signal: %v", c.name, cli.ExitInterrupt, o)
		}
		s.must(t, "build", "-t", "works", contextWith(t, "FROM busybox", fmt.Sprint("RUN echo ", c.name)))
	}
}

// interrupt builds until the step runs, and interrupts that. The build and the step end
// soon, without an error or an image.
func (s *sandbox) interrupt(t *testing.T, c interruption) outcome {
	t.Helper()
	_, engine := s.engine()
	b := s.start(t, "build", "-t", "interrupted", contextWith(t, "FROM busybox", "RUN "+c.step))
	running := s.stepRuns(t, b, c.last)
	_, buildkitd := s.engine()
	if engine != 0 && engine != buildkitd {
		t.Errorf("%s: there is another engine", c.name)
	}
	if c.frozen {
		syscall.Kill(buildkitd, syscall.SIGSTOP)
	}
	sent := time.Now()
	syscall.Kill(-b.Process.Pid, c.signal) // as a terminal does
	var o outcome
	for ended := false; !ended; {
		select {
		case o = <-b.done:
			ended = true
		case <-time.After(100 * time.Millisecond):
			if c.again { // two that come at once are one
				syscall.Kill(-b.Process.Pid, c.signal)
			}
		}
	}
	took := o.ended.Sub(sent)
	if c.frozen {
		syscall.Kill(buildkitd, syscall.SIGCONT)
	}
	t.Logf("%s: it ends after %v", c.name, took)
	if took > soon {
		t.Errorf("%s: it ends only after %v: %v", c.name, took, o)
	}
	if len(o.errors()) > 0 {
		t.Errorf("%s: an interrupt is no error: %v", c.name, o)
	}
	t.Logf("%s: the step ends after %v", c.name, eventually(t, c.name+": the step ends", running))
	if id := s.id(t, "interrupted"); id != "" {
		t.Errorf("%s: there is an image %s", c.name, id)
	}
	return o
}

// TestCutOffAnywhere interrupts or kills builds at random points.
func TestCutOffAnywhere(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	random := dice(t)
	context := contextWith(t, slowBuild...)
	out := t.TempDir()
	build := func(round int) []string {
		return []string{"build", "-t", "app", "-o", "type=store", "-o", "type=docker,dest=" + out + "/app.tar", "--build-arg", fmt.Sprint("ROUND=", round), context}
	}
	s.must(t, build(-1)...)
	start := time.Now()
	s.must(t, build(-2)...)
	whole := time.Since(start)
	var slowest time.Duration
	for round := range faultRounds(t, 4) {
		at := time.Duration(random.Int64N(int64(whole)))
		signal := []syscall.Signal{syscall.SIGINT, syscall.SIGKILL}[round%2]
		b := s.start(t, build(round)...)
		time.Sleep(at)
		sent := time.Now()
		syscall.Kill(-b.Process.Pid, signal)
		o := <-b.done
		if took := o.ended.Sub(sent); signal == syscall.SIGINT && o.code != 0 {
			slowest = max(slowest, took)
			// A program that has hardly begun does not know of signals yet.
			early := o.signal == signal && o.stderr == ""
			if o.code != cli.ExitInterrupt && !early || took > soon {
				t.Errorf("round %d, after %v: expected exit code %d soon, not after %v: %v", round, at, cli.ExitInterrupt, took, o)
			}
		}
		left, _ := filepath.Glob(out + "/.*")
		for _, name := range left {
			if os.Remove(name); signal == syscall.SIGINT {
				t.Errorf("round %d, after %v: %s is left", round, at, name)
			}
		}
		if s.id(t, "app") == "" {
			t.Errorf("round %d, after %v: there is no image", round, at)
		}
		eventually(t, "the steps end", func() []string {
			var steps []string
			for _, p := range s.processes() {
				if strings.Contains(p, " sleep ") || strings.Contains(p, "/bin/sh -c") {
					steps = append(steps, p)
				}
			}
			return steps
		})
		s.verify(t)
	}
	s.must(t, build(-3)...)
	s.must(t, "rmi", "app")
	if r := s.must(t, "fsck"); strings.Contains(r, "not needed") {
		t.Errorf("what was cut off is still there: %s", r)
	}
	t.Logf("a build takes %v; an interrupt ends it after at most %v", whole, slowest)
}

// TestClosedStreams builds for readers that go away.
func TestClosedStreams(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	context := contextWith(t, slowBuild...)
	s.must(t, "build", context)
	for _, c := range []struct {
		name       string
		args       []string
		out, error bool // which stream is closed after some bytes
	}{
		{"tar", []string{"-o", "-"}, true, false},
		{"oci", []string{"-o", "type=oci"}, true, false},
		{"stderr", []string{"--no-cache", "-t", "streams"}, false, true},
		{"both", []string{"--no-cache", "-o", "-"}, true, true},
	} {
		b := s.command(append([]string{"build", context}, c.args...)...)
		var readers []io.Reader
		for _, p := range []struct {
			closed bool
			pipe   func() (io.ReadCloser, error)
		}{{c.out, b.StdoutPipe}, {c.error, b.StderrPipe}} {
			if !p.closed {
				continue
			}
			r, err := p.pipe()
			if err != nil {
				t.Fatal(err)
			}
			readers = append(readers, r)
		}
		if err := b.Start(); err != nil {
			t.Fatal(err)
		}
		for _, r := range readers {
			io.ReadFull(r, make([]byte, 10))
			r.(io.Closer).Close()
		}
		ended := make(chan error, 1)
		go func() { ended <- b.Wait() }()
		select {
		case err := <-ended:
			t.Logf("%s: %v", c.name, err)
			if code := b.ProcessState.ExitCode(); code == 2 {
				t.Errorf("%s: exit code %d is that of a panic", c.name, code)
			}
		case <-time.After(bounded):
			b.Process.Kill()
			t.Errorf("%s: it hangs", c.name)
			<-ended
		}
		s.must(t, "build", context)
	}
	// A full disk behind standard output.
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	b := s.command("build", "-o", "-", context)
	b.Stdout = full
	var stderr strings.Builder
	b.Stderr = &stderr
	if err := b.Run(); b.ProcessState.ExitCode() != cli.ExitFailure || !strings.Contains(stderr.String(), "error: ") {
		t.Errorf("a full standard output: %v\n%s", err, &stderr)
	}
	t.Logf("a full standard output: %s", &stderr)
}
