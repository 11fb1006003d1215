package builtin_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/backend/testbed/figure"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// configs have each plugin do as much as it can, whatever the base image.
func configs() map[string]string {
	return map[string]string{
		"ssh-server": `{"authorized-keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE6Vx9vO3Dq0n7j4kq2b1WbX3b7J0h3c1k0q8p4t9w2x me"],
			"manager": "apt", "entrypoint": [], "cmd": ["/bin/sh"]}`,
		"policy":    `{"use": ["recommended", "no-root", "max-layers", "forbidden-instructions"]}`,
		"ssh-mount": `{"always": ["make"]}`,
		"slim":      `{"unknown": "drop"}`,
	}
}

// step is a plugin with its config.
func step(name string, p plugins.Plugin) plugins.Step {
	s := plugins.Step{Plugin: p, Grants: []plugins.Grant{plugins.GrantContext, plugins.GrantImages}}
	if c := configs()[name]; c != "" {
		s.Config = []byte(c)
	}
	return s
}

// order is that in which docs/plugins/README.md has the plugins stand: those that put
// instructions in come first, and merge-run comes behind those that look at RUNs.
func order() []string {
	return []string{"include", "packages", "ssh-server", "drop-dead", "split-copy", "reorder", "parallelise", "copy-link", "ssh-mount", "cache-mounts", "merge-run", "slim", "policy"}
}

// otherOrders are those in which plugins that rewrite RUNs may stand, too. Others are
// refused: a plugin that puts RUNs or stages in stands in front of them (Info.After).
func otherOrders() map[string][]string {
	return map[string][]string{
		"merge-run cache-mounts":  {"merge-run", "cache-mounts"},
		"merge-run ssh-mount":     {"merge-run", "ssh-mount"},
		"cache-mounts merge-run":  {"cache-mounts", "merge-run"},
		"cache-mounts ssh-mount":  {"cache-mounts", "ssh-mount"},
		"all the other way round": {"policy", "packages", "include", "ssh-server", "merge-run", "cache-mounts", "ssh-mount"},
	}
}

// pipelines are each built-in plugin alone, and all of them in a row.
func pipelines(carrier func(plugins.Plugin) plugins.Plugin) map[string]*plugins.Pipeline {
	list, all := map[string]*plugins.Pipeline{}, &plugins.Pipeline{}
	for _, name := range order() {
		s := step(name, carrier(builtin.All()[name]()))
		list[name] = &plugins.Pipeline{Steps: []plugins.Step{s}}
		all.Steps = append(all.Steps, s)
	}
	list["all"] = all
	for name, order := range otherOrders() {
		p := &plugins.Pipeline{}
		for _, plugin := range order {
			p.Steps = append(p.Steps, step(plugin, carrier(builtin.All()[plugin]())))
		}
		list[name] = p
	}
	return list
}

// parse gives the module of a text, nil when it has errors.
func parse(name, text string) *ir.Module {
	if m, ok := irtest.Build(name, text); ok && !ir.VerifyLowered(m).HasErrors() {
		return m
	}
	return nil
}

// anyImage is an image of Linux of which nothing else is known.
type anyImage struct{}

func (anyImage) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	return plan.ImageInfo{Ref: r.Ref, Config: []byte(`{"os": "linux", "architecture": "amd64"}`)}, nil
}

func compile(ctx context.Context, m *ir.Module) error {
	r, err := llb.CompileModule(ctx, m, llb.Options{Options: plan.Options{Images: anyImage{}}})
	if err == nil {
		_, err = r.State.Marshal(ctx)
	}
	return err
}

// plain prints a module in which no two things have one origin. The wire tells equal
// origins of old ops and new ones apart.
func plain(m *ir.Module) string {
	m = m.Copy()
	var own func(o *ir.Origin) *ir.Origin
	own = func(o *ir.Origin) *ir.Origin {
		if o == nil {
			return nil
		}
		c := *o
		c.From = slices.Clone(o.From)
		for i := range c.From {
			c.From[i] = own(c.From[i])
		}
		return &c
	}
	ops := func(list []*ir.Op) {
		for i, op := range list {
			c := *op
			c.Origin = own(op.Origin)
			list[i] = &c
		}
	}
	ops(m.Args)
	for i, s := range m.Stages {
		c := *s
		c.Origin, c.Ops = own(s.Origin), slices.Clone(s.Ops)
		ops(c.Ops)
		m.Stages[i] = &c
	}
	return ir.Print(m)
}

// results count what became of the files.
type results struct {
	sync.Mutex
	files, changed, refused, found int
}

