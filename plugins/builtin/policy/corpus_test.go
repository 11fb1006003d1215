package policy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/policy"
)

// everything has all shipped rules on.
func everything(t testing.TB) json.RawMessage {
	t.Helper()
	var schema struct {
		Properties struct {
			Use struct{ Items struct{ Enum []string } }
		}
	}
	if err := json.Unmarshal(policy.New().Info().Schema, &schema); err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]any{"use": schema.Properties.Use.Items.Enum,
		"registries": []string{"docker.io/*"}, "labels": []string{"org.opencontainers.image.source"}})
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// modules compiles the files of the corpus that are Dockerfiles.
func modules(t testing.TB) map[string]*ir.Module {
	t.Helper()
	files := cases.NeedCorpus(t)
	list := map[string]*ir.Module{}
	for _, f := range files {
		if m, ok := irtest.Build(f.Name, string(f.Data)); ok && !ir.VerifyLowered(m).HasErrors() {
			list[f.Name] = m
		}
	}
	return list
}

// TestCorpus runs all shipped rules over the corpus: none fails, every fix applies and
// gives a Dockerfile that the rule is content with.
func TestCorpus(t *testing.T) {
	pipeline := &plugins.Pipeline{Steps: []plugins.Step{{Plugin: policy.New(), Config: everything(t)}}}
	found, files := map[string]int{}, map[string]map[string]bool{}
	fixed := 0
	list := modules(t)
	for name, m := range list {
		out, err := pipeline.Run(t.Context(), plugins.Input{Module: m})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, d := range out.Diags {
			if d.Code == "unused-ignore" {
				continue
			}
			if strings.HasSuffix(d.Code, "-rule") || strings.HasSuffix(d.Code, "-failed") {
				t.Errorf("%s: %v", name, d)
			}
			found[d.Code]++
			if files[d.Code] == nil {
				files[d.Code] = map[string]bool{}
			}
			files[d.Code][name] = true
			for _, f := range d.Fixes {
				fixed++
				checkFix(t, pipeline, m, d, f, count(out.Diags, d.Code))
			}
		}
	}
	var codes []string
	for code := range found {
		codes = append(codes, fmt.Sprintf("%6d in %4d files  %s", found[code], len(files[code]), code))
	}
	slices.Sort(codes)
	t.Logf("%d files, %d fixes:\n%s", len(list), fixed, strings.Join(codes, "\n"))
}

// checkFix applies one fix.
func checkFix(t *testing.T, p *plugins.Pipeline, m *ir.Module, d diag.Diagnostic, f diag.Fix, before int) {
	t.Helper()
	text, err := diag.Apply(m.Files[0].Text, f.Edits)
	if err != nil {
		t.Errorf("%s: %s: %v", m.Files[0].Name, d.Code, err)
		return
	}
	fixed, ok := irtest.Build(m.Files[0].Name, text)
	if !ok {
		t.Errorf("%s: %s makes what is no Dockerfile:\n%s", m.Files[0].Name, d.Code, text)
		return
	}
	out, err := p.Run(t.Context(), plugins.Input{Module: fixed})
	if err != nil {
		t.Fatal(err)
	}
	if after := count(out.Diags, d.Code); after >= before {
		t.Errorf("%s: the fix of %s leaves it: %d before, %d after", m.Files[0].Name, d.Code, before, after)
	}
}

func count(list diag.List, code string) (n int) {
	for _, d := range list {
		if d.Code == code {
			n++
		}
	}
	return n
}

// TestSpeed prints what the rules cost beside reading the files.
func TestSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("measures")
	}
	list := modules(t)
	for _, c := range []struct {
		name   string
		config json.RawMessage
	}{{"recommended", nil}, {"all", everything(t)}} {
		p := &plugins.Pipeline{Steps: []plugins.Step{{Plugin: policy.New(), Config: c.config}}}
		var read, check, first time.Duration
		for name, m := range list {
			start := time.Now()
			tree, _ := lang.Parse(source.NewFile(name, m.Files[0].Text))
			ir.Build(tree)
			read += time.Since(start)
			best := time.Hour
			for range 3 {
				start = time.Now()
				if _, err := p.Run(t.Context(), plugins.Input{Module: m}); err != nil {
					t.Fatal(err)
				}
				took := time.Since(start)
				if best = min(best, took); first == 0 {
					first = took
				}
			}
			check += best
		}
		n := time.Duration(len(list))
		t.Logf("%s: %v a file, parse and build are %v; the first file, with the rules compiled, %v", c.name, check/n, read/n, first)
	}
}
