package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/testbed/figure"
)

// rounds of each measurement. The programs take turns, so that what else the
// machine does hits both.
const rounds = 15

// racer is a program that is measured.
type racer struct {
	name string
	run  func(round int) *exec.Cmd
}

// race measures programs in turns, and gives the median of each.
func race(t *testing.T, n int, racers ...racer) []time.Duration {
	t.Helper()
	times := make([][]time.Duration, len(racers))
	for round := range n {
		for i, r := range racers {
			cmd := r.run(round)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			start := time.Now()
			if err := cmd.Run(); err != nil {
				t.Fatalf("%s: %v\n%s", r.name, err, &out)
			}
			times[i] = append(times[i], time.Since(start))
		}
	}
	medians := make([]time.Duration, len(racers))
	for i := range times {
		slices.Sort(times[i])
		medians[i] = times[i][len(times[i])/2]
	}
	return medians
}

// limit reports a ratio, and holds it against the most it may be.
func limit(t *testing.T, what string, ours, theirs time.Duration, most float64) {
	t.Helper()
	ratio := float64(ours) / float64(theirs)
	figure.Report(t, figure.Figure{What: what, Ours: ours.Round(100 * time.Microsecond).String(), Theirs: theirs.Round(100 * time.Microsecond).String(),
		Result: fmt.Sprintf("%.2f", ratio), Target: fmt.Sprintf("<= %.2f", most), Missed: ratio > most})
}

// TestSpeed measures builds beside docker's buildx, on the same daemon.
func TestSpeed(t *testing.T) {
	if os.Getenv("STRAKE_BENCH") == "" {
		t.Skip("set STRAKE_BENCH, or run make bench")
	}
	strake, buildx := testbed.Strake(t), testbed.Buildx(t)
	d := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Bases()...))
	config, home := d.Remote(t), t.TempDir()
	command := func(env []string, name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Env = append(append(os.Environ(), "STRAKE_HOME="+home, "BUILDX_CONFIG="+config, "DOCKER_CONFIG="+config, "BUILDKIT_HOST="+d.Addr), env...)
		return cmd
	}
	for _, e := range examples() {
		flags := testbed.ProxyFlags()
		if e.flags != nil {
			flags = append(flags, e.flags(t)...)
		}
		context := filepath.Join("..", "..", "examples", e.name)
		build := func(program string, more ...string) func(int) *exec.Cmd {
			return func(int) *exec.Cmd {
				return command(nil, program, slices.Concat([]string{"build"}, flags, more, []string{context})...)
			}
		}
		t.Run(e.name, func(t *testing.T) {
			race(t, 1, racer{"warm up", build(strake, "-o", "type=cacheonly")})
			m := race(t, rounds, racer{"strake", build(strake, "-o", "type=cacheonly")}, racer{"buildx", build(buildx, "-o", "type=cacheonly")})
			limit(t, "cached: "+e.name+", buildx", m[0], m[1], 0.7)
		})
	}
	t.Run("help", func(t *testing.T) { help(t, strake) })
	t.Run("cold", func(t *testing.T) { coldBuilds(t, command, strake, buildx) })
	t.Run("stores", func(t *testing.T) { stores(t, command, strake, buildx) })
}

// help measures how long a command takes that does nothing.
func help(t *testing.T, strake string) {
	buildctl := filepath.Join(t.TempDir(), "buildctl")
	if out, err := exec.Command("go", "build", "-o", buildctl, "github.com/moby/buildkit/cmd/buildctl").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	m := race(t, 10*rounds,
		racer{"strake", func(int) *exec.Cmd { return exec.Command(strake, "build", "--help") }},
		racer{"buildctl", func(int) *exec.Cmd { return exec.Command(buildctl, "--version") }})
	limit(t, "strake build --help, buildctl --version", m[0], m[1], 2)
}

// coldBuilds measures builds of which nothing is in the cache: each has an argument
// of its own.
func coldBuilds(t *testing.T, command func([]string, string, ...string) *exec.Cmd, strake, buildx string) {
	dir := t.TempDir()
	var text strings.Builder
	text.WriteString("FROM debian:bookworm AS build\nARG ROUND\nWORKDIR /src\nCOPY . .\n")
	for i := range 10 {
		fmt.Fprintf(&text, "RUN echo $ROUND %d >>/log && cp -r /usr/share/perl5 /copy%d\n", i, i)
	}
	text.WriteString("FROM debian:bookworm\nCOPY --from=build /log /copy1 /\n")
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	cold := func(program, who string) func(int) *exec.Cmd {
		return func(round int) *exec.Cmd {
			return command(nil, program, "build", "--build-arg", fmt.Sprintf("ROUND=%s%d", who, round), "-o", "type=cacheonly", dir)
		}
	}
	m := race(t, rounds, racer{"strake", cold(strake, "a")}, racer{"buildx", cold(buildx, "b")})
	limit(t, "cold: 10 steps, buildx", m[0], m[1], 1.05)
}

// stores measures how long it takes to have an image, when its steps are cached.
func stores(t *testing.T, command func([]string, string, ...string) *exec.Cmd, strake, buildx string) {
	dir := filepath.Join("..", "..", "examples", "ubuntu-with-vi")
	flags := testbed.ProxyFlags()
	first := func(round int) *exec.Cmd {
		return command([]string{fmt.Sprintf("STRAKE_HOME=%s/%d", t.TempDir(), round)}, strake, slices.Concat([]string{"build"}, flags, []string{"-t", "vi", dir})...)
	}
	again := func(int) *exec.Cmd {
		return command(nil, strake, slices.Concat([]string{"build"}, flags, []string{"-t", "vi", dir})...)
	}
	tar := func(int) *exec.Cmd {
		return command(nil, buildx, slices.Concat([]string{"build"}, flags, []string{"-o", "type=oci,dest=" + filepath.Join(t.TempDir(), "vi.tar"), dir})...)
	}
	race(t, 1, racer{"warm up", again}, racer{"warm up", tar})
	m := race(t, rounds, racer{"strake", first}, racer{"strake, again", again}, racer{"buildx", tar})
	limit(t, "an image to an empty store, a tar of buildx", m[0], m[2], 1)
	limit(t, "an unchanged image again, a tar of buildx", m[1], m[2], 1)
}
