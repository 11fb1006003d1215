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

// measured is what a project takes before and after the row. It is the zero value for one that
// does not build, or is another image.
type measured struct {
	refused        []string // the passes that verify took out, or asked to be safer
	cold, rebuilds [2]cost
	size           [2]size
}

// TestProjects builds the projects before and after the row of plugins, through a replay of
// edits, and holds that the images are the same and the targets are met. What the two sides take
// is measured in turns, so that a busy machine is so for both.
func TestProjects(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for a minute")
	}
	only, long := os.Getenv("STRAKE_BENCH_PROJECTS"), os.Getenv("STRAKE_BENCH") != ""
	if !long {
		only = sample
	}
	list := projects(t, only)
	bases := basesOf(list)
	hub := testbed.StartRegistry(t, bases...)
	beds := [2]*bed{newBed(t, hub, bases), newBed(t, hub, bases)}
	var sum measured
	edits := len(deck)
	if !long {
		edits = 2
	}
	equal, refused := 0, 0
	for _, p := range list {
		var m measured
		ok := t.Run(p.name, func(t *testing.T) { m = p.measure(t, beds, edits) })
		what := p.name + " (" + p.ecosystem + ")"
		if !ok {
			figure.Report(t, figure.Figure{What: what, Result: "does not build, or is different", Target: "equal", Missed: true})
			continue
		}
		equal++
		if len(m.refused) > 0 {
			refused++
			what += " without " + strings.Join(m.refused, ", ")
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
	passes := optimize.Row(optimize.Passes(p.changes(t), nil))
	for len(passes) > 0 {
		row = pluginsOf(t, passes, builtin.All())
		_, dropped, err := b.expand(t, dir, row)
		if err != nil {
			t.Fatal(err)
		}
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
	row, refused := p.accept(t, beds[0], dir)
	m.refused = refused
	edits, after := p.edits(t, n, 1), in(t.TempDir())
	for i := range len(edits) + 1 {
		if i > 0 {
			put(t, filepath.Join(dir, filepath.FromSlash(edits[i-1].file)), edits[i-1].text)
		}
		// What strake optimize --write makes of the Dockerfile as it is now.
		text, _, err := beds[1].expand(t, dir, row)
		if err != nil {
			t.Fatal(err)
		}
		put(t, after, text)
		if i == 0 {
			t.Logf("the Dockerfile becomes\n%s", text)
		}
		for side, file := range [2]string{in(dir), after} {
			c, err := beds[side].build(t, dir, file, p.name, i == 0)
			if err != nil {
				t.Fatalf("side %d, edit %d: %v", side, i, err)
			}
			if i == 0 {
				m.cold[side] = c
			} else {
				m.rebuilds[side] = m.rebuilds[side].plus(c)
			}
			if i == len(edits) {
				if m.size[side], err = beds[side].size(t, dir, file, p.name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return m
}

func (m *measured) add(n measured) {
	for side := range 2 {
		m.cold[side] = m.cold[side].plus(n.cold[side])
		m.rebuilds[side] = m.rebuilds[side].plus(n.rebuilds[side])
		m.size[side].all += n.size[side].all
		m.size[side].own += n.size[side].own
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
		line(name, seconds(c[0].clock), seconds(c[1].clock), float64(c[1].clock)/float64(c[0].clock), most)
		line(name+", of processors", seconds(c[0].work), seconds(c[1].work), float64(c[1].work)/max(float64(c[0].work), 1), 0)
	}
	times("rebuilds", m.rebuilds, 0.5)
	times("cold build", m.cold, 0.85)
	line("size", megabytes(m.size[0].all), megabytes(m.size[1].all), float64(m.size[1].all)/float64(m.size[0].all), 0.6)
	line("size over its base", megabytes(m.size[0].own), megabytes(m.size[1].own), float64(m.size[1].own)/max(float64(m.size[0].own), 1), 0)
}
