package main

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed/figure"
)

// logged is a test of which only the log counts.
type logged struct {
	testing.TB
	log    strings.Builder
	failed bool
}

func (l *logged) Helper() {}
func (l *logged) Fail()   { l.failed = true }
func (l *logged) Log(args ...any) {
	l.log.WriteString("    some_test.go:1: " + args[0].(string) + "\n")
}

// What a test reports arrives in the table, and what misses its target is marked and counted.
func TestTable(t *testing.T) {
	l := &logged{}
	figure.Report(l, figure.Figure{What: "parse", Ours: "1 ms", Theirs: "5 ms", Result: "5.00x", Target: ">= 4"})
	if l.failed {
		t.Error("a figure that meets its target fails the test")
	}
	figure.Report(l, figure.Figure{What: "find the engine", Ours: "9 ms", Result: "9 ms", Target: "<= 5 ms", Missed: true})
	if !l.failed {
		t.Error("a figure that misses its target does not fail the test")
	}
	var list []figure.Figure
	for line := range strings.Lines("=== RUN TestSpeed\n" + l.log.String()) {
		if f, ok := figure.Parse(line); ok {
			list = append(list, f)
		}
	}
	var out strings.Builder
	if n := print(&out, list); n != 1 || strings.Count(out.String(), "MISSED") != 1 || !strings.Contains(out.String(), "2 figures, 1 miss") {
		t.Errorf("%d missed:\n%s", n, &out)
	}
	t.Log(out.String())
}
