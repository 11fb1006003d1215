// Package page draws what strake optimize found out as one HTML file: how each replayed edit was
// rebuilt, step by step, before and after; the graph of both; what is wasted in the image and which
// pass took it out. It loads nothing, runs no script and needs no server.
package page

import (
	_ "embed"
	"html/template"
	"io"
	"strings"

	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/report"
)

//go:embed page.html
var text string

// page is what the template has.
type page struct {
	*optimize.Report
	Diff      []diffLine
	Builds    []rebuild
	Sides     []*side
	Wasted    []waste
	Leftovers []leftover
	Proved    string
}

// diffLine is a line of a diff, with how it is shown.
type diffLine struct{ Class, Text string }

// Write draws a report, with the diff of the Dockerfiles, "" when there is none.
func Write(w io.Writer, r *optimize.Report, diff string) error {
	p := page{Report: r, Diff: lines(diff), Builds: builds(r), Wasted: wasted(r), Leftovers: leftovers(r)}
	before, after := newSide("before", r.Before), newSide("after", r.After)
	compare(before, after)
	for _, s := range []*side{before, after} {
		if s != nil {
			p.Sides = append(p.Sides, s)
		}
	}
	if r.Proof != nil {
		var b strings.Builder
		if err := r.Proof.Text(&b, 0); err != nil {
			return err
		}
		p.Proved = b.String()
	}
	return report.Print(w, text, template.FuncMap{
		"numbers": func() map[string]int { return map[string]int{"dot": dotY, "turn": turn} },
		"sub":     func(a, b int) int { return a - b },
		"mul":     func(a, b int) int { return a * b },
	}, p)
}

// lines are those of a diff.
func lines(diff string) (list []diffLine) {
	for l := range strings.Lines(diff) {
		class := ""
		switch {
		case strings.HasPrefix(l, "+++"), strings.HasPrefix(l, "---"), strings.HasPrefix(l, "@@"):
			class = "soft"
		case strings.HasPrefix(l, "+"):
			class = "plus"
		case strings.HasPrefix(l, "-"):
			class = "minus"
		}
		list = append(list, diffLine{class, strings.TrimRight(l, "\r\n")})
	}
	return list
}
