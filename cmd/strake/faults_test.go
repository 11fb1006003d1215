//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// slowBuild has several steps and a layer of some size. Each value of ROUND is a
// build of which nothing is in the cache.
var slowBuild = []string{
	"FROM busybox",
	"ARG ROUND",
	"RUN echo $ROUND >/round && head -c 8000000 /dev/urandom >/random",
	"RUN sleep 0.2 && cp /random /copy",
	"RUN sleep 0.2 && rm /copy",
	"RUN echo done >/done",
}

// TestEngineKilled kills the engine at random points of builds, and its supervisor
// with it or not.
func TestEngineKilled(t *testing.T) {
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	random := dice(t)
	context := contextWith(t, slowBuild...)
	s.must(t, "build", "-t", "kept", contextWith(t, "FROM busybox", "RUN echo kept >/kept"))
	kept := s.id(t, "kept")
	start := time.Now()
	s.must(t, "build", "-t", "app", "--build-arg", "ROUND=first", context)
	whole := time.Since(start)

	var slowest, recovery time.Duration
	lost := 0
	for round := range faultRounds(t, 10) {
		before := s.id(t, "app")
		at := time.Duration(random.Int64N(int64(whole)))
		b := s.start(t, "build", "-t", "app", "--build-arg", fmt.Sprint("ROUND=", round), context)
		time.Sleep(at)
		supervisor, buildkitd := s.engine()
		victim := buildkitd
		if round%2 == 1 {
			victim = supervisor
		}
		if err := syscall.Kill(victim, syscall.SIGKILL); err != nil || victim == 0 {
			t.Fatalf("round %d: kill %d: %v", round, victim, err)
		}
		killed := time.Now()
		o := <-b.done
		took := o.ended.Sub(killed)
		switch {
		case o.code == 0:
			if after := s.id(t, "app"); after == before || after == "" {
				t.Errorf("round %d, after %v: it succeeds, and the image is %q", round, at, after)
			}
		case o.code != exitFailure || len(o.errors()) != 1 || !strings.Contains(o.stderr, "[engine-lost]"):
			t.Errorf("round %d, after %v: expected one error engine-lost:\n%v", round, at, o)
		default:
			lost++
			slowest = max(slowest, took)
			if took > 5*time.Second {
				t.Errorf("round %d, after %v: the build took %v to see it", round, at, took)
			}
			if after := s.id(t, "app"); after != before {
				t.Errorf("round %d, after %v: the image is now %s", round, at, after)
			}
		}
		eventually(t, 3*time.Second, "the killed engine goes", s.processes)
		start := time.Now()
		s.must(t, "build", "-t", "next", contextWith(t, "FROM busybox", fmt.Sprint("RUN echo ", round, " >/next")))
		recovery = max(recovery, time.Since(start))
		s.verify(t)
	}
	if now := s.id(t, "kept"); now != kept {
		t.Errorf("the image kept is %s now", now)
	}
	t.Logf("a build takes %v; %d were cut off, told at most %v later; the next build took at most %v", whole, lost, slowest, recovery)
}

// TestEngineKilledAtStart kills what starts the engine.
func TestEngineKilledAtStart(t *testing.T) {
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	random := dice(t)
	context := contextWith(t, "FROM busybox", "RUN true")
	s.must(t, "build", context)
	for round := range faultRounds(t, 4) {
		s.must(t, "engine", "stop")
		b := s.start(t, "build", context)
		var victim int
		for supervisor, buildkitd := 0, 0; victim == 0; supervisor, buildkitd = s.engine() {
			if victim = supervisor; round%2 == 1 {
				victim = buildkitd
			}
		}
		time.Sleep(time.Duration(random.Int64N(int64(150 * time.Millisecond))))
		syscall.Kill(victim, syscall.SIGKILL)
		o := <-b.done
		if o.code != 0 && (o.code != exitFailure || len(o.errors()) != 1 || !strings.Contains(o.stderr, "[engine-")) {
			t.Errorf("round %d: expected one error about the engine:\n%v", round, o)
		}
		eventually(t, 3*time.Second, "the killed engine goes", s.processes)
		s.must(t, "build", context)
	}
}

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
	for end := time.Now().Add(30 * time.Second); len(list()) == 0; {
		if time.Now().After(end) {
			b.Process.Kill()
			t.Fatalf("%q does not run: %v", command, <-b.done)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return list
}

// TestInterruptedBuild interrupts a build in the middle of a step.
func TestInterruptedBuild(t *testing.T) {
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	for i, c := range []struct {
		name, step string
		signals    []syscall.Signal
		frozen     bool
	}{
		{name: "SIGINT", step: "sleep 60", signals: []syscall.Signal{syscall.SIGINT}},
		{name: "SIGTERM", step: "sleep 61", signals: []syscall.Signal{syscall.SIGTERM}},
		{name: "deaf step", step: "trap true INT TERM HUP; while true; do sleep 62; done", signals: []syscall.Signal{syscall.SIGINT}},
		{name: "frozen engine", step: "sleep 63", signals: []syscall.Signal{syscall.SIGINT}, frozen: true},
		{name: "twice", step: "sleep 64", signals: []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, frozen: true},
	} {
		_, engine := s.engine()
		b := s.start(t, "build", "-t", "interrupted", contextWith(t, "FROM busybox", "RUN "+c.step))
		running := s.stepRuns(t, b, fmt.Sprint("sleep ", 60+i))
		_, buildkitd := s.engine()
		if engine != 0 && engine != buildkitd {
			t.Errorf("%s: there is another engine", c.name)
		}
		if c.frozen {
			syscall.Kill(buildkitd, syscall.SIGSTOP)
		}
		var sent time.Time
		for range c.signals {
			sent = time.Now()
			b.Process.Signal(c.signals[0])
			time.Sleep(100 * time.Millisecond)
		}
		o := <-b.done
		took := o.ended.Sub(sent)
		if c.frozen {
			syscall.Kill(buildkitd, syscall.SIGCONT)
		}
		t.Logf("%s: it ends after %v", c.name, took)
		if len(c.signals) > 1 {
			if o.signal != syscall.SIGINT || took > 500*time.Millisecond {
				t.Errorf("%s: expected an end at once, not after %v: %v", c.name, took, o)
			}
		} else if o.code != exitInterrupt || took > 2*time.Second {
			t.Errorf("%s: expected exit code %d in 2 s, not after %v: %v", c.name, exitInterrupt, took, o)
		}
		if len(o.errors()) > 0 {
			t.Errorf("%s: an interrupt is no error: %v", c.name, o)
		}
		t.Logf("%s: the step ends after %v", c.name, eventually(t, 5*time.Second, c.name+": the step ends", running))
		if id := s.id(t, "interrupted"); id != "" {
			t.Errorf("%s: there is an image %s", c.name, id)
		}
		s.must(t, "build", "-t", "works", contextWith(t, "FROM busybox", fmt.Sprint("RUN echo ", c.name)))
	}
}

// TestClosedStreams builds for readers that go away.
func TestClosedStreams(t *testing.T) {
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
		case <-time.After(20 * time.Second):
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
	if err := b.Run(); b.ProcessState.ExitCode() != exitFailure || !strings.Contains(stderr.String(), "error: ") {
		t.Errorf("a full standard output: %v\n%s", err, &stderr)
	}
	t.Logf("a full standard output: %s", &stderr)
}
