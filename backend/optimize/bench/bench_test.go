package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/testbed/figure"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/backend/validate/verify"
	"github.com/seed-e0495807/strake/plugins/builtin"
	"github.com/seed-e0495807/strake/plugins/config"
)

// sample is the project that make test builds: it needs no packages.
const sample = "busybox-scripts"

// measured is what a project takes before and after the row: colds builds from nothing, and one
// for each edit.
type measured struct {
	Refused  []string `json:"refused,omitempty"` // the passes that verify took out, or asked to be safer
	Cold     [2]cost  `json:"cold"`
	Rebuilds [2]cost  `json:"rebuilds"`
	Size     [2]size  `json:"size"`
	Before   string   `json:"before"` // the Dockerfile
	After    string   `json:"after"`
}

// colds is how many builds from nothing are measured: there is only one of it in a replay, and a
// short one.
const colds = 2

// TestProjects builds the projects before and after the row of plugins, through a replay of
// edits, and holds that the images are the same and the targets are met. What the two sides take
// is measured in turns, so that a busy machine is so for both. A cold build makes an image, and one
// after an edit fills the cache. What steps fetch by plain HTTP comes from this machine.
func TestProjects(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for a minute")
	}
	only, long := os.Getenv("STRAKE_BENCH_PROJECTS"), os.Getenv("STRAKE_BENCH") != ""
	edits, done := len(deck), openResults(t, resultsFile(t))
	if !long {
		only, edits, done = sample, 2, openResults(t, "")
	}
	list := projects(t, only)
	bases := basesOf(list)
	hub, args := testbed.StartRegistry(t, bases...), startDownloads(t)
	var sum measured
	equal, refused := 0, 0
	for _, p := range list {
		key := p.key(edits)
		m, ok := done.of[key]
		if !ok {
			ok = t.Run(p.name, func(t *testing.T) {
				m = p.measure(t, [2]*bed{newBed(t, hub, bases, args), newBed(t, hub, bases, args)}, edits)
			})
			if ok {
				done.add(t, key, m)
			}
		}
		what := p.name + " (" + p.ecosystem + ")"
		if !ok {
			figure.Report(t, figure.Figure{What: what, Result: "does not build, or is different", Target: "equal", Missed: true})
			continue
		}
		equal++
		if len(m.Refused) > 0 {
			refused++
			what += " without " + strings.Join(m.Refused, ", ")
		}
		m.report(t, what, false)
		sum.add(m)
	}
	figure.Report(t, figure.Figure{What: "projects whose images are equal", Ours: fmt.Sprint(equal), Theirs: fmt.Sprint(len(list)),
		Result: fmt.Sprintf("%.0f %%", 100*float64(equal)/float64(len(list))), Target: "100 %", Missed: equal < len(list)})
	figure.Report(t, figure.Figure{What: "projects with a pass that verify refuses", Ours: fmt.Sprint(refused), Theirs: fmt.Sprint(len(list))})
	if equal > 0 {
		sum.report(t, "all projects", long)
	}
}

// accept finds the row of passes that verify calls equal for a project: it takes the one that is
// to blame out of it, or puts what is safer in its place, until there is no difference, as strake
// optimize does. What it took out is in refused.
func (p *project) accept(t *testing.T, b *bed, dir string) (row *config.Plugins, refused []string) {
	x, err := b.experiment(t, dir, p.run)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	passes := optimize.Row(optimize.Passes(p.changes(t), optimize.Kinds))
	for len(passes) > 0 {
		row = pluginsOf(t, passes, builtin.All())
		m, _, err := b.expand(t, dir, row)
		if err != nil {
			t.Fatal(err)
		}
		dropped := passes.Declared(m)
		r, err := b.request(t.Context(), dir, in(dir), row, "verify")
		if err != nil {
			t.Fatal(err)
		}
		v, err := x.Compare(t.Context(), verify.Build{Name: "after", Request: r, Dropped: dropped, Row: row})
		if err != nil {
			t.Fatal(err)
		}
		if v.Answer != validate.NotEqual {
			t.Logf("%s: %d paths are compared, without %v; dropped %v", v.Answer, v.Paths, refused, dropped)
			return row, refused
		}
		v.Text(t.Output(), 5)
		at := -1
		if v.Guilty != nil {
			at = slices.IndexFunc(passes, func(p optimize.Pass) bool { return p.Name == v.Guilty.Plugin })
		}
		if at < 0 {
			t.Fatal("nobody is to blame")
		}
		refused = append(refused, v.Guilty.Plugin)
		if safer := passes[at].Safer; safer != nil {
			passes[at] = *safer
		} else {
			passes = slices.Delete(passes, at, at+1)
		}
	}
	t.Fatal("no pass is left")
	return nil, nil
}

