//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
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
	t.Parallel()
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	random := dice(t)
	context := contextWith(t, slowBuild...)
	s.must(t, "build", "-t", "kept", contextWith(t, "FROM busybox", "RUN echo kept >/kept"))
	kept := s.id(t, "kept")
	start := time.Now()
	s.must(t, "build", "-t", "app", "--build-arg", "ROUND=first", context)
	whole := time.Since(start)

	var slowest, recovery time.Duration
	lost, want := 0, faultRounds(t, 4)
	for round := 0; lost < want && round < 3*want; round++ { // some come too late
		before := s.id(t, "app")
		at := time.Duration(random.Int64N(int64(whole)))
		b := s.start(t, "build", "-t", "app", "--build-arg", fmt.Sprint("ROUND=", round), context)
		time.Sleep(at)
		supervisor, buildkitd := s.engine()
		victim := buildkitd
		if round%2 == 1 {
			victim = supervisor
		}
		old := s.processes()
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
		case o.code != cli.ExitFailure || len(o.errors()) != 1 || !strings.Contains(o.stderr, "[engine-lost]"):
			t.Errorf("round %d, after %v: expected one error engine-lost:\n%v", round, at, o)
		default:
			lost++
			slowest = max(slowest, took)
			if took > soon {
				t.Errorf("round %d, after %v: the build took %v to see it", round, at, took)
			}
			if after := s.id(t, "app"); after != before {
				t.Errorf("round %d, after %v: the image is now %s", round, at, after)
			}
		}
		eventually(t, "the killed engine goes", s.left(old))
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
	t.Parallel()
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	random := dice(t)
	context := contextWith(t, "FROM busybox", "RUN true")
	s.must(t, "build", context)
	for round := range faultRounds(t, 2) {
		s.must(t, "engine", "stop")
		b := s.start(t, "build", context)
		var victim int
		for supervisor, buildkitd := 0, 0; victim == 0; supervisor, buildkitd = s.engine() {
			if victim = supervisor; round%2 == 1 {
				victim = buildkitd
			}
		}
		time.Sleep(time.Duration(random.Int64N(int64(150 * time.Millisecond))))
		old := s.processes()
		syscall.Kill(victim, syscall.SIGKILL)
		o := <-b.done
		if o.code != 0 && (o.code != cli.ExitFailure || len(o.errors()) != 1 || !strings.Contains(o.stderr, "[engine-")) {
			t.Errorf("round %d: expected one error about the engine:\n%v", round, o)
		}
		eventually(t, "the killed engine goes", s.left(old))
		s.must(t, "build", context)
	}
}

// TestHomeDeleted deletes all that strake has while the engine runs: nobody could
// stop that any more.
func TestHomeDeleted(t *testing.T) {
	t.Parallel()
	registry := testbed.StartRegistry(t, testbed.Busybox)
	s := newSandbox(t, registry)
	s.env = append(s.env, "STRAKE_ENGINE_IDLE=1m") // much longer than soon
	context := contextWith(t, "FROM busybox", "RUN true")
	s.must(t, "build", "-t", "app", context)
	for os.RemoveAll(s.home) != nil { // the engine may write meanwhile
	}
	eventually(t, "the engine ends", s.processes)
	if err := os.MkdirAll(s.home, 0o755); err != nil {
		t.Fatal(err)
	}
	s.configure(t, registry)
	s.must(t, "build", "-t", "app", context)
}

// TestSnapshotCutOff has what BuildKit leaves that was killed as it made a snapshot: its
// directory, but no entry in its database.
func TestSnapshotCutOff(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	s.must(t, "build", contextWith(t, "FROM busybox", "RUN echo 1"))
	supervisor, _ := s.engine()
	syscall.Kill(supervisor, syscall.SIGKILL)
	found, err := filepath.Glob(s.home + "/engine/root/runc-*/snapshots/snapshots/*")
	if err != nil || len(found) == 0 {
		t.Fatalf("there are no snapshots: %v", err)
	}
	for number := range 2 * len(found) {
		dir := filepath.Join(filepath.Dir(found[0]), fmt.Sprint(number))
		if err := os.Mkdir(dir, 0o700); err == nil {
			err = os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	s.must(t, "build", contextWith(t, "FROM busybox", "RUN echo 2"))
}
