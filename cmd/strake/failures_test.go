//go:build linux

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// failureBlocks are the diagnostics of failed commands, as "line, exit code, stage, output".
func failureBlocks(stderr string) []string {
	var out []string
	pattern := regexp.MustCompile(`(?s)^\S*Dockerfile:(\d+):1: error: the command failed with exit code (\d+) .*= step: \[(\w+) .*= output: (\S+)`)
	for block := range strings.SplitSeq(stderr, "\n\n") {
		if m := pattern.FindStringSubmatch(strings.TrimSpace(block)); m != nil {
			out = append(out, strings.Join(m[1:], ", "))
		}
	}
	return out
}

// TestStepsFailAtOnce has the steps of three stages fail at the same time: what is said of
// one is never that of another.
func TestStepsFailAtOnce(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	context := contextWith(t,
		"FROM busybox AS a", "RUN sleep 0.2; echo from-a; exit 3",
		"FROM busybox AS b", "RUN sleep 0.2; echo from-b; exit 4",
		"FROM busybox AS c", "RUN sleep 0.2; echo from-c; exit 5",
		"FROM scratch", "COPY --from=a / /", "COPY --from=b / /", "COPY --from=c / /")
	right := []string{"2, 3, a, from-a", "4, 4, b, from-b", "6, 5, c, from-c"}
	count := map[int]int{}
	runs := faultRounds(t, 8) // what is mixed up is mixed up by chance
	for range runs {
		o := s.run(t, "build", "--no-cache", "--progress=quiet", context)
		got := failureBlocks(o.stderr)
		count[len(got)]++
		if o.code != 1 || len(got) != len(o.errors()) || len(got) == 0 {
			t.Fatalf("%v: %q", o, got)
		}
		if !slices.IsSorted(got) {
			t.Errorf("they are not in the order of the file: %q", got)
		}
		for _, g := range got {
			if !slices.Contains(right, g) {
				t.Errorf("%q belongs to no step:\n%v", g, o)
			}
		}
	}
	t.Logf("of %d builds so many had so many failures: %v", runs, count)
}

// TestEqualBuildsFail starts builds at the same time whose steps are equal, so that the
// daemon runs one of them for all. Each is told of its own line and its own stage. The
// base is in the local store: the digests of vertices have the session in them then.
func TestEqualBuildsFail(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	s.must(t, "build", "-t", "own", contextWith(t, "FROM busybox", "LABEL own=1"))
	const builds = 4
	for _, base := range []string{"busybox", "own"} {
		for round := range faultRounds(t, 2) {
			var all []*started
			for i := range builds {
				lines := slices.Repeat([]string{"# a comment"}, i)
				lines = append(lines, fmt.Sprintf("FROM %s AS stage%d", base, i),
					fmt.Sprintf("RUN echo round-%d; sleep 0.7; exit 9", round), "FROM scratch", fmt.Sprintf("COPY --from=stage%d / /", i))
				all = append(all, s.start(t, "build", "--progress=quiet", contextWith(t, lines...)))
			}
			for i, b := range all {
				o := <-b.done
				want := fmt.Sprintf("%d, 9, stage%d, round-%d", i+2, i, round)
				if got := failureBlocks(o.stderr); len(got) != 1 || got[0] != want {
					t.Errorf("base %s: %q, not %q:\n%v", base, got, want, o)
				}
			}
		}
	}
}
