package effects_test

import (
	"cmp"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/cases"
)

// corpus are the modules of the real Dockerfiles.
func corpus(t *testing.T) (list []*ir.Module) {
	t.Helper()
	files := cases.NeedCorpus(t)
	for _, f := range files {
		if m, ok := irtest.Build(f.Name, string(f.Data)); ok {
			list = append(list, m)
		}
	}
	return list
}

// states are those of a module whose base images nobody knows, or are of root without variables.
func states(m *ir.Module, known bool) *eval.Module {
	dir := ""
	if known {
		dir = "/"
	}
	return eval.New(m, func(int) *eval.State { return eval.NewState("", known, dir, nil, nil) })
}

// commonest are the programs that the scripts of the corpus run, wrappers taken off, with those
// that it runs most in front.
func commonest(modules []*ir.Module) (names []string, count map[string]int) {
	count = map[string]int{}
	for _, m := range modules {
		for i, s := range m.Stages {
			states := states(m, false).Stage(i)
			for j, op := range s.Ops {
				run, ok := op.Body.(*ir.Run)
				if !ok {
					continue
				}
				script, err := shell.Parse(run, states[j].Shell)
				if err != nil {
					continue
				}
				for _, c := range script.Commands {
					if c.Name != "" {
						count[c.Name]++
					}
				}
			}
		}
	}
	names = slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(-cmp.Compare(count[a], count[b]), cmp.Compare(a, b)) })
	return names, count
}

// TestCorpus holds that the table has the programs that real Dockerfiles run most, and prints
// how much is known of their commands and of their RUNs.
func TestCorpus(t *testing.T) {
	modules := corpus(t)
	names, count := commonest(modules)
	known, commands, all := 0, 0, 0
	var missing []string
	for i, n := range names {
		all += count[n]
		switch {
		case effects.Known(n):
			commands += count[n]
			if i < 300 {
				known++
			}
		case i < 300:
			missing = append(missing, n)
		}
	}
	t.Logf("of the 300 programs that it runs most the table has %d; of %d commands %.1f %%", known, all, 100*float64(commands)/float64(all))
	if known < 200 {
		t.Errorf("the table has %d of the 300 programs that it runs most: %v", known, missing)
	}
	for name, known := range map[string]bool{"of which nothing is known": false, "of root without variables": true} {
		began := time.Now()
		byCommand, byRun := grades(modules, known)
		for what, n := range map[string][3]int{"commands": byCommand, "RUNs": byRun} {
			sum := float64(n[0]+n[1]+n[2]) / 100
			t.Logf("a base %s: what %s write is precise of %.1f %%, over-approximated of %.1f %%, unknown of %.1f %%", name, what, float64(n[0])/sum, float64(n[1])/sum, float64(n[2])/sum)
		}
		t.Logf("%d files in %v", len(modules), time.Since(began).Round(time.Millisecond))
	}
}

// each calls for the RUNs of modules, with what they do.
func each(modules []*ir.Module, known bool, visit func(op *ir.Op, step effects.Step)) {
	for _, m := range modules {
		all := states(m, known)
		for i, s := range m.Stages {
			for j, step := range effects.Stage(m, i, all.Stage(i), !known) {
				if _, ok := s.Ops[j].Body.(*ir.Run); ok {
					visit(s.Ops[j], step)
				}
			}
		}
	}
}

// grades counts commands and RUNs by how well it is known what they write.
func grades(modules []*ir.Module, known bool) (commands, runs [3]int) {
	each(modules, known, func(_ *ir.Op, step effects.Step) {
		runs[step.Effects.Grade()]++
		for _, c := range step.Commands {
			if c.Name != "" {
				commands[c.Effects.Grade()]++
			}
		}
	})
	return commands, runs
}
