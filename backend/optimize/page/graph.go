package page

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/optimize"
)

// side is one of the two Dockerfiles: its steps, each with what it took.
type side struct {
	Name     string // "before" or "after"
	Steps    []step
	Width    int    // of the lanes, in pixels
	Critical string // what the longest chain of steps took without a cache
	Cold     string // all of that build
	Edits    int
}

// step is a row of the graph.
type step struct {
	Side     string
	Number   int // from 1
	Stage    string
	Begins   bool // the step in front of it is of another stage
	Text     string
	Line     int
	Source   bool // it only brings files, or an image
	Mark     mark
	Critical bool
	Reads    []read
	Mounts   []string
	Cold     string // what it took without a cache; "" is not known
	Ran      int    // in how many of the edits
	Edits    string // what these took, together
	Lanes
}

// read is an input that a step does not stand on.
type read struct {
	Number int
	Text   string
}

// mark is how the step of one Dockerfile relates to the other.
type mark string

// The marks.
const (
	same  mark = ""
	gone  mark = "gone"
	added mark = "added"
	moved mark = "moved"
)

// newSide reads a measurement; nil when it has no traces.
func newSide(name string, m *optimize.Measurement) *side {
	if m == nil || len(m.Traces) == 0 || m.Traces[0] == nil {
		return nil
	}
	cold := m.Traces[0]
	s := &side{Name: name, Cold: seconds(m.Cold), Edits: len(m.Rebuilds)}
	chain, took := critical(cold)
	s.Critical = seconds(took)
	lanes := layOut(cold.Graph, chain)
	s.Width = widthOf(lanes)
	for i, v := range cold.Graph {
		st := step{Side: name, Number: i + 1, Stage: v.Stage, Text: v.Text, Line: v.Line, Source: v.Kind == "source", Critical: chain[i], Mounts: v.Mounts, Lanes: lanes[i]}
		st.Begins = v.Stage != "" && (i == 0 || cold.Graph[i-1].Stage != v.Stage)
		for _, in := range v.Inputs {
			if in.Use != build.Stands {
				st.Reads = append(st.Reads, read{in.Vertex + 1, string(in.Use) + " " + in.Path})
			}
		}
		if cold.Times[i].Ran {
			st.Cold = seconds(cold.Times[i].Took)
		}
		var sum time.Duration
		for n := range m.Rebuilds {
			if t, ok := timeOf(m, n+1, i); ok && t.Ran {
				st.Ran, sum = st.Ran+1, sum+t.Took
			}
		}
		if st.Ran > 0 {
			st.Edits = seconds(sum)
		}
		s.Steps = append(s.Steps, st)
	}
	return s
}

// timeOf is when a step ran in a build. It is not known where that build has another graph.
func timeOf(m *optimize.Measurement, at, step int) (build.Time, bool) {
	if at >= len(m.Traces) || m.Traces[at] == nil || len(m.Traces[at].Times) != len(m.Traces[0].Graph) {
		return build.Time{}, false
	}
	return m.Traces[at].Times[step], true
}

// critical is the chain of steps that takes longest: no number of processors makes the build
// faster than that.
func critical(t *build.Trace) (on []bool, took time.Duration) {
	on = make([]bool, len(t.Graph))
	sums, from := make([]time.Duration, len(t.Graph)), make([]int, len(t.Graph))
	last := -1
	for i, v := range t.Graph {
		from[i] = -1
		for _, in := range v.Inputs {
			if from[i] < 0 || sums[in.Vertex] > sums[from[i]] {
				from[i] = in.Vertex
			}
		}
		if from[i] >= 0 {
			sums[i] = sums[from[i]]
		}
		if t.Times[i].Ran {
			sums[i] += t.Times[i].Took
		}
		if last < 0 || sums[i] >= sums[last] {
			last = i
		}
	}
	if last >= 0 {
		took = sums[last]
	}
	for ; last >= 0; last = from[last] {
		on[last] = true
	}
	return on, took
}

// compare marks what is only in one of two Dockerfiles, or stands elsewhere.
func compare(a, b *side) {
	if a == nil || b == nil {
		return
	}
	key := func(s step) string { return s.Stage + "\x00" + s.Text }
	inBoth(len(a.Steps), len(b.Steps), func(i, j int) bool { return key(a.Steps[i]) == key(b.Steps[j]) },
		func(i int) { a.Steps[i].Mark = gone }, func(j int) { b.Steps[j].Mark = added })
	left := map[string][]int{}
	for i, s := range a.Steps {
		if s.Mark == gone {
			left[key(s)] = append(left[key(s)], i)
		}
	}
	for j := range b.Steps {
		s := &b.Steps[j]
		if there := left[key(*s)]; s.Mark == added && len(there) > 0 {
			a.Steps[there[0]].Mark, s.Mark = moved, moved
			left[key(*s)] = there[1:]
		}
	}
}

// mostCompared bounds the table of a comparison.
const mostCompared = 1 << 24

// inBoth finds a longest common sequence, and says what is not in it. Where the two are too long for
// that, it is what both begin with.
func inBoth(n, m int, equal func(i, j int) bool, onlyA, onlyB func(int)) {
	i := 0
	for i < min(n, m) && equal(i, i) {
		i++
	}
	j := i
	if (n-i+1)*(m-j+1) <= mostCompared {
		first, w := i, m-i+1
		best := make([]int32, (n-i+1)*w)
		for x := n - 1; x >= first; x-- {
			for y := m - 1; y >= first; y-- {
				at := (x-first)*w + y - first
				if best[at] = max(best[at+w], best[at+1]); equal(x, y) {
					best[at] = best[at+w+1] + 1
				}
			}
		}
		for i < n && j < m {
			at := (i-first)*w + j - first
			switch {
			case equal(i, j):
				i, j = i+1, j+1
			case best[at+w] >= best[at+1]:
				onlyA(i)
				i++
			default:
				onlyB(j)
				j++
			}
		}
	}
	for ; i < n; i++ {
		onlyA(i)
	}
	for ; j < m; j++ {
		onlyB(j)
	}
}

// Marked are the numbers of the steps that are marked.
func (s *side) Marked() (list []int) {
	for _, st := range s.Steps {
		if st.Mark != same {
			list = append(list, st.Number)
		}
	}
	return list
}

// seconds is a time as people read it.
func seconds(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
}

// numbers writes a list of them, with ranges: "1, 3–5".
func numbers(list []int) (text string) {
	for len(list) > 0 {
		n := slices.IndexFunc(list, func(x int) bool { return x != list[0]+slices.Index(list, x) })
		if n < 0 {
			n = len(list)
		}
		if text != "" {
			text += ", "
		}
		if text += strconv.Itoa(list[0]); n > 1 {
			text += "–" + strconv.Itoa(list[n-1])
		}
		list = list[n:]
	}
	return text
}
