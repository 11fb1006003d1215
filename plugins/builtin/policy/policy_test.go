package policy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/policy"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

func TestCases(t *testing.T) { plugintest.Dir(t, policy.New(), "testdata") }

// check runs one config over one Dockerfile.
func check(t testing.TB, p plugins.Plugin, config, text string, host plugins.Host, grants ...plugins.Grant) diag.List {
	t.Helper()
	return plugintest.Run(t, plugins.Step{Plugin: p, Config: json.RawMessage(config), Grants: grants}, text, host).Diags
}

// acme is a config of one rule.
func acme(fields string) string { return `{"use": [], "rules": [{"name": "r", ` + fields + `}]}` }

// show writes diagnostics as "code: message".
func show(list diag.List) string {
	var lines []string
	for _, d := range list {
		lines = append(lines, fmt.Sprintf("%s: %s", d.Code, d.Message))
	}
	return strings.Join(lines, "\n")
}

// TestBadConfig has what a config can get wrong: each is an error with the column.
func TestBadConfig(t *testing.T) {
	p := policy.New()
	for _, c := range []struct{ name, config, want string }{
		{"a misspelt field", acme(`"on": "RUN", "when": "op.scirpt == ''", "message": "x"`), "policy/bad-rule: rule `r`: when: 1:3: undefined field 'scirpt'"},
		{"a field of another type", acme(`"on": "stage", "when": "stage.image.user == ''", "message": "x"`), "policy/bad-rule: rule `r`: when: 1:12: undefined field 'user'"},
		{"a variable that is not there", acme(`"on": "stage", "when": "op.keyword == 'RUN'", "message": "x"`), "policy/bad-rule: rule `r`: when: 1:1: undeclared reference to 'op'"},
		{"syntax", acme(`"when": "op.keyword ==", "message": "x"`), "policy/bad-rule: rule `r`: when: 1:14: Syntax error"},
		{"types", acme(`"when": "op.number == 'a'", "message": "x"`), "policy/bad-rule: rule `r`: when: 1:11: found no matching overload for '_==_'"},
		{"no bool", acme(`"when": "op.text", "message": "x"`), "policy/bad-rule: rule `r`: when: 1:1: it gives a string; a bool is wanted"},
		{"a regular expression", acme(`"when": "op.text.matches('(')", "message": "x"`), "policy/bad-rule: rule `r`: when: 1:17: invalid matches argument"},
		{"the message", acme(`"when": "true", "message": "x ${op.txt}"`), "policy/bad-rule: rule `r`: message: 1:3: undefined field 'txt'"},
		{"a message without end", acme(`"when": "true", "message": "x ${op.text"`), "policy/bad-rule: rule `r`: message: the `${` in"},
		{"a fix of no instruction", acme(`"on": "stage", "when": "true", "message": "x", "fix": {"message": "x", "with": "y"}`), "policy/bad-rule: rule `r`: fix: only a rule on instructions"},
		{"an unknown rule", `{"use": ["no-latst"]}`, "policy/bad-rule: use: no rule `no-latst` is shipped"},
		{"no expression", acme(`"message": "x"`), "policy/bad-rule: rules: no rule `r` is shipped"},
		{"a severity", acme(`"when": "true", "message": "x", "severity": "fatal"`), `there is no "fatal"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := check(t, p, c.config, "FROM scratch\nRUN x\n", nil)
			if len(list) != 1 || !strings.Contains(show(list), c.want) || list[0].Severity != diag.Error {
				t.Errorf("got\n%s\nexpected\n%s", show(list), c.want)
			}
		})
	}
	// The good rules are checked all the same.
	list := check(t, p, `{"use": ["no-latest"], "rules": [{"name": "r", "when": "nope", "message": "x"}]}`, "FROM debian\n", nil)
	if len(list) != 2 {
		t.Errorf("got\n%s", show(list))
	}
	if notes := list[0].Notes; len(notes) != 1 || notes[0].Text != "nope\n^" {
		t.Errorf("notes: %q", notes)
	}
}

// TestLimits has rules that would take too long, or fail.
func TestLimits(t *testing.T) {
	text := "FROM scratch\n" + strings.Repeat("RUN x\n", 2000)
	dear := acme(`"on": "stage", "when": "stage.ops.exists(a, stage.ops.exists(b, a.text + b.text == 'z'))", "message": "x"`)
	if got := show(check(t, policy.New(), dear, text, nil)); got != "policy/rule-failed: rule `r` could not be evaluated: it costs too much" {
		t.Errorf("got %.300s", got)
	}
	absent := acme(`"on": "RUN", "when": "op.mounts[0].type == 'ssh'", "message": "x"`)
	list := check(t, policy.New(), absent, text, nil)
	if len(list) != 1 || !strings.Contains(show(list), "rule-failed: rule `r` could not be evaluated: index out of bounds") {
		t.Errorf("a rule that fails on every instruction is told %d times: %.300s", len(list), show(list))
	}
	long := acme(`"on": "RUN", "when": "true", "message": "${op.text}"`)
	if got := show(check(t, policy.New(), long, "FROM scratch\nRUN "+strings.Repeat("x", 10000)+"\n", nil)); len(got) > 1200 {
		t.Errorf("a message of %d bytes", len(got))
	}
}

// TestCancelled: the end of the run is no diagnostic.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := plugintest.Run(t, plugins.Step{Plugin: policy.New()}, "FROM debian\n", nil)
	r, err := policy.New().Run(ctx, plugins.NoHost{}, &plugins.Call{Phase: plugins.Check, Module: out.Module, Stages: []bool{true}, By: policy.Name})
	if err == nil || len(r.Diags) != 0 {
		t.Errorf("%v, %v", r, err)
	}
}

// expander knows the arguments of a build.
type expander struct{ plugintest.Host }

func (expander) Expand(_ context.Context, at plugins.Place, word string) (string, error) {
	if at.Op != -1 {
		return "", plugins.ErrUnavailable
	}
	return strings.ReplaceAll(word, "$TAG", "latest"), nil
}

// TestHost has what the host knows: arguments of the build, and the config of the base.
func TestHost(t *testing.T) {
	const text = "ARG TAG=13\nFROM debian:$TAG\n"
	if got := show(check(t, policy.New(), `{"use": ["no-latest"]}`, text, nil)); got != "" {
		t.Errorf("by the default: %s", got)
	}
	if got := show(check(t, policy.New(), `{"use": ["no-latest"]}`, text, expander{})); !strings.Contains(got, "no-latest") {
		t.Errorf("by the argument of the build: %q", got)
	}
	host := plugintest.Host{Config: `{"config": {"User": "", "Labels": {"a": "1"}, "Env": ["PATH=/bin"], "WorkingDir": "/srv"}}`}
	config := `{"use": ["no-root", "known-user", "required-labels", "absolute-workdir"], "labels": ["a"]}`
	const app = "FROM app:1\nWORKDIR x\nCMD [\"x\"]\n"
	if got := show(check(t, policy.New(), config, app, host, plugins.GrantImages)); got != "policy/no-root: the image runs as root" {
		t.Errorf("with the config of the base: %s", got)
	}
	got := show(check(t, policy.New(), config, app, host))
	for _, code := range []string{"required-labels", "known-user", "absolute-workdir"} {
		if !strings.Contains(got, code) || strings.Contains(got, "no-root") {
			t.Errorf("without it: %s", got)
		}
	}
}

// builder is a build with an argument.
type builder struct {
	plugintest.Host
	value string
}

func (b builder) Expand(_ context.Context, _ plugins.Place, word string) (string, error) {
	return strings.NewReplacer("$X", b.value, "${E}", b.value).Replace(word), nil
}

// TestArguments: what depends on an ARG is that of this build, whatever the default, and the
// default where nobody knows the build.
func TestArguments(t *testing.T) {
	config := acme(`"on": "stage", "when": "stage.final", "message": "${stage.user} ${stage.workdir} ${stage.env[\"E\"]} ${stage.labels[\"l\"]} ${stage.ports}"`)
	const text = "FROM scratch AS a\nARG X=default\nENV E=$X\nUSER $X\nWORKDIR /w/$X\nFROM a\nARG X=other\nLABEL l=$X\nEXPOSE $X\nWORKDIR y\nARG X=third\n"
	for _, c := range []struct {
		host plugins.Host
		want string
	}{
		{builder{value: "root"}, "root /w/root/y root root root"},
		{nil, "default /w/default/y default other other"},
	} {
		got := strings.TrimPrefix(show(check(t, policy.New(), config, text, c.host)), "policy/r: ")
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	const fixed = "FROM scratch\nENV U=app\nUSER $U\nWORKDIR /w\nONBUILD USER x\nENV E=a\nLABEL l=$E\nEXPOSE 80\n"
	if got := show(check(t, policy.New(), config, fixed, nil)); got != "policy/r: app /w a a 80" {
		t.Errorf("got %q", got)
	}
	const triggers = fixed + "FROM debian:13 AS b\nONBUILD USER trigger\nFROM b\nENV E=a\nLABEL l=a\n"
	if got := show(check(t, policy.New(), config, triggers, nil)); !strings.Contains(got, "policy/r: trigger ") {
		t.Errorf("got %q", got)
	}
}

// TestPhase: the config says in which of the two the rules look.
func TestPhase(t *testing.T) {
	out := plugintest.Run(t, plugins.Step{Plugin: policy.New(), Config: json.RawMessage(`{"phase": "finish"}`)}, "FROM debian\n", nil)
	if len(out.Diags) != 1 {
		t.Errorf("got %v", out.Diags)
	}
}

// TestConcurrent uses one plugin for several configs and files at once.
func TestConcurrent(t *testing.T) {
	p := policy.New()
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			config := fmt.Sprintf(`{"use": ["no-latest"], "max-layers": %d}`, i%12+1)
			for range 5 {
				if got := show(check(t, p, config, "FROM debian\nRUN curl x | sh\n", nil)); !strings.HasPrefix(got, "policy/no-latest") {
					t.Errorf("got %s", got)
				}
			}
		})
	}
	wg.Wait()
}
