package page

import (
	"slices"
	"time"

	"github.com/seed-e0495807/strake/backend/optimize"
)

// rebuild is one of the builds of a replay, of both Dockerfiles.
type rebuild struct {
	Name  string
	Sides []bar
}

// bar is a build as it went.
type bar struct {
	Name   string // "before" or "after"
	Total  string
	Width  int // of the whole scale, in thousandths
	Height int
	Parts  []part
	Ran    []stepTime
	Cached string // the numbers of the steps that were
	Kept   int    // how many these are
	Known  bool
}

// part is a step that ran, on a scale of thousandths of the longest build.
type part struct {
	X, Y, Width, Height int
	Critical            bool
	Text                string
}

// stepTime is what a step took.
type stepTime struct {
	Side   string
	Number int
	Text   string
	Took   string
}

// The height of an empty bar, the room of a row of parts, and that of all rows, which are closer where
// there are many.
const (
	barHeight  = 12
	partRoom   = 15
	mostHeight = 75
)

// leastScale keeps what clocks and a busy machine make of themselves small.
const leastScale = time.Second

// builds are those of a replay, the one without a cache first. Rebuilds have one scale, so that
// they compare; that first one, which takes longer, has its own.
func builds(r *optimize.Report) (list []rebuild) {
	measured := []*optimize.Measurement{r.Before}
	if r.After != nil {
		measured = append(measured, r.After)
	}
	took := func(m *optimize.Measurement, n int) time.Duration {
		if n == 0 {
			return m.Cold
		}
		return m.Rebuilds[n-1]
	}
	for n := range len(r.Edits) + 1 {
		b := rebuild{Name: "without a cache"}
		if n > 0 {
			b.Name = r.Edits[n-1]
		}
		scale := leastScale
		for _, m := range measured {
			for k := range m.Rebuilds {
				scale = max(scale, took(m, k+1))
			}
			if n == 0 {
				scale = max(scale, m.Cold)
			}
		}
		for i, m := range measured {
			b.Sides = append(b.Sides, newBar([]string{"before", "after"}[i], m, n, took(m, n), scale))
		}
		list = append(list, b)
	}
	return list
}

func newBar(name string, m *optimize.Measurement, n int, took, scale time.Duration) bar {
	of := func(d time.Duration) int { return int(1000 * d / scale) }
	b := bar{Name: name, Total: seconds(took), Width: of(took), Height: barHeight}
	if len(m.Traces) == 0 || m.Traces[0] == nil {
		return b
	}
	trace := m.Traces[0]
	chain, _ := critical(trace)
	var order, cached []int
	for i := range trace.Graph {
		t, known := timeOf(m, n, i)
		if !known {
			return b
		}
		switch {
		case t.Ran:
			order = append(order, i)
		case t.Cached:
			cached = append(cached, i+1)
		}
	}
	b.Known, b.Cached, b.Kept = true, numbers(cached), len(cached)
	slices.SortStableFunc(order, func(i, j int) int {
		a, _ := timeOf(m, n, i)
		c, _ := timeOf(m, n, j)
		return int(a.Start - c.Start)
	})
	var ends []time.Duration // of what is in each row of the bar
	for _, i := range order {
		t, _ := timeOf(m, n, i)
		text := trace.Graph[i].Text
		b.Ran = append(b.Ran, stepTime{name, i + 1, text, seconds(t.Took)})
		p := part{X: of(t.Start), Width: max(of(t.Took), 2), Critical: n == 0 && chain[i], Text: seconds(t.Took) + "  " + text}
		row := slices.IndexFunc(ends, func(end time.Duration) bool { return end <= t.Start })
		if row < 0 {
			row, ends = len(ends), append(ends, 0)
		}
		ends[row], p.Y = t.Start+t.Took, row
		b.Parts = append(b.Parts, p)
	}
	room := max(3, min(partRoom, mostHeight/max(len(ends), 1)))
	for i := range b.Parts {
		b.Parts[i].Y, b.Parts[i].Height = b.Parts[i].Y*room, room-room/5-1
	}
	b.Height = max(b.Height, room*len(ends))
	return b
}