// measure has a project verified and replayed.
func (p *project) measure(t *testing.T, beds [2]*bed, n int) (m measured) {
	dir := p.write(t)
	for _, b := range beds {
		if err := b.warm(t, p.files["Dockerfile"]); err != nil {
			t.Fatal(err)
		}
	}
	row, refused := p.accept(t, beds[0], dir)
	m.Refused = refused
	edits, files, turns := p.edits(t, n, 1), [2]string{in(dir), in(t.TempDir())}, 0
	turn := func(space string, cold bool, sum *[2]cost) {
		// What strake optimize --write makes of the Dockerfile as it is now.
		_, text, err := beds[1].expand(t, dir, row)
		if err != nil {
			t.Fatal(err)
		}
		put(t, files[1], text)
		if m.After == "" {
			m.Before, m.After = p.files["Dockerfile"], text
			t.Logf("the Dockerfile becomes\n%s", text)
		}
		sides := []int{0, 1}
		if turns++; turns%2 == 0 {
			slices.Reverse(sides)
		}
		for _, side := range sides {
			c, err := beds[side].build(t, dir, files[side], space, cold)
			if err != nil {
				t.Fatalf("side %d, turn %d: %v", side, turns, err)
			}
			sum[side].add(c)
		}
	}
	for i := range colds {
		// The mounts of the last are those that the edits find.
		turn(p.name+strings.Repeat("-", colds-1-i), true, &m.Cold)
	}
	for _, e := range edits {
		put(t, filepath.Join(dir, filepath.FromSlash(e.file)), e.text)
		turn(p.name, false, &m.Rebuilds)
	}
	for side := range 2 {
		var err error
		if m.Size[side], err = beds[side].size(t, dir, files[side], p.name); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *measured) add(n measured) {
	for side := range 2 {
		m.Cold[side].add(n.Cold[side])
		m.Rebuilds[side].add(n.Rebuilds[side])
		m.Size[side].All += n.Size[side].All
		m.Size[side].Own += n.Size[side].Own
	}
}

// report writes the figures down: after is ours, and before is beside it.
func (m *measured) report(t *testing.T, what string, targets bool) {
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
	megabytes := func(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
	line := func(name, before, after string, ratio, most float64) {
		f := figure.Figure{What: what + ": " + name, Ours: after, Theirs: before, Result: fmt.Sprintf("%.2fx", ratio)}
		if targets && most > 0 {
			f.Target, f.Missed = fmt.Sprintf("<= %.2fx", most), ratio > most
		}
		figure.Report(t, f)
	}
	times := func(name string, c [2]cost, most float64) {
		line(name, seconds(c[0].Clock), seconds(c[1].Clock), float64(c[1].Clock)/float64(c[0].Clock), most)
		line(name+", of processors", seconds(c[0].Work), seconds(c[1].Work), float64(c[1].Work)/max(float64(c[0].Work), 1), 0)
	}
	times("rebuilds", m.Rebuilds, 0.5)
	times(fmt.Sprintf("%d cold builds", colds), m.Cold, 0.85)
	line("size", megabytes(m.Size[0].All), megabytes(m.Size[1].All), float64(m.Size[1].All)/float64(m.Size[0].All), 0.6)
	line("size over its base", megabytes(m.Size[0].Own), megabytes(m.Size[1].Own), float64(m.Size[1].Own)/max(float64(m.Size[0].Own), 1), 0)
}
