package splitcopy_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/splitcopy"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// allows is a build context that lets installs be split: manifests that name packages of registries, in
// its root and in each directory that a COPY of the module names or a cd goes to.
func allows(m *ir.Module) map[string]string {
	plain := map[string]string{
		"package.json": `{"dependencies": {"a": "1"}}`, "package-lock.json": lock, "yarn.lock": "a@1:\n  version \"1.0.0\"\n  resolved \"https://r.example/a.tgz\"\n", "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
		"requirements.txt": "a==1\n", "go.mod": "module a\n", "go.sum": "", "Gemfile": "source 'https://rubygems.org'\ngem 'a'\n", "Gemfile.lock": "GEM\n",
		"composer.json": "{}", "composer.lock": `{"packages": []}`, "src/x": "",
	}
	files := maps.Clone(plain)
	for _, s := range m.Stages {
		for _, op := range s.Ops {
			switch b := op.Body.(type) {
			case *ir.Copy:
				for _, source := range b.Sources {
					if dir := strings.Trim(path.Clean("/"+source), "/"); b.From == "" && dir != "" && !strings.ContainsAny(dir, "*?[$") && path.Ext(dir) == "" && files[dir] == "" {
						for name, text := range plain {
							files[dir+"/"+name] = text
						}
					}
				}
			case *ir.Run:
				script, err := shell.Parse(b, nil)
				if err != nil {
					continue
				}
				for _, c := range script.Commands {
					if p, _ := effects.ProjectOf(c); p != nil {
						for _, w := range p.Files {
							if name := path.Base(w.Text); w.Known && !strings.Contains(w.Text, "://") {
								files[name], files[strings.TrimPrefix(path.Clean("/"+w.Text), "/")] = "a==1\n", "a==1\n"
							}
						}
					}
				}
			}
		}
	}
	return files
}

// TestCorpus counts what becomes of real Dockerfiles with contexts that allow it, and holds what comes
// out to staying as it is.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	p := plugins.Pipeline{Steps: []plugins.Step{{Plugin: splitcopy.New(), Config: []byte(`{"explain": true}`), Grants: []plugins.Grant{plugins.GrantContext, plugins.GrantImages}}}}
	asked, split, codes := 0, 0, map[string]int{}
	for _, f := range files {
		m, ok := irtest.Build(f.Name, string(f.Data))
		if !ok || m.HasCustom() || ir.VerifyLowered(m).HasErrors() {
			continue
		}
		host := func(*ir.Module) plugins.Host { return plugintest.Host{Config: base, Files: allows(m)} }
		out, err := p.Run(t.Context(), plugins.Input{Module: m, Host: host})
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if len(out.Diags) > 0 {
			asked++
		}
		for _, d := range out.Diags {
			codes[d.Code]++
			if testing.Verbose() {
				t.Logf("%s: %s: %s", f.Name, d.Code, d.Message)
			}
		}
		if out.Module == m {
			continue
		}
		split++
		if bad := ir.VerifyLowered(out.Module); bad.HasErrors() {
			t.Errorf("%s does not verify: %v", f.Name, bad)
		}
		again, err := p.Run(t.Context(), plugins.Input{Module: out.Module, Host: host})
		if err != nil || plugintest.Print(again.Module) != plugintest.Print(out.Module) {
			t.Errorf("%s: a second run makes another module (%v)", f.Name, err)
		}
	}
	text := ""
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		text += fmt.Sprintf(" %s %d", strings.TrimPrefix(code, "split-copy/"), codes[code])
	}
	t.Logf("%d files have an install behind a COPY of a directory, %d are split; COPYs:%s", asked, split, text)
	if split == 0 {
		t.Error("nothing is split")
	}
}