// examine takes one module through a pipeline by both carriers.
func (r *results) examine(ctx context.Context, m *ir.Module, direct, wire *plugins.Pipeline, compiles bool) error {
	host := func(m *ir.Module) plugins.Host { return plugintest.Host{} }
	out, err := direct.Run(ctx, plugins.Input{Module: m, Host: host})
	if err != nil {
		return err
	}
	other, err := wire.Run(ctx, plugins.Input{Module: m, Host: host})
	switch {
	case err != nil:
		return fmt.Errorf("over the wire: %w", err)
	case plain(out.Module) != plain(other.Module):
		return fmt.Errorf("over the wire it becomes another module:\n%s", cmp.Diff(plain(out.Module), plain(other.Module)))
	case fmt.Sprint(out.Diags) != fmt.Sprint(other.Diags):
		return fmt.Errorf("over the wire it says %v, not %v", other.Diags, out.Diags)
	}
	r.Lock()
	r.files++
	r.found += len(out.Diags)
	if out.Diags.HasErrors() {
		r.refused++
	} else if out.Module != m {
		r.changed++
	}
	r.Unlock()
	if out.Module == m {
		return nil
	}
	if err := same(ctx, direct, plugins.Input{Module: out.Module, Host: host}, out.Module); err != nil || out.Diags.HasErrors() {
		return err
	}
	if bad := ir.VerifyLowered(out.Module); bad.HasErrors() {
		return fmt.Errorf("it does not verify: %v", bad)
	}
	if err := compile(ctx, out.Module); err != nil && compiles {
		return fmt.Errorf("it does not compile: %w", err)
	}
	text, err := dockerfile.Print(out.Module)
	if err != nil {
		return fmt.Errorf("it does not print: %w", err)
	}
	if back := parse("Dockerfile", text); back == nil || plugintest.Print(back) != plugintest.Print(out.Module) {
		return fmt.Errorf("it does not read back:\n%s", text)
	}
	return nil
}

// TestCorpus runs the plugins over real Dockerfiles, one of eight or with STRAKE_LONG=1 all of
// them, in-process and over the wire: both agree, and what comes out verifies, compiles, reads back, and stays as it is.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	files = sample(files)
	direct := pipelines(func(p plugins.Plugin) plugins.Plugin { return p })
	wire := pipelines(func(p plugins.Plugin) plugins.Plugin { return plugintest.Wire(t, p) })
	for _, name := range slices.Sorted(maps.Keys(direct)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &results{}
			began := time.Now()
			for _, f := range files {
				m := parse(f.Name, string(f.Data))
				if m == nil {
					continue
				}
				if err := r.examine(t.Context(), m, direct[name], wire[name], compile(t.Context(), m) == nil); err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
			}
			t.Logf("%d files: %d changed, %d with errors; %d findings; %v", r.files, r.changed, r.refused, r.found, time.Since(began).Round(time.Second))
		})
	}
}

// sample gives those of the real files that a test takes: with STRAKE_LONG=1 all, one of eight
// without it, as each goes through all plugins many times, and one of twenty with -short.
func sample(files []cases.File) []cases.File {
	switch {
	case testing.Short():
		return every(20, files)
	case os.Getenv("STRAKE_LONG") == "":
		return every(8, files)
	}
	return files
}

// every gives one of n files, from all parts of the list.
func every[F any](n int, files []F) []F {
	var list []F
	for i := 0; i < len(files); i += n {
		list = append(list, files[i])
	}
	return list
}

// TestOff holds a pipeline without plugins to doing nothing.
func TestOff(t *testing.T) {
	m := parse("Dockerfile", "FROM debian\nRUN a\nRUN b\n")
	out, err := (&plugins.Pipeline{}).Run(t.Context(), plugins.Input{Module: m})
	if err != nil || out.Module != m || len(out.Diags) > 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestSpeed prints what all plugins together cost beside the plain compile of the same
// files.
func TestSpeed(t *testing.T) {
	if os.Getenv("STRAKE_BENCH") == "" {
		t.Skip("set STRAKE_BENCH=1")
	}
	files, ok, err := cases.Corpus()
	if err != nil || !ok {
		t.Skipf("no corpus (%v)", err)
	}
	list := pipelines(func(p plugins.Plugin) plugins.Plugin { return p })
	for name, p := range list {
		for i, s := range p.Steps { // as strake.yaml has them without a config
			if s.Plugin.Info().Name != "ssh-server" {
				p.Steps[i].Config = nil
			}
		}
		if name != "all" {
			speed(t, name, files, p)
		}
	}
	with, plain := speed(t, "all", files, list["all"])
	figure.Report(t, figure.Figure{What: "built-in plugins, all, on the corpus; a compile", Ours: with.String(), Theirs: plain.String(),
		Result: fmt.Sprintf("%.2f", float64(with)/float64(plain)), Target: "<= 1.00", Missed: with > plain})
}

// speed takes files through the compiler and through plugins, in turns.
func speed(t *testing.T, name string, files []cases.File, p *plugins.Pipeline) (with, plain time.Duration) {
	t.Helper()
	var ratios []float64
	for _, f := range files {
		text := string(f.Data)
		m := parse(f.Name, text)
		if m == nil || compile(t.Context(), m) != nil {
			continue
		}
		best := [2]time.Duration{time.Hour, time.Hour}
		for range 5 {
			began := time.Now()
			m := parse(f.Name, text)
			_ = compile(t.Context(), m)
			best[0] = min(best[0], time.Since(began))
			began = time.Now()
			if _, err := p.Run(t.Context(), plugins.Input{Module: m, Host: func(*ir.Module) plugins.Host { return plugintest.Host{} }}); err != nil {
				t.Fatal(err)
			}
			best[1] = min(best[1], time.Since(began))
		}
		plain, with = plain+best[0], with+best[1]
		ratios = append(ratios, float64(best[1])/float64(best[0]))
	}
	slices.Sort(ratios)
	n := time.Duration(len(ratios))
	t.Logf("%-12s %d files: a compile takes %v, the plugin %v: %.2f; by file %.2f in the middle, %.2f at most",
		name, n, plain/n, with/n, float64(with)/float64(plain), ratios[n/2], ratios[n-1])
	return with, plain
}
