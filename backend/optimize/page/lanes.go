package page

import (
	"slices"

	"github.com/seed-e0495807/strake/backend/build"
)

// Lanes is what is drawn beside a step: lines that go on from above, and its dot. The graph is a list
// from top to bottom, so that it prints, wraps and is read out as one; the lines only show
// what the texts say, too.
type Lanes struct {
	Dot   int // the x of it, in pixels
	Lines []line
	Bends []bend
}

// line is one down: past the step when it has no ends.
type line struct {
	X        int
	From, To int // y; To is 0 for one that leaves at the bottom
	Critical bool
}

// bend leads from a line to the dot.
type bend struct {
	From, To int
	Side     int  // 1 to the right, -1 to the left
	Reads    bool // it is no base: files are copied, or mounted
	Critical bool
}

// The y of a dot, and the room of a lane and of all of them, in pixels.
const (
	dotY      = 16
	turn      = 7 // radius of a bend
	laneWidth = 14
	mostWidth = 210
)

// layOut gives each vertex of a graph its lanes: a step stands in that of the step it changes, where
// nothing else comes behind that one, and else in the first that is free.
func layOut(graph []build.Vertex, chain []bool) []Lanes {
	last := make([]int, len(graph)) // that reads a vertex
	next := make([]int, len(graph)) // of the chain
	for i, v := range graph {
		last[i], next[i] = i, -1
		for _, in := range v.Inputs {
			last[in.Vertex] = i
		}
	}
	for i, prev := 0, -1; i < len(graph); i++ {
		if chain[i] {
			if prev >= 0 {
				next[prev] = i
			}
			prev = i
		}
	}
	out := make([]Lanes, len(graph))
	var lanes []int // the vertex in each, -1 is none
	for i, v := range graph {
		row := &out[i]
		at := slices.IndexFunc(v.Inputs, func(in build.Input) bool {
			return in.Use == build.Stands && last[in.Vertex] == i && slices.Contains(lanes, in.Vertex)
		})
		lane := -1
		if at >= 0 {
			lane = slices.Index(lanes, v.Inputs[at].Vertex)
		} else if lane = slices.Index(lanes, -1); lane < 0 {
			lane, lanes = len(lanes), append(lanes, -1)
		}
		row.Dot = lane
		for n, u := range lanes {
			if u < 0 {
				continue
			}
			uses := slices.IndexFunc(v.Inputs, func(in build.Input) bool { return in.Vertex == u })
			row.Lines = append(row.Lines, past(n, lane, last[u] > i, chain[u] && next[u] == i, chain[u] && next[u] > i)...)
			if uses >= 0 && n != lane {
				b := bend{From: n, To: lane, Side: 1, Reads: v.Inputs[uses].Use != build.Stands, Critical: chain[u] && next[u] == i}
				if lane < n {
					b.Side = -1
				}
				row.Bends = append(row.Bends, b)
			}
			if last[u] == i {
				lanes[n] = -1
			}
		}
		if last[i] > i {
			lanes[lane] = i
			row.Lines = append(row.Lines, line{X: lane, From: dotY, Critical: chain[i] && next[i] > i})
		}
	}
	scale(out, len(lanes))
	return out
}

// past are the lines of a vertex from above: one goes on, or ends here. That of the chain may end
// here where another goes on.
func past(lane, dot int, goesOn, chainEnds, chainGoesOn bool) (list []line) {
	if goesOn {
		list = append(list, line{X: lane, Critical: chainGoesOn})
	}
	if !goesOn || chainEnds {
		end := line{X: lane, To: dotY, Critical: chainEnds}
		if lane != dot {
			end.To -= turn
		}
		list = append(list, end)
	}
	return list
}

// scale puts lanes on pixels, closer where there are many.
func scale(rows []Lanes, lanes int) {
	room := max(2, min(laneWidth, mostWidth/max(lanes, 1)))
	x := func(lane int) int { return 8 + min(lane*room, mostWidth) }
	for i := range rows {
		r := &rows[i]
		r.Dot = x(r.Dot)
		for n := range r.Lines {
			r.Lines[n].X = x(r.Lines[n].X)
		}
		for n := range r.Bends {
			r.Bends[n].From, r.Bends[n].To = x(r.Bends[n].From), x(r.Bends[n].To)
		}
	}
}

// widthOf is the room that all lanes take.
func widthOf(rows []Lanes) (width int) {
	for _, r := range rows {
		width = max(width, r.Dot+8)
		for _, l := range r.Lines {
			width = max(width, l.X+8)
		}
	}
	return width
}
