//go:build linux

package engine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed/figure"
)

// TestSpeed compares the start of the embedded engine, from nothing to ready, with
// that of the same buildkitd by hand; and measures how long a command takes to find
// the engine that runs.
func TestSpeed(t *testing.T) {
	if os.Getenv("STRAKE_BENCH") == "" {
		t.Skip("set STRAKE_BENCH=1 to measure")
	}
	const rounds = 15
	o := here(t)
	var ours, hand, again []time.Duration
	for range rounds {
		o.Dir = filepath.Join(t.TempDir(), "engine")
		start := time.Now()
		e := find(t, o)
		ours = append(ours, time.Since(start))
		start = time.Now()
		second := find(t, o)
		again = append(again, time.Since(start))
		second.Close()
		if _, err := Stop(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		hand = append(hand, byHand(t, o, e.local))
	}
	for _, list := range [][]time.Duration{ours, hand, again} {
		slices.Sort(list)
	}
	const middle = rounds / 2
	ratio := float64(ours[middle]) / float64(hand[middle])
	figure.Report(t, figure.Figure{What: "engine: from nothing to ready, buildkitd by hand", Ours: ours[middle].String(), Theirs: hand[middle].String(),
		Result: fmt.Sprintf("%.2f", ratio), Target: "<= 1.20", Missed: ratio > 1.2})
	figure.Report(t, figure.Figure{What: "engine: found when it runs", Ours: again[middle].String(),
		Result: again[middle].String(), Target: "<= 5ms", Missed: again[middle] > 5*time.Millisecond})
}

// byHand starts buildkitd as the engine does, but in an empty directory, and gives
// the time until it answers.
func byHand(t *testing.T, o Options, s *session) time.Duration {
	t.Helper()
	l, err := o.prepare(s.place)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.path(rootDir)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(l.Buildkitd, l.arguments()...)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}()
	var took time.Duration
	wait(t, "buildkitd answers", func() bool {
		e, _ := s.connect(t.Context())
		if e == nil {
			return false
		}
		took = time.Since(start)
		e.Client.Close()
		return true
	})
	return took
}
