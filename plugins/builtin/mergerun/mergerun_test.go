package mergerun

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

func TestCases(t *testing.T) { plugintest.Dir(t, New(), "testdata") }

// TestSchema holds the schema against configs.
func TestSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(New().Info().Schema)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for text, ok := range map[string]bool{
		`{}`: true,
		`{"cache": "ignore", "apart": ["^apt"], "max-length": 100, "explain": true}`: true,
		`{"cache": "no"}`:         false,
		`{"apart": "x"}`:          false,
		`{"apart": [""]}`:         false,
		`{"max-length": 0}`:       false,
		`{"max-length": 70000}`:   false,
		`{"explain": "yes"}`:      false,
		`{"unknown": "merge"}`:    true,
		`{"unknown": "apart"}`:    true,
		`{"unknown": ["make"]}`:   true,
		`{"unknown": [""]}`:       false,
		`{"unknown": "always"}`:   false,
		`{"unheard-of": "field"}`: false,
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); (err == nil) != ok {
			t.Errorf("%s: %v, want valid: %v", text, err, ok)
		}
	}
}

func TestBadPattern(t *testing.T) {
	out := plugintest.Run(t, plugins.Step{Plugin: New(), Config: json.RawMessage(`{"apart": ["("]}`)}, "FROM a\nRUN b\nRUN c\n", nil)
	if len(out.Diags) != 1 || !out.Diags.HasErrors() || out.Diags[0].Code != "merge-run/config" {
		t.Errorf("%v", out.Diags)
	}
}

// merging takes the risk of programs that only tests know.
var merging = json.RawMessage(`{"unknown": "merge"}`)

// TestOrigin holds that a merged op tells who made it, why, and out of what.
func TestOrigin(t *testing.T) {
	out := plugintest.Run(t, plugins.Step{Plugin: New(), Config: merging}, "FROM a\nRUN b\nRUN c\nRUN d\n", nil)
	op := out.Module.Stages[0].Ops[0]
	if o := op.Origin; o.By != Name || o.Why != "merged 3 RUNs into one layer" || len(o.From) != 3 || len(o.Spans()) != 3 || op.Code != "" {
		t.Errorf("%+v of %+v", o, op)
	}
}

// TestLeftOut holds that a stage which the plugin is not for is left as it is, and that
// others go on sharing all layers with it.
func TestLeftOut(t *testing.T) {
	const text = "FROM a AS one\nRUN b\nRUN c\nRUN d\nRUN e\nFROM a AS two\nRUN b\nRUN c\nRUN x\nRUN y\n"
	step := plugins.Step{Plugin: New(), Config: merging, Match: func(_ *ir.Module, s *ir.Stage) bool { return s.Name == "two" }}
	want := "FROM a AS one\nRUN b\nRUN c\nRUN d\nRUN e\nFROM a AS two\nRUN b\nRUN c\nRUN x && y\n"
	if got := plugintest.Print(plugintest.Run(t, step, text, nil).Module); got != want {
		t.Errorf("got:\n%s", got)
	}
}

// TestBaseImage holds that the config of a base image counts when it may be read.
func TestBaseImage(t *testing.T) {
	tests := []struct{ name, config, text, want string }{
		{"plain shell", `{"config": {}}`, "RUN a; b\nRUN c\n", "RUN { a; b; } && c\n"},
		{"shell with -e", `{"config": {"Shell": ["/bin/bash", "-ec"]}}`, "RUN a; b\nRUN c\n", "RUN a; b\nRUN c\n"},
		{"shell with -e, overridden", `{"config": {"Shell": ["/bin/bash", "-ec"]}}`, "SHELL [\"/bin/sh\", \"-c\"]\nRUN a; b\nRUN c\n", "SHELL [\"/bin/sh\", \"-c\"]\nRUN { a; b; } && c\n"},
		{"login shell", `{"config": {"Shell": ["/bin/bash", "-lc"]}}`, "RUN a\nRUN c\n", "RUN a\nRUN c\n"},
		{"BASH_ENV", `{"config": {"Shell": ["/bin/bash", "-c"], "Env": ["BASH_ENV=/x"]}}`, "RUN a\nRUN c\n", "RUN a\nRUN c\n"},
		{"directory", `{"config": {"WorkingDir": "/var/cache/x"}}`, "RUN rm -rf /var/cache/x\nRUN c\n", "RUN rm -rf /var/cache/x\nRUN c\n"},
		{"other directory", `{"config": {"WorkingDir": "/srv"}}`, "RUN rm -rf /opt/x\nRUN c\n", "RUN rm -rf /opt/x && c\n"},
		{"no directory", `{"config": {}}`, "RUN rm -rf /opt/x\nRUN c\n", "RUN rm -rf /opt/x && c\n"},
		{"user", `{"config": {"User": "bob:staff"}}`, "RUN sudo adduser bill\nRUN c\n", "RUN sudo adduser bill\nRUN c\n"},
		{"Windows", `{"os": "windows", "config": {}}`, "RUN a\nRUN c\n", "RUN a\nRUN c\n"},
		{"triggers", `{"config": {"OnBuild": ["SHELL [\"x\"]"]}}`, "RUN a; b\nRUN c\n", "RUN a; b\nRUN c\n"},
		{"triggers, nothing said of them", `{"config": {"OnBuild": ["USER bob"]}}`, "RUN a\nRUN c\n", "RUN a\nRUN c\n"},
		{"triggers, a directory", `{"config": {"OnBuild": ["WORKDIR /opt/x"]}}`, "RUN rm -rf /opt/x\nRUN c\n", "RUN rm -rf /opt/x\nRUN c\n"},
		{"triggers, all else said", `{"config": {"OnBuild": ["RUN x"]}}`, "SHELL [\"/bin/sh\", \"-c\"]\nUSER root\nWORKDIR /srv\nRUN a\nRUN c\n", "SHELL [\"/bin/sh\", \"-c\"]\nUSER root\nWORKDIR /srv\nRUN a\nRUN c\n"},
		{"BASH_ENV, with a SHELL", `{"config": {"Env": ["BASH_ENV=/x"]}}`, "SHELL [\"/bin/bash\", \"-c\"]\nRUN a\nRUN c\n", "SHELL [\"/bin/bash\", \"-c\"]\nRUN a\nRUN c\n"},
		{"SHELLOPTS, with a SHELL", `{"config": {"Env": ["PATH=/usr/bin:/bin", "SHELLOPTS=errexit"]}}`, "SHELL [\"/bin/sh\", \"-c\"]\nRUN a\nRUN c\n", "SHELL [\"/bin/sh\", \"-c\"]\nRUN a\nRUN c\n"},
		{"usual PATH, with a SHELL", `{"config": {"Env": ["PATH=/usr/bin:/bin"], "Shell": ["/bin/bash", "-ec"]}}`, "SHELL [\"/bin/sh\", \"-c\"]\nRUN a; b\nRUN c\n", "SHELL [\"/bin/sh\", \"-c\"]\nRUN { a; b; } && c\n"},
		{"broken", `{`, "RUN a; b\nRUN c\n", "RUN a; b\nRUN c\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			step := plugins.Step{Plugin: New(), Config: merging, Grants: []plugins.Grant{plugins.GrantImages}}
			out := plugintest.Run(t, step, "FROM base\n"+tt.text, plugintest.Host{Config: tt.config})
			if got := plugintest.Print(out.Module); got != "FROM base\n"+tt.want {
				t.Errorf("got:\n%swant:\n%s", got, tt.want)
			}
		})
	}
}

