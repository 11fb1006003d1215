package reorder_test

import (
	"slices"
	"strings"
	"testing"

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

// TestCorpus moves steps of real Dockerfiles: none goes, a second run changes nothing, and what is
// set stays in front of what it was in front of.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	for _, config := range []string{`{"explain": true}`, `{"explain": true, "links": "trust"}`} {
		corpus(t, files, config)
	}
}

func corpus(t *testing.T, files []cases.File, config string) {
	changed, moved, reasons, stays := 0, 0, map[string]int{}, 0
	for _, f := range files {
		m, ok := irtest.Build(f.Name, string(f.Data))
		if !ok {
			continue
		}
		out := pass(t, m, config, debian)
		for _, d := range out.Diags {
			if strings.HasSuffix(d.Code, "/moved") {
				moved++
			} else {
				stays++
				_, why, _ := strings.Cut(d.Message, "more often: ")
				reasons[kind(why)]++
			}
		}
		if out.Module == m {
			continue
		}
		changed++
		if again := pass(t, out.Module, config, debian); plugintest.Print(again.Module) != plugintest.Print(out.Module) {
			t.Errorf("%s: a second run changes\n%s\nto\n%s", f.Name, plugintest.Print(out.Module), plugintest.Print(again.Module))
		}
		for i, s := range m.Stages {
			// A WORKDIR may come in front of copies.
			for _, without := range []string{"WORKDIR", "COPY ADD"} {
				if before, after := outline(s, without), outline(out.Module.Stages[i], without); before != after {
					t.Errorf("%s: what is set was\n%s\nand is\n%s", f.Name, before, after)
				}
			}
		}
	}
	t.Logf("%s: %d files change, %d steps move, %d stay: %v", config, changed, moved, stays, reasons)
}

// kind is the reason without what is in it.
func kind(why string) string {
	for _, k := range []string{"author's", "may build what is", "not in the table", "does not know", "files of the build", "may have made links", "may lead through", "uses", "is not known"} {
		if strings.Contains(why, k) {
			return k
		}
	}
	return "what a program does"
}

// outline are the instructions of a stage in their order, those between two that set something
// sorted, without those of some keywords.
func outline(s *ir.Stage, without string) string {
	var out, group []string
	flush := func() {
		slices.Sort(group)
		out, group = append(out, group...), nil
	}
	for _, op := range s.Ops {
		if slices.Contains(strings.Fields(without), op.Body.Keyword()) {
			continue
		}
		text := ir.Format(op.Body, '\\')
		switch op.Body.(type) {
		case *ir.Env, *ir.Arg, *ir.Workdir, *ir.User, *ir.Shell, *ir.Custom:
			flush()
			out = append(out, text)
		default:
			group = append(group, text)
		}
	}
	flush()
	return strings.Join(out, "\n")
}
