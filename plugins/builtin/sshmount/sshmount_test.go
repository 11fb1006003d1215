package sshmount_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/sshmount"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

func TestCases(t *testing.T) { plugintest.Dir(t, sshmount.New(), "testdata") }

func TestWhy(t *testing.T) {
	for run, want := range map[string]string{
		"git clone git@example.com:a/b": "git clone git@example.com:a/b is over ssh",
		"make deps":                     "the config says so of `^RUN make`",
		"ssh-add -L":                    "it asks the ssh agent",
	} {
		step := plugins.Step{Plugin: sshmount.New(), Config: json.RawMessage(`{"always": ["^RUN make"]}`)}
		out := plugintest.Run(t, step, "FROM debian\nRUN "+run, nil)
		o := out.Module.Stages[0].Ops[0].Origin
		if o.By != "ssh-mount" || o.Why != want || len(o.From) != 1 {
			t.Errorf("%s: %+v", run, o)
		}
	}
}

func TestBadConfig(t *testing.T) {
	out := plugintest.Run(t, plugins.Step{Plugin: sshmount.New(), Config: json.RawMessage(`{"always": ["("]}`)}, "FROM debian\nRUN ls", nil)
	if len(out.Diags) != 1 || out.Diags[0].Code != "ssh-mount/config" || !out.Diags.HasErrors() {
		t.Errorf("%v", out.Diags)
	}
}

// TestCorpus runs over real Dockerfiles: the module stays valid, and a second run
// changes nothing.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	pipeline := &plugins.Pipeline{Steps: []plugins.Step{{Plugin: sshmount.New()}}}
	changed, keys := 0, 0
	for _, f := range files {
		file, diags := lang.Parse(source.NewFile(f.Name, string(f.Data)))
		m, more := ir.Build(file)
		if diags.HasErrors() || more.HasErrors() {
			continue
		}
		out, err := pipeline.Run(t.Context(), plugins.Input{Module: m})
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		for _, d := range out.Diags {
			keys++
			t.Logf("%s: %s", f.Name, d.Message)
		}
		if out.Module == m {
			continue
		}
		changed++
		for _, s := range out.Module.Stages {
			for _, op := range s.Ops {
				if op.Origin.By == "ssh-mount" {
					t.Logf("%s: %s", f.Name, op.Origin.Why)
				}
			}
		}
		again, err := pipeline.Run(t.Context(), plugins.Input{Module: out.Module})
		if err != nil || again.Module != out.Module {
			t.Errorf("%s: a second run: %v\n%s", f.Name, err, plugintest.Print(again.Module))
		}
	}
	t.Logf("%d files changed, %d keys", changed, keys)
	if changed == 0 {
		t.Error("no file is changed")
	}
}

// TestGitOptions reads git as its manual pages do: a value is no URL and no command, and what
// sets nothing makes no rule.
func TestGitOptions(t *testing.T) {
	const key = " url.git@example.com:.insteadOf https://example.com/"
	const clone = " && git clone https://example.com/x"
	for line, want := range map[string]bool{
		"git --namespace x clone git@example.com:x":            true,
		"git --config-env a.b=C clone git@example.com:x":       true,
		"git config --global" + key + clone:                    true,
		"git config -f /etc/gitconfig" + key + clone:           true,
		"git config --file /etc/gitconfig --add" + key + clone: true,
		"git config set --global" + key + clone:                true,
		"git config --get" + key + clone:                       false,
		"git config --unset-all" + key + clone:                 false,
		"git clone https://example.com/x":                      false,
	} {
		out := plugintest.Run(t, plugins.Step{Plugin: sshmount.New()}, "FROM debian:13\nRUN "+line+"\n", plugintest.Host{})
		if got := strings.Contains(plugintest.Print(out.Module), "type=ssh"); got != want {
			t.Errorf("%s: a mount: %v", line, got)
		}
	}
}

// TestManagers holds that what gets packages with git is asked of the table of programs.
func TestManagers(t *testing.T) {
	const rule = `git config --global url."git@example.com:".insteadOf https://example.com/ && `
	for line, want := range map[string]bool{
		"pip3.12 install git+ssh://git@example.com/a":                              true,
		"python3.11 -m pip install 'a @ git+ssh://git@example.com/a'":              true,
		"python3 -m venv git+ssh://git@example.com/a":                              false,
		"poetry add git+ssh://git@example.com/a":                                   true,
		"yarn upgrade github:a/b":                                                  true,
		"yarn run github:a/b":                                                      false,
		"pip install github:a/b":                                                   false,
		"composer config repositories.a vcs git@example.com:a":                     false,
		"composer config repositories.a vcs git@example.com:a && composer install": true,
		"cargo init --git=ssh://git@example.com/a":                                 false,
		"cargo install --git ssh://git@example.com/a":                              true,
		"gem install ssh://git@example.com/a":                                      false,
		rule + "yarn":                                                              true,
		rule + "bundle":                                                            true,
		rule + "bundle exec rake":                                                  false,
		rule + "poetry install":                                                    true,
		rule + "apt-get install -y a":                                              false,
		rule + "npm ci":                                                            true,
		rule + "npm run a":                                                         false,
	} {
		out := plugintest.Run(t, plugins.Step{Plugin: sshmount.New()}, "FROM debian\nRUN "+line, nil)
		if got := strings.Contains(plugintest.Print(out.Module), "type=ssh"); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}
