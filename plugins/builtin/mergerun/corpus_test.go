package mergerun

import (
	"maps"
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// compile gives the module of a text, nil when it has errors.
func compile(text string) *ir.Module {
	if m, ok := irtest.Build("Dockerfile", text); ok && !ir.VerifyLowered(m).HasErrors() {
		return m
	}
	return nil
}

// explained is the plugin with its reasons told.
func explained() *plugins.Pipeline {
	return &plugins.Pipeline{Steps: []plugins.Step{{Plugin: New(), Config: []byte(`{"explain": true}`)}}}
}

func count(m *ir.Module) (n int) {
	for _, s := range m.Stages {
		for _, op := range s.Ops {
			if _, ok := op.Body.(*ir.Run); ok {
				n++
			}
		}
	}
	return n
}

// TestCorpus takes every real Dockerfile through the plugin: what comes out is valid,
// reads back as it is, and stays when the plugin runs again.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	read, changed, before, after, pairs := 0, 0, 0, 0, 0
	reasons := map[string]int{}
	for _, f := range files {
		m := compile(string(f.Data))
		if m == nil {
			continue
		}
		out, err := explained().Run(t.Context(), plugins.Input{Module: m})
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		read, before, after = read+1, before+count(m), after+count(out.Module)
		for _, d := range out.Diags {
			reasons[d.Code]++
			pairs++
		}
		if out.Module != m {
			changed++
			check(t, f.Name, out.Module)
		}
	}
	t.Logf("%d files, %d changed: of %d RUNs %d are left; %d boundaries of %d merged", read, changed, before, after, before-after, before-after+pairs)
	for _, code := range slices.Sorted(maps.Keys(reasons)) {
		t.Logf("%6d %s", reasons[code], code)
	}
	if before-after < 350 {
		t.Errorf("only %d RUNs were merged", before-after)
	}
}

// check holds what the plugin made against the rules for it.
func check(t *testing.T, name string, m *ir.Module) {
	t.Helper()
	if diags := ir.Verify(m); diags.HasErrors() {
		t.Errorf("%s: %v", name, diags)
	}
	again, err := explained().Run(t.Context(), plugins.Input{Module: m})
	if err != nil {
		t.Errorf("%s: a second run: %v", name, err)
	} else if again.Module != m {
		t.Errorf("%s: a second run changes it:\n%s\nto\n%s", name, plugintest.Print(m), plugintest.Print(again.Module))
	}
	text, err := dockerfile.Print(m)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if back := compile(text); back == nil || plugintest.Print(back) != plugintest.Print(m) {
		t.Errorf("%s: it does not read back:\n%s", name, text)
	}
}
