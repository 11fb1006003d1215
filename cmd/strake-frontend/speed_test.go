package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"

	"github.com/seed-e0495807/strake/backend/gateway/ociimage"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/testbed/figure"
)

// TestSpeed compares the frontend with BuildKit's own, each as an image: from the start of
// a solve to the first vertex of the Dockerfile, and the most memory that it has.
func TestSpeed(t *testing.T) {
	if os.Getenv("STRAKE_BENCH") == "" {
		t.Skip("set STRAKE_BENCH=1, or run `make bench`")
	}
	hub := testbed.StartRegistry(t)
	d := testbed.StartDaemon(t, hub)
	c, err := client.New(t.Context(), d.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	images := map[string]string{
		"official": pushed(t, hub, "official", program(t, "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend")),
		"ours":     testbed.Syntax(t, hub, "ours:1"),
	}
	var stages strings.Builder
	for i := range 200 {
		fmt.Fprintf(&stages, "FROM scratch AS s%d\n", i)
		if i == 0 {
			stages.WriteString("COPY a /a0\n")
		} else {
			fmt.Fprintf(&stages, "COPY --from=s%d /a%d /a%d\n", i-1, i-1, i)
		}
	}
	const rounds = 31
	for _, file := range []struct{ name, text string }{{"small", "FROM scratch\nCOPY a /\n"}, {"200 stages", stages.String()}} {
		times, memory := map[string][]float64{}, map[string][]float64{}
		for i := range rounds + 1 {
			for _, who := range []string{"official", "ours"} {
				took, peak := first(t, c, images[who], file.text)
				if i > 0 { // the first one unpacks the image
					times[who], memory[who] = append(times[who], took.Seconds()*1e3), append(memory[who], float64(peak)/1024)
				}
			}
		}
		report(t, "frontend, "+file.name+": the first vertex", "%.1f ms", times, 0.8)
		report(t, "frontend, "+file.name+": memory", "%.1f MiB", memory, 1)
	}
}

// report holds our median against that of the official frontend.
func report(t *testing.T, what, unit string, values map[string][]float64, most float64) {
	t.Helper()
	ours, theirs := median(values["ours"]), median(values["official"])
	figure.Report(t, figure.Figure{What: what, Ours: fmt.Sprintf(unit, ours), Theirs: fmt.Sprintf(unit, theirs),
		Result: fmt.Sprintf("%.2f", ours/theirs), Target: fmt.Sprintf("<= %.2f", most), Missed: ours/theirs > most})
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func program(t *testing.T, pkg string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if log, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pushed(t *testing.T, hub *testbed.Registry, repo string, program []byte) string {
	t.Helper()
	img, err := ociimage.Make(ociimage.Options{Platform: v1.Platform{OS: "linux", Architecture: runtime.GOARCH}, Program: program})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(hub.Host + "/" + repo + ":1")
	if err == nil {
		err = remote.Write(ref, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ref.String()
}

// first solves a Dockerfile through a frontend, and gives the time until the first vertex of
// the Dockerfile is told of, and the most memory that the frontend had, in KiB.
func first(t *testing.T, c *client.Client, image, text string) (time.Duration, int64) {
	t.Helper()
	dir := t.TempDir()
	for file, data := range map[string]string{"Dockerfile": text, "a": "a"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var peak atomic.Int64
	watched := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				peak.Store(max(peak.Load(), frontendMemory()))
			}
		}
	}()
	status := make(chan *client.SolveStatus)
	var took time.Duration
	seen := make(chan struct{})
	start := time.Now()
	go func() {
		defer close(seen)
		for s := range status {
			for _, v := range s.Vertexes {
				if took == 0 && strings.Contains(v.Name, "] COPY ") {
					took = time.Since(start)
				}
			}
		}
	}()
	_, err = c.Solve(ctx, nil, client.SolveOpt{
		Frontend: "gateway.v0", FrontendAttrs: map[string]string{"source": image, "no-cache": ""},
		LocalMounts: map[string]fsutil.FS{"context": files, "dockerfile": files},
	}, status)
	<-seen
	close(stop)
	<-watched
	if err != nil {
		t.Fatal(err)
	}
	return took, peak.Load()
}

// frontendMemory is the most memory that a frontend that runs has had, in KiB.
func frontendMemory() int64 {
	most := int64(0)
	found, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range found {
		command, err := os.ReadFile(file)
		if err != nil || string(command) != ociimage.Program+"\x00" {
			continue
		}
		status, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "status"))
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				most = max(most, n)
			}
		}
	}
	return most
}
