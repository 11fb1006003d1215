//go:build linux

package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

// cell tells how an attack ended in a place.
type cell struct {
	text string
	fell bool
}

// table has a row for each attack, and a column for each place.
type table struct {
	rows  []string
	cells map[string]map[string]cell // by row and column
	why   map[string]string          // why a column has no cell, where it has none
	fell  bool
}

func (t *table) explain(column, why string) {
	if t.why == nil {
		t.why = map[string]string{}
	}
	if t.why[column] == "" {
		t.why[column] = why
	}
}

func (t *table) set(row, column string, c cell) {
	if t.cells[row] == nil {
		t.rows, t.cells[row] = append(t.rows, row), map[string]cell{}
	}
	if old, ok := t.cells[row][column]; ok && old.fell {
		return // one place of a column is enough
	}
	t.cells[row][column] = c
	t.fell = t.fell || c.fell
}

var (
	started = regexp.MustCompile(`^\s*=== (?:RUN|CONT|NAME)\s+(\S+)`)
	ended   = regexp.MustCompile(`^(\s*)--- (PASS|FAIL|SKIP): (\S+) \(([0-9.]+)s\)`)
	told    = regexp.MustCompile(`attack \| ([^|]*) \| ([^|]*) \| (.*) \| ([^|]*)$`)
	figure  = regexp.MustCompile(`memory (\d+) MiB, threads (\d+), processor ([0-9.]+)s, own disk (\d+) MiB`)
)

// outcome is what the output of a test binary says of one test.
type outcome struct {
	tries, failed int
	end, seconds  string
}

// enter reads the output of a test binary that ran in a place. Every test is a row when
// whole is set; else what it told is. It gives how the tests ended.
func (t *table) enter(dir, where, output string, whole bool) (ends []string) {
	tests := map[string]*outcome{}
	var order []string
	test := func(name string) *outcome {
		name, _, _ = strings.Cut(name, "/")
		if tests[name] == nil {
			tests[name], order = &outcome{}, append(order, name)
		}
		return tests[name]
	}
	type line struct{ row, column, test, text string }
	var lines []line
	failed := map[string]bool{}                // places of tests
	current, logged := "", map[string]string{} // the last line of each test
	for text := range strings.Lines(output) {
		text = strings.TrimRight(text, "\n")
		if m := started.FindStringSubmatch(text); m != nil {
			current = m[1]
		} else if m := told.FindStringSubmatch(text); m != nil {
			name, _, _ := strings.Cut(current, "/")
			lines = append(lines, line{m[1], m[2], name, short(m[3], m[4])})
		} else if m := ended.FindStringSubmatch(text); m != nil {
			o := test(m[3])
			name, sub, _ := strings.Cut(m[3], "/")
			switch {
			case m[2] == "FAIL" && sub != "":
				sub, _, _ = strings.Cut(sub, "/")
				failed[name+"/"+strings.ReplaceAll(sub, "_", " ")] = true
				o.failed++
			case m[2] == "SKIP" && sub != "":
				_, why, _ := strings.Cut(logged[m[3]], ": ") // behind the line of the test's file
				t.explain(column(strings.ReplaceAll(sub, "_", " ")), "not tried: "+why)
			case sub == "" && m[1] == "":
				o.end, o.seconds = m[2], m[4]
			}
			if sub != "" {
				o.tries++
			}
		} else {
			logged[current] = strings.TrimSpace(text)
		}
	}
	for _, l := range lines {
		bad := failed[l.test+"/"+l.column] || tests[l.test] != nil && tests[l.test].end == "FAIL" && tests[l.test].failed == 0
		t.set(dir+": "+l.row, column(l.column), cell{l.text, bad})
	}
	for _, name := range order {
		o := tests[name]
		ends = append(ends, o.end)
		if whole || o.end == "FAIL" {
			t.set(dir+": "+words(name), where, o.cell())
		}
	}
	return ends
}

func (o *outcome) cell() cell {
	switch {
	case o.end == "SKIP":
		return cell{"not tried: the test cannot run there", false}
	case o.end != "PASS":
		return cell{fmt.Sprintf("%d of %d fell", max(1, o.failed), max(1, o.tries)), true}
	case o.tries > 1:
		return cell{fmt.Sprintf("refused, %d tries, %ss", o.tries, o.seconds), false}
	}
	return cell{"refused, " + o.seconds + "s", false}
}

// cellWidth bounds what a cell says of an end.
const cellWidth = 44

var (
	prefix  = regexp.MustCompile(`^plugin \S+: (check: )?(cannot start \S+: )?`)
	ofPath  = regexp.MustCompile(`^(\w+) (?:unix /\S+|tcp \S+|/\S+): (.*)$`)
	capital = regexp.MustCompile(`([a-z])([A-Z])`)
)

// short is how an attack ended, without what is the same for all, and its figures.
func short(end, took string) string {
	end = ofPath.ReplaceAllString(prefix.ReplaceAllString(end, ""), "$1: $2")
	if end == "done" { // its test has seen to whom
		end = "done, in its own namespaces"
	}
	if list := []rune(end); len(list) > cellWidth {
		end = string(list[:cellWidth-1]) + "…"
	}
	if m := figure.FindStringSubmatch(took); m != nil {
		took = fmt.Sprintf("%s MiB, %s threads, %ss, disk %s MiB", m[1], m[2], m[3], m[4])
	}
	if took == "" {
		return end
	}
	return end + " (" + took + ")"
}

// words are the words of a test's name.
func words(name string) string {
	text := capital.ReplaceAllString(strings.TrimPrefix(name, "Test"), "$1 $2")
	return strings.TrimPrefix(strings.ToLower(text), "attack ")
}

// fill says why the tests of a package have no cell in a column.
func (t *table) fill(dir, column, why string) {
	for _, row := range t.rows {
		if _, ok := t.cells[row][column]; !ok && strings.HasPrefix(row, dir+": ") {
			t.set(row, column, cell{text: why})
		}
	}
}

func (t *table) print(out io.Writer) {
	columns := []string{asRoot, asUser, noSpaces, noCgroups}
	w := tabwriter.NewWriter(out, 0, 8, 1, ' ', 0)
	fmt.Fprintf(w, "attack\t| %s\n", strings.Join(columns, "\t| "))
	rows := slices.Clone(t.rows)
	slices.Sort(rows)
	for _, row := range rows {
		fmt.Fprint(w, row)
		for _, c := range columns {
			got, ok := t.cells[row][c]
			switch {
			case got.fell:
				got.text = "FELL: " + got.text
			case !ok && t.why[c] != "":
				got.text = t.why[c]
			case !ok:
				got.text = "not tried: its test does not go there"
			}
			fmt.Fprintf(w, "\t| %s", got.text)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	if t.fell {
		fmt.Fprintln(out, "\nWhat fell is above, with the output of its test.")
	}
}
