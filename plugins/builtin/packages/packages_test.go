package packages_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/packages"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

func TestCases(t *testing.T) { plugintest.Dir(t, packages.New(), "testdata") }

// TestWire has the same results from the other end of a connection.
func TestWire(t *testing.T) { plugintest.Dir(t, plugintest.Wire(t, packages.New()), "testdata") }

// TestBase has what only the base image tells, to those that are granted it.
func TestBase(t *testing.T) {
	const install = "RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends vim && apt-get clean && rm -rf /var/lib/apt/lists/*\n"
	debian, fedora := "ID=debian\nVERSION_ID=\"12\"\n", "ID=fedora\nVERSION_ID=40\n"
	granted := []plugins.Grant{plugins.GrantImages}
	for _, c := range []struct {
		name   string
		host   plugintest.Host
		grants []plugins.Grant
		want   string // "" is an error
	}{
		{"not granted", plugintest.Host{Base: fedora}, nil, ""},
		{"not there", plugintest.Host{}, granted, ""},
		{"os-release", plugintest.Host{Base: fedora}, granted, "RUN dnf install -y --setopt=install_weak_deps=False vim && dnf clean all\n"},
		{"a user", plugintest.Host{Base: debian, Config: `{"config": {"User": "postgres"}}`}, granted, "USER root\n" + install + "USER postgres\n"},
		{"root", plugintest.Host{Base: debian, Config: `{"config": {"User": "0:0"}}`}, granted, install},
		{"no user", plugintest.Host{Base: debian, Config: `{}`}, granted, install},
		{"a shell", plugintest.Host{Base: debian, Config: `{"config": {"Shell": ["pwsh"]}}`}, granted,
			`RUN ["/bin/sh", "-c", "` + strings.TrimSuffix(strings.TrimPrefix(install, "RUN "), "\n") + `"]` + "\n"},
	} {
		out := plugintest.Run(t, plugins.Step{Plugin: packages.New(), Grants: c.grants}, "FROM company/base\nPACKAGES vim\n", c.host)
		got := strings.TrimPrefix(plugintest.Print(out.Module), "FROM company/base\n")
		if (c.want == "") != out.Diags.HasErrors() || c.want != "" && got != c.want {
			t.Errorf("%s: %v\n%s", c.name, out.Diags, got)
		}
	}
}

// TestOrigin finds the way back to the line.
func TestOrigin(t *testing.T) {
	const text = "FROM debian:12\nUSER app\nPACKAGES vim\n"
	out := plugintest.Run(t, plugins.Step{Plugin: packages.New()}, text, nil)
	for _, op := range out.Module.Stages[0].Ops[1:] {
		spans := op.Origin.Spans()
		if op.Origin.By != packages.Name || op.Origin.Why == "" || len(spans) != 1 || text[spans[0].Start:spans[0].End] != "PACKAGES vim" {
			t.Errorf("%s: %+v", op.Text(), op.Origin)
		}
	}
}

// FuzzPackages has any words: what comes out is valid, and what is no variable reaches
// the shell as one plain command.
func FuzzPackages(f *testing.F) {
	for _, s := range []string{"vim", "a=1 b", "a;b", "a=$X", "a=${X}.*", "a=$(x)", "`x`", "a='", `["a b", "c\n"]`, "a=~1", "@x", "a\\"} {
		f.Add(s, "apt")
		f.Add(s, "dnf")
	}
	f.Fuzz(func(t *testing.T, args, manager string) {
		p := &plugins.Pipeline{Steps: []plugins.Step{{Plugin: packages.New()}}}
		file, diags := lang.Parse(source.NewFile("", "FROM x\nPACKAGES --manager="+manager+" "+args+"\n"))
		m, more := ir.Build(file)
		if diags = append(diags, more...); diags.HasErrors() && !strings.Contains(diags.Error(), "PACKAGES") {
			return
		}
		out, err := p.Run(t.Context(), plugins.Input{Module: m})
		if err != nil {
			t.Fatal(err)
		}
		if out.Diags.HasErrors() || len(out.Module.Stages) != 1 {
			return
		}
		for _, op := range out.Module.Stages[0].Ops {
			run, ok := op.Body.(*ir.Run)
			if !ok {
				continue
			}
			for _, bad := range []string{";", "`", "$(", "\n", "|", "<", ">", `\`, "& "} {
				if text := strings.ReplaceAll(run.Command.Line, "&& ", ""); strings.Contains(text, bad) && op.Origin.By != "" {
					t.Errorf("%q in %s", bad, text)
				}
			}
		}
	})
}
