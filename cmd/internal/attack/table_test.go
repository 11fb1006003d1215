//go:build linux

package main

import (
	"strings"
	"testing"
)

const output = `=== RUN   TestAttackTokens
=== RUN   TestAttackTokens/a
=== RUN   TestAttackTokens/b
--- PASS: TestAttackTokens (0.10s)
    --- PASS: TestAttackTokens/a (0.05s)
    --- PASS: TestAttackTokens/b (0.05s)
=== RUN   TestAttackFixLeaves
    x_test.go:1: the file is written
--- FAIL: TestAttackFixLeaves (0.01s)
`

const roaming = `=== RUN   TestAttackResources
=== RUN   TestAttackResources/root
=== RUN   TestAttackResources/root/memory
    a_test.go:1: attack | memory | root | fatal error: out of memory | memory 250 MiB, threads 9, processor 0.2s, own disk 0 MiB and 0 files
=== RUN   TestAttackResources/user_without_namespaces
    a_test.go:2: === RUN   TestAttackResources
        a_test.go:1: attack | memory | user without namespaces | it a | b takes | memory 999 MiB, threads 9, processor 0.2s, own disk 0 MiB and 0 files
=== RUN   TestAttackResources/root_without_cgroups
    p_test.go:3: no control groups here
--- FAIL: TestAttackResources (1.00s)
    --- SKIP: TestAttackResources/root_without_cgroups (0.00s)
    --- PASS: TestAttackResources/root (0.50s)
    --- FAIL: TestAttackResources/user_without_namespaces (0.50s)
`

func TestTable(t *testing.T) {
	tab := &table{cells: map[string]map[string]cell{}}
	tab.enter("cmd/strake", asRoot, output, true)
	tab.enter("plugins/host", asRoot, roaming, false)
	for row, cells := range map[string]map[string]cell{
		"cmd/strake: tokens":     {asRoot: {"refused, 2 tries, 0.10s", false}},
		"cmd/strake: fix leaves": {asRoot: {"1 of 1 fell", true}},
		"plugins/host: memory": {
			asRoot:   {"fatal error: out of memory (250 MiB, 9 threads, 0.2s, disk 0 MiB)", false},
			noSpaces: {"it a | b takes (999 MiB, 9 threads, 0.2s, disk 0 MiB)", true},
		},
	} {
		for column, want := range cells {
			if got := tab.cells[row][column]; got != want {
				t.Errorf("%s %s: %+v, want %+v", row, column, got, want)
			}
		}
	}
	var b strings.Builder
	tab.print(&b)
	if out := b.String(); !tab.fell || !strings.Contains(out, "not tried: no control groups here") || !strings.Contains(out, "FELL: 1 of 1 fell") {
		t.Errorf("%s", out)
	}
	held := &table{cells: map[string]map[string]cell{}}
	if held.enter("x", asRoot, "=== RUN   TestAttackX\n--- PASS: TestAttackX (0.00s)\n", true); held.fell {
		t.Error("what passes fell")
	}
}

// TestFind holds that the packages with attacks are found.
func TestFind(t *testing.T) {
	list, err := find("../../..")
	if err != nil || len(list) < 5 {
		t.Fatalf("%d packages, %v", len(list), err)
	}
	roams := 0
	for _, s := range list {
		if s.roams {
			roams++
		}
	}
	if roams == 0 {
		t.Error("no suite goes to places itself")
	}
}
