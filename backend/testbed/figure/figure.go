// Package figure is how tests of speed and memory say what they measured: one line a
// figure, of which cmd/internal/bench makes a table. Only tests and that program import it.
package figure

import (
	"strings"
	"testing"
)

// Figure is something measured, mostly of Strake beside another program.
type Figure struct {
	What         string
	Ours, Theirs string // with their units; "" where there is nothing beside it
	Result       string // what is held against the target, mostly the ratio of both
	Target       string // like "<= 1.20"
	Missed       bool   // the test decides, which knows how much the machine's noise is
}

const mark = "figure | "

// Report writes down a figure, and fails the test when it misses its target.
func Report(t testing.TB, f Figure) {
	t.Helper()
	verdict := "met"
	if f.Missed {
		verdict = "MISSED"
		t.Fail()
	}
	t.Log(mark + strings.Join([]string{f.What, f.Ours, f.Theirs, f.Result, f.Target, verdict}, " | "))
}

// Parse reads a figure out of a line that a test wrote.
func Parse(line string) (Figure, bool) {
	_, text, ok := strings.Cut(line, mark)
	parts := strings.Split(strings.TrimSuffix(text, "\n"), " | ")
	if !ok || len(parts) != 6 {
		return Figure{}, false
	}
	return Figure{What: parts[0], Ours: parts[1], Theirs: parts[2], Result: parts[3], Target: parts[4], Missed: parts[5] == "MISSED"}, true
}