// TestBaseVariables holds that variables of the base image count as those of the stage do.
func TestBaseVariables(t *testing.T) {
	for _, tt := range []struct {
		env    string
		merged bool
	}{
		{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", true},
		{"PATH=/opt/x/bin:/usr/bin:/bin", false},
		{"LANG=C.UTF-8", true},
		{"LD_LIBRARY_PATH=/opt/x", false},
		{"LD_PRELOAD=/opt/x.so", false},
		{"HOME=/opt/x", false},
		{"PYTHONPATH=/opt/x", false},
		{"TAR_OPTIONS=--to-command=x", false},
		{"ENV=/x", false},
	} {
		for _, shell := range []string{"", "SHELL [\"/bin/bash\", \"-c\"]\n"} {
			config, err := json.Marshal(map[string]any{"os": "linux", "config": map[string]any{"Env": []string{tt.env}}})
			if err != nil {
				t.Fatal(err)
			}
			step := plugins.Step{Plugin: New(), Grants: []plugins.Grant{plugins.GrantImages}}
			out := plugintest.Run(t, step, "FROM base\n"+shell+"RUN mkdir /srv/x\nRUN touch /srv/x/f\n", plugintest.Host{Config: string(config)})
			if merged := count(out.Module) == 1; merged != tt.merged {
				t.Errorf("%s %s: merged: %v", tt.env, shell, merged)
			}
		}
	}
}

// logger keeps what is logged.
type logger struct {
	plugins.NoHost
	lines *[]string
}

func (l logger) Log(_ context.Context, text string) { *l.lines = append(*l.lines, text) }

func TestLog(t *testing.T) {
	var lines []string
	plugintest.Run(t, plugins.Step{Plugin: New()}, "FROM a\nRUN true\nRUN [\"c\"]\nRUN d\n", logger{lines: &lines})
	if len(lines) != 2 || !strings.Contains(lines[0], "exec form") {
		t.Errorf("%q", lines)
	}
}

// FuzzRead takes any script, and two RUNs of it, through the plugin.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"a && b", "a # c", "cat <<EOF\nx\nEOF", "a;", "a \\", "(a", "f() { a; } || b", "rm -rf ~/*/..", "cd ..; find . -delete", "case a in b) ;; esac",
		"echo $((a+=1))", "sudo su -c 'bash -c \"rm -rf /\"'", "x=$(", "`a`", "a &", "! a", "[[ a =~ b ]]", "cd ${X} && rm -rf {a,b}*"} {
		f.Add(s, "touch /b", "/bin/bash")
	}
	f.Fuzz(func(t *testing.T, first, second, shell string) {
		args, err := json.Marshal([]string{shell, "-c"})
		if err != nil {
			t.Skip()
		}
		m := compile("FROM a\nWORKDIR /w/x\nSHELL " + string(args) + "\nRUN " + first + "\nRUN " + second + "\nRUN " + first + "\n")
		if m == nil {
			t.Skip()
		}
		out, err := explained().Run(t.Context(), plugins.Input{Module: m})
		if err != nil {
			t.Fatal(err)
		}
		if out.Module != m {
			check(t, "fuzz", out.Module)
		}
	})
}
