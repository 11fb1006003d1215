package slim_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/plugins/builtin/slim"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// TestCorpus counts what becomes of real Dockerfiles, and holds that a second run changes nothing.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	t.Run("toolchain", func(t *testing.T) { splits(t, files) })
	for _, unknown := range []string{"leave", "drop"} {
		changed, read, runs := 0, 0, 0
		codes, patterns := map[string]int{}, map[string]int{}
		config := fmt.Sprintf(`{"explain": true, "unknown": %q}`, unknown)
		for _, f := range files {
			m, ok := irtest.Build(f.Name, string(f.Data))
			if !ok || m.HasCustom() {
				continue
			}
			read++
			out := run(t, m, "", config, "")
			for _, d := range out.Diags {
				codes[strings.TrimPrefix(d.Code, "slim/")]++
			}
			if out.Module == m {
				continue
			}
			changed++
			for i, s := range out.Module.Stages {
				for k, op := range s.Ops {
					if op != m.Stages[i].Ops[k] {
						runs++
					}
				}
			}
			for _, p := range slim.Declared(out.Module) {
				patterns[p]++
			}
			if again := run(t, out.Module, "", config, ""); plugintest.Print(again.Module) != plugintest.Print(out.Module) {
				t.Errorf("%s: a second run makes\n%s", f.Name, plugintest.Print(again.Module))
			}
		}
		t.Logf("unknown: %s: of %d files %d change, by %d RUNs", unknown, read, changed, runs)
		for _, table := range []map[string]int{codes, patterns} {
			for _, k := range slices.SortedFunc(maps.Keys(table), func(a, b string) int { return table[b] - table[a] }) {
				if table[k] > 2 {
					t.Logf("%6d %s", table[k], k)
				}
			}
		}
		if changed == 0 {
			t.Error("nothing changes")
		}
	}
}

// splits counts the real Dockerfiles that become two stages, and holds that each of them is one that can
// be read again, and that a second run changes nothing.
func splits(t *testing.T, files []cases.File) {
	debian := plugintest.Host{Config: golangImage, Base: "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n"}
	for _, unknown := range []string{"leave", "drop"} {
		read, split, purged, codes := 0, 0, 0, map[string]int{}
		config := fmt.Sprintf(`{"explain": true, "drop": ["toolchain"], "run-base": "distribution", "unknown": %q}`, unknown)
		for _, f := range files {
			m, ok := irtest.Build(f.Name, string(f.Data))
			if !ok || m.HasCustom() {
				continue
			}
			read++
			out := on(t, m, "", config, debian)
			for _, d := range out.Diags {
				if strings.Contains(d.Message, "stays") {
					codes[strings.TrimPrefix(d.Code, "slim/")]++
				}
			}
			switch {
			case out.Module == m:
				continue
			case len(out.Module.Stages) > len(m.Stages):
				split++
			default:
				purged++
			}
			text := plugintest.Print(out.Module)
			t.Logf("%s becomes\n%s%q", f.Name, text, slim.Declared(out.Module))
			if _, ok := irtest.Build(f.Name, text); !ok {
				t.Errorf("%s: it cannot be read again", f.Name)
			}
			if again := on(t, out.Module, "", config, debian); plugintest.Print(again.Module) != text {
				t.Errorf("%s: a second run makes\n%s", f.Name, plugintest.Print(again.Module))
			}
		}
		t.Logf("unknown: %s: of %d files %d are split, %d purge; others: %v", unknown, read, split, purged, codes)
		if purged == 0 || split == 0 && unknown == "drop" {
			t.Error("nothing is split")
		}
	}
}
