package verify

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/validate"
)

// TestExperiment compares several builds with one, which is built twice for all of them, and
// holds that only what is needed stays on the disk.
func TestExperiment(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds")
	}
	daemon := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox))
	dir := t.TempDir()
	env := func(string) (string, bool) { return "", false }
	e, err := engine.Find(t.Context(), engine.Options{Addr: daemon.Addr, Dir: t.TempDir(), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	images, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	makeBuild := func(name, text string) Build {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("FROM busybox\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
		in, err := input.Find(t.Context(), input.Request{Path: dir, File: file})
		if err != nil {
			t.Fatal(err)
		}
		progress, err := build.NewProgress(io.Discard, "quiet")
		if err != nil {
			t.Fatal(err)
		}
		return Build{Name: name, Request: build.Request{Input: in, Engine: e, Images: images, Env: env, Progress: progress}}
	}
	a := makeBuild("a", "RUN date +%s >/time; echo a >/a; echo b >/b\nRUN echo c >/c\n")
	candidates := []struct {
		build Build
		want  validate.Judgement
	}{
		{makeBuild("joined", "RUN date +%s >/time; echo a >/a; echo b >/b; echo c >/c\n"), validate.EqualUpTo},
		{makeBuild("wrong", "RUN date +%s >/time; echo a >/a; echo b >/b; echo C >/c\n"), validate.NotEqual},
		{makeBuild("again", "RUN date +%s >/time; echo a >/a; echo b >/b\nRUN echo c >/c\n"), validate.EqualUpTo},
	}
	var said []string
	x, err := New(t.Context(), Options{A: a, Run: []string{"cat /c"}, Limits: validate.Usual(), Say: func(text string) { said = append(said, text) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range candidates {
		v, err := x.Compare(t.Context(), c.build)
		if err != nil {
			t.Fatal(err)
		}
		if v.Answer != c.want || len(v.Runs) != 1 || (v.Runs[0].Difference == "") != (c.want != validate.NotEqual) {
			t.Errorf("%s: %s, %+v", c.build.Name, v.Answer, v.Runs)
		}
		places, err := os.ReadDir(x.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range places {
			if p.Name() != "a" && !strings.HasPrefix(p.Name(), "probe-") {
				t.Errorf("%s is left", p.Name())
			}
		}
	}
	builds := slices.DeleteFunc(slices.Clone(said), func(s string) bool { return !strings.HasPrefix(s, "building ") })
	want := []string{"building a, first time", "building joined, first time", "building joined, second time", "building a, second time",
		"building wrong, first time", "building wrong, second time", "building again, first time", "building again, second time"}
	if !slices.Equal(builds, want) {
		t.Errorf("%q", builds)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(x.dir); err == nil {
		t.Error("something is left")
	}
}
