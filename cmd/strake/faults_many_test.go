//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestFiftyBuilds starts 50 builds at once, with no engine and no store there.
func TestFiftyBuilds(t *testing.T) {
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	const builds = 50
	context := contextWith(t, "FROM busybox AS run", "ARG NUMBER", "RUN echo $NUMBER >/number",
		"FROM scratch", "ARG NUMBER", "LABEL number=$NUMBER", "COPY --from=run /number /")
	start := time.Now()
	var all []*started
	for i := range builds {
		args := []string{"build", "-t", fmt.Sprint("own:", i), "--build-arg", fmt.Sprint("NUMBER=", i), context}
		if i%2 == 0 {
			args = append(args, "-t", "shared")
		}
		all = append(all, s.start(t, args...))
	}
	for _, b := range all {
		if o := <-b.done; o.code != 0 {
			t.Errorf("%v", o)
		}
	}
	t.Logf("%d builds at once take %v", builds, time.Since(start))
	log, err := os.ReadFile(filepath.Join(s.home, "engine", "log"))
	if n := strings.Count(string(log), "buildkitd starts"); err != nil || n != 1 {
		t.Errorf("the engine was started %d times, %v", n, err)
	}
	s.verify(t)
	names := []string{"inspect", "-f", "{{.Config.Labels.number}} {{.ID}}", "shared"}
	for i := range builds {
		names = append(names, fmt.Sprint("own:", i))
	}
	lines := strings.Split(strings.TrimSpace(s.must(t, names...)), "\n") // a number and an id
	if len(lines) != 1+builds {
		t.Fatalf("%d images are inspected: %q", len(lines), lines)
	}
	owners := 0
	for i, line := range lines[1:] {
		if number, _, _ := strings.Cut(line, " "); number != fmt.Sprint(i) {
			t.Errorf("own:%d is the image of build %q", i, number)
		}
		if line == lines[0] && i%2 == 0 {
			owners++
		}
	}
	if owners != 1 {
		t.Errorf("the shared name is of %d builds: %q", owners, lines[0])
	}
}

// TestBuildsAndPrunes deletes caches and images while builds run that need them.
func TestBuildsAndPrunes(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, testbed.StartRegistry(t, testbed.Busybox))
	context := contextWith(t, "FROM base", "ARG ROUND", "RUN echo $ROUND >/round && sleep 0.1", "COPY Dockerfile /", "RUN sleep 0.1 && dd if=/dev/urandom of=/big bs=100k count=10")
	s.must(t, "build", "-t", "base", contextWith(t, "FROM busybox", "RUN dd if=/dev/urandom of=/base bs=100k count=5"))
	for round := range faultRounds(t, 3) {
		var both []*started
		for _, name := range []string{"a", "b"} {
			both = append(both, s.start(t, "build", "-t", name, "-t", fmt.Sprint(name, ":", round), "--build-arg", fmt.Sprint("ROUND=", name, round), context))
		}
		for i := 0; len(both) > 0; i++ { // one after the other: many at once would be all that a slow machine does
			args := [][]string{
				{"engine", "prune", "--all", "-f"}, {"fsck"}, {"engine", "prune", "--all", "-f"}, {"images"},
				{"rmi", "-f", fmt.Sprint("a:", round-1), fmt.Sprint("b:", round-1)},
			}[i%5]
			// The images of the round before can be removed once.
			if o := <-s.start(t, args...).done; o.code != 0 && o.args[0] != "rmi" {
				t.Errorf("round %d: %v", round, o)
			}
			select {
			case o := <-both[0].done:
				if o.code != 0 {
					t.Errorf("round %d: %v", round, o)
				}
				both = both[1:]
			default:
			}
		}
		for _, name := range []string{"a", "b"} {
			if id := s.id(t, name+":latest"); id == "" || id != s.id(t, fmt.Sprint(name, ":", round)) {
				t.Errorf("round %d: the images are:\n%s", round, s.must(t, "images"))
			}
		}
		s.verify(t)
	}
	for _, name := range []string{"a", "b", "base"} {
		s.must(t, "save", "-o", filepath.Join(t.TempDir(), "image.tar"), name)
	}
}
