package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// talkative is the image of the frontend that logs what it does.
func talkative(t *testing.T, hub *testbed.Registry) string {
	t.Helper()
	ref, err := name.ParseReference(testbed.Syntax(t, hub, "strake/dockerfile:1"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Config
	c.Env = append(c.Env, "STRAKE_DEBUG=1")
	if img, err = mutate.Config(img, c); err != nil {
		t.Fatal(err)
	}
	other := ref.Context().Tag("talkative")
	if err := remote.Write(other, img); err != nil {
		t.Fatal(err)
	}
	return other.Name()
}

// The process of a frontend parses the Dockerfile of a build once, runs its plugins once, and plans
// and lowers each platform once.
func TestTrace(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	hub := testbed.StartRegistry(t, testbed.Busybox)
	daemon := testbed.StartDaemon(t, hub)
	b := &bench{hub, daemon.Remote(t)}
	files := map[string]string{
		"Dockerfile":  "# syntax=" + talkative(t, hub) + "\nFROM scratch\nCOPY hello /\n",
		"strake.yaml": "version: 1\nplugins:\n  - use: packages\n", "hello": "hello\n",
	}
	work := regexp.MustCompile(`strake-frontend: compile: (\w+)\n`)
	seen := 0 // of the log
	for _, c := range []struct {
		platforms string
		want      string
	}{
		{"linux/amd64", "parse expand plan lower"},
		{"linux/amd64,linux/arm64", "parse expand plan plan lower lower"},
	} {
		if out, err := b.buildx(t, files, "--platform="+c.platforms, "--progress=plain"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		log := daemon.Log()
		counts := map[string]int{}
		for _, m := range work.FindAllStringSubmatch(log[seen:], -1) {
			counts[m[1]]++
		}
		seen = len(log)
		for _, kind := range []string{"parse", "expand", "plan", "lower"} {
			if want := strings.Count(c.want, kind); counts[kind] != want {
				t.Errorf("%s: %s %d times, want %d", c.platforms, kind, counts[kind], want)
			}
		}
	}
}
