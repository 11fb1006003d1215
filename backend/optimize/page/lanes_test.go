package page

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/build"
)

// TestLanes draws random graphs, and follows each line: it begins at the dot of a step, goes on from
// row to row in one lane that no other has, and ends at each step that reads it.
func TestLanes(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		trace := random(r, 1+r.IntN(30))
		graph := trace.Graph
		chain, _ := critical(trace)
		rows := layOut(graph, chain)
		last := make([]int, len(graph))
		for i, v := range graph {
			last[i] = i
			for _, in := range v.Inputs {
				last[in.Vertex] = i
			}
		}
		for u := range graph {
			x := rows[u].Dot
			for k := u + 1; k <= last[u]; k++ {
				row := rows[k]
				above := slices.ContainsFunc(row.Lines, func(l line) bool { return l.X == x && l.From == 0 })
				goesOn := slices.ContainsFunc(row.Lines, func(l line) bool { return l.X == x && l.From == 0 && l.To == 0 })
				reads := slices.ContainsFunc(graph[k].Inputs, func(in build.Input) bool { return in.Vertex == u })
				bent := slices.ContainsFunc(row.Bends, func(b bend) bool { return b.From == x && b.To == row.Dot })
				if !above || goesOn != (k < last[u]) || reads != (bent || row.Dot == x) {
					t.Fatalf("seed %d: the line of step %d in row %d: %+v", seed, u, k, row)
				}
			}
		}
		for k, row := range rows { // two lines in one lane would be one to look at
			var lanes []int
			for u := range k {
				if last[u] >= k {
					lanes = append(lanes, rows[u].Dot)
				}
			}
			slices.Sort(lanes)
			if n := len(lanes); len(slices.Compact(lanes)) != n {
				t.Fatalf("seed %d: row %d has two lines in one lane: %+v", seed, k, row)
			}
		}
	}
}

// random makes a graph whose steps read some in front of them.
func random(r *rand.Rand, n int) *build.Trace {
	trace := &build.Trace{}
	for i := range n {
		v := build.Vertex{Kind: "exec"}
		for k := range r.IntN(4) {
			in := build.Input{Use: build.Stands}
			if k > 0 {
				in.Use = build.Copies
			}
			if i > 0 {
				in.Vertex = max(0, i-1-r.IntN(min(i, 5)))
				if !slices.ContainsFunc(v.Inputs, func(o build.Input) bool { return o.Vertex == in.Vertex }) {
					v.Inputs = append(v.Inputs, in)
				}
			}
		}
		trace.Graph = append(trace.Graph, v)
		trace.Times = append(trace.Times, build.Time{Ran: r.IntN(3) > 0, Took: time.Duration(r.IntN(100))})
	}
	return trace
}

// TestCritical holds the longest chain against all chains of a small graph.
func TestCritical(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		trace := random(r, 1+r.IntN(12))
		var longest time.Duration
		var walk func(i int, sum time.Duration)
		walk = func(i int, sum time.Duration) {
			if trace.Times[i].Ran {
				sum += trace.Times[i].Took
			}
			longest = max(longest, sum)
			for _, in := range trace.Graph[i].Inputs {
				walk(in.Vertex, sum)
			}
		}
		for i := range trace.Graph {
			walk(i, 0)
		}
		on, took := critical(trace)
		var sum time.Duration
		for i, c := range on {
			if c && trace.Times[i].Ran {
				sum += trace.Times[i].Took
			}
		}
		if took != longest || sum != longest {
			t.Fatalf("seed %d: it takes %d, the steps of it %d, want %d", seed, took, sum, longest)
		}
	}
}

func TestNumbers(t *testing.T) {
	for want, list := range map[string][]int{"": nil, "1": {1}, "1–2, 4": {1, 2, 4}, "3–5, 7–8": {3, 4, 5, 7, 8}} {
		if got := numbers(list); got != want {
			t.Errorf("%v: %q, want %q", list, got, want)
		}
	}
}

// TestInBoth holds the comparison against what it says: what is not marked is the same in both, in
// order, and where lists are long it is still so.
func TestInBoth(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		a, b := make([]int, r.IntN(20)), make([]int, r.IntN(20))
		for _, list := range [][]int{a, b} {
			for i := range list {
				list[i] = r.IntN(4)
			}
		}
		onlyA, onlyB := map[int]bool{}, map[int]bool{}
		inBoth(len(a), len(b), func(i, j int) bool { return a[i] == b[j] }, func(i int) { onlyA[i] = true }, func(j int) { onlyB[j] = true })
		if x, y := left(a, onlyA), left(b, onlyB); !slices.Equal(x, y) || len(x) < longestCommon(a, b) {
			t.Fatalf("seed %d: %v of %v, %v of %v", seed, x, a, y, b)
		}
	}
}

func left(list []int, without map[int]bool) (out []int) {
	for i, x := range list {
		if !without[i] {
			out = append(out, x)
		}
	}
	return out
}

// longestCommon is the length of a longest common sequence, the slow way.
func longestCommon(a, b []int) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		next := make([]int, len(b)+1)
		for j, y := range b {
			if next[j+1] = max(row[j+1], next[j]); x == y {
				next[j+1] = row[j] + 1
			}
		}
		row = next
	}
	return row[len(b)]
}
