package copylink_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// pass takes a module through the plugin.
func pass(t testing.TB, m *ir.Module, config string, host plugintest.Host) *plugins.Output {
	t.Helper()
	p := plugins.Pipeline{Steps: []plugins.Step{step(config)}}
	out, err := p.Run(t.Context(), plugins.Input{Module: m, Host: func(m *ir.Module) plugins.Host { h := host; h.Module = m; return h }})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCorpus gives COPYs of real Dockerfiles the flag: what comes out compiles where the file does, a second
// run changes nothing, and without the flag it is the same.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	for _, config := range []string{`{"explain": true}`} {
		changed, reasons := 0, map[string]int{}
		for _, f := range files {
			m, ok := irtest.Build(f.Name, string(f.Data))
			if !ok {
				continue
			}
			out := pass(t, m, config, plugintest.Host{})
			for _, d := range out.Diags {
				reasons[strings.TrimPrefix(d.Code, "copy-link/")]++
			}
			if out.Module == m {
				continue
			}
			changed++
			text := plugintest.Print(out.Module)
			if again := pass(t, out.Module, config, plugintest.Host{}); plugintest.Print(again.Module) != text {
				t.Errorf("%s: a second run changes\n%s\nto\n%s", f.Name, text, plugintest.Print(again.Module))
			}
			if err := testbed.Compiles(t.Context(), out.Module); err != nil && testbed.Compiles(t.Context(), m) == nil {
				t.Errorf("%s: it does not compile: %v\n%s", f.Name, err, text)
			}
			if strings.ReplaceAll(text, " --link", "") != strings.ReplaceAll(plugintest.Print(m), " --link", "") {
				t.Errorf("%s: more than the flag changes:\n%s", f.Name, text)
			}
			t.Logf("%s becomes\n%s", f.Name, text)
		}
		t.Logf("%s: %d files change; %v", config, changed, reasons)
	}
}
