package builtin_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// same runs plugins once more, and holds that to changing nothing of what they made.
func same(ctx context.Context, p *plugins.Pipeline, in plugins.Input, made *ir.Module) error {
	again, err := p.Run(ctx, in)
	if err != nil {
		return err
	}
	if before, after := plugintest.Print(made), plugintest.Print(again.Module); before != after {
		return fmt.Errorf("a second run changes it:\n%s", cmp.Diff(before, after))
	}
	return nil
}

// expanding is a host that knows what a build knows of words, and of base images what a test
// gives it.
type expanding struct {
	plugintest.Host
	words *plan.Words
}

// Expand answers as a build does.
func (e expanding) Expand(ctx context.Context, at plugins.Place, word string) (string, error) {
	return e.words.Expand(ctx, at.Stage, at.Op, word)
}

// TestTwice runs all plugins in a row over every real Dockerfile, with much of a config, with
// next to none, and with all risks taken: what came out stays as it is when they run again, and when they run over
// the Dockerfile that it prints. That a file breaks a rule of the policy changes nothing about it.
func TestTwice(t *testing.T) {
	files := cases.NeedCorpus(t)
	files = sample(files)
	known := plugintest.Host{Config: `{"os": "linux", "config": {"User": "app", "WorkingDir": "/srv", "Env": ["HOME=/home/app", "GOPATH=/g"]}}`,
		Base: "ID=debian\nVERSION_CODENAME=bookworm\n"}
	root := plugintest.Host{Config: `{"os": "linux"}`, Base: known.Base}
	server := map[string]string{"ssh-server": configs()["ssh-server"]} // which needs one
	risks := map[string]string{"ssh-server": server["ssh-server"], "cache-mounts": `{"unknown": "mount"}`,
		"merge-run": `{"unknown": "merge", "cache": "ignore", "max-length": 60000}`, "slim": `{"unknown": "drop"}`}
	for _, c := range []struct {
		name   string
		images plugintest.Host
		config map[string]string
	}{{"much config, unknown images", plugintest.Host{}, configs()}, {"no config, known images", known, server},
		{"every risk, images of root", root, risks}, {"every risk, unknown images", plugintest.Host{}, risks}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := pipelines(func(p plugins.Plugin) plugins.Plugin { return p })["all"]
			for i, s := range p.Steps {
				if p.Steps[i].Config = nil; c.config[s.Plugin.Info().Name] != "" {
					p.Steps[i].Config = []byte(c.config[s.Plugin.Info().Name])
				}
			}
			host := func(m *ir.Module) plugins.Host { return expanding{c.images, plan.NewWords(m, plan.Options{})} }
			changed := 0
			for _, f := range files {
				m := parse(f.Name, string(f.Data))
				if m == nil {
					continue
				}
				made, err := twice(t.Context(), p, m, host)
				if err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
				if made {
					changed++
				}
			}
			t.Logf("%d of %d files changed", changed, len(files))
			if changed < len(files)/2 {
				t.Error("less than half of them")
			}
		})
	}
}

// twice runs plugins over a module, and over what they made of it as a module and as a
// Dockerfile. It tells whether they changed the first.
func twice(ctx context.Context, p *plugins.Pipeline, m *ir.Module, host func(*ir.Module) plugins.Host) (bool, error) {
	out, err := p.Run(ctx, plugins.Input{Module: m, Host: host})
	if err != nil || out.Module == m {
		return false, err
	}
	if err := same(ctx, p, plugins.Input{Module: out.Module, Host: host}, out.Module); err != nil {
		return true, err
	}
	text, err := dockerfile.Print(out.Module)
	if err != nil {
		return true, err
	}
	back := parse("Dockerfile", text)
	if back == nil {
		return true, fmt.Errorf("it does not read back:\n%s", text)
	}
	return true, same(ctx, p, plugins.Input{Module: back, Host: host}, out.Module)
}
