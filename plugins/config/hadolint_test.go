package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/source"
)

// read gives hadolint's configuration for a Dockerfile in dir, as a text.
func read(t *testing.T, dir string, env map[string]string) string {
	t.Helper()
	lookup := func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
	c, bad, err := Hadolint(t.Context(), dir, lookup, &source.Set{})
	switch {
	case err != nil:
		t.Fatal(err)
	case bad.HasErrors():
		return "bad: " + bad[0].Message
	case c == nil:
		return "none"
	}
	text := fmt.Sprintf("%v %v %v strict:%v pragmas:%v fail:%s format:%s", c.Settings, c.Options.Registries, c.Options.Labels, c.Options.StrictLabels, !c.Options.NoPragmas, c.FailOn, c.Format)
	for _, d := range bad {
		text += fmt.Sprintf("; %s at %d: %s; %s", d.Severity, d.Span.Start, d.Message, d.Hint)
	}
	return text
}

// TestHadolint reads all that hadolint's file and variables say.
func TestHadolint(t *testing.T) {
	const whole = `failure-threshold: style
format: checkstyle
ignored: [DL3000, SC1010]
label-schema: {author: text, contact: email, created: rfc3339}
no-color: true
override: {error: [DL3001], warning: [DL3042], info: [DL3032], style: [DL3015, DL3000]}
strict-labels: true
disable-ignore-pragma: true
trustedRegistries: docker.io
`
	const labels = "map[author:text contact:email created:rfc3339]"
	for _, c := range []struct {
		name, file string
		env        map[string]string
		want       string
	}{
		{"nothing", "", nil, "none"},
		{"all", whole, nil, "[{DL3001 error} {DL3042 warning} {DL3032 info} {DL3015 hint} {DL3000 hint} {DL3000 off} {SC1010 off}] [docker.io] " + labels + " strict:true pragmas:false fail:hint format:checkstyle"},
		{"a list of registries", "trustedRegistries: [a, '*.b']\n", nil, "[] [a *.b] map[] strict:false pragmas:true fail: format:"},
		{"no failure", "no-fail: true\nfailure-threshold: error\n", nil, "[] [] map[] strict:false pragmas:true fail:never format:"},
		{"a threshold of none", "failure-threshold: none\n", nil, "[] [] map[] strict:false pragmas:true fail:never format:"},
		{"a threshold that is none of them", "failure-threshold: high\n", nil, `bad: "high" is no threshold`},
		{"a format of labels that is none of them", "label-schema: {a: number}\n", nil, `bad: "number" is no format of a label`},
		{"what is not known is passed over", "other: 1\noverride: {fatal: [DL3000]}\nignore: [DL3000]\n", nil, "[] [] map[] strict:false pragmas:true fail: format:" +
			"; warning at 0: nothing reads the key other: hadolint has none of that name; it has disable-ignore-pragma, failure-threshold, format, ignored, label-schema, no-color, no-fail, override, strict-labels, trustedRegistries and verbose" +
			"; warning at 37: nothing reads the key ignore: hadolint has none of that name; did you mean `ignored`?" +
			"; warning at 20: nothing reads the key fatal: hadolint has none of that name; it has error, warning, info and style"},
		{"an empty file", "\n", nil, "[] [] map[] strict:false pragmas:true fail: format:"},
		{"variables alone", "", map[string]string{
			"HADOLINT_IGNORE": "DL3010, DL3020", "HADOLINT_OVERRIDE_ERROR": "DL3001", "HADOLINT_OVERRIDE_WARNING": "DL3002", "HADOLINT_OVERRIDE_INFO": "DL3003", "HADOLINT_OVERRIDE_STYLE": "DL3004",
			"HADOLINT_STRICT_LABELS": "Yes", "HADOLINT_DISABLE_IGNORE_PRAGMA": "1", "HADOLINT_TRUSTED_REGISTRIES": "a,b", "HADOLINT_REQUIRE_LABELS": "x:text,y:semver", "HADOLINT_FORMAT": "json", "HADOLINT_FAILURE_THRESHOLD": "ignore",
		}, "[{DL3001 error} {DL3002 warning} {DL3003 info} {DL3004 hint} {DL3010 off} {DL3020 off}] [a b] map[x:text y:semver] strict:true pragmas:false fail:hint format:json"},
		{"variables before the file", whole, map[string]string{"HADOLINT_IGNORE": "DL3010", "HADOLINT_TRUSTED_REGISTRIES": "a", "HADOLINT_FAILURE_THRESHOLD": "error", "HADOLINT_FORMAT": "tty", "HADOLINT_OVERRIDE_INFO": "DL3001"},
			"[{DL3001 error} {DL3042 warning} {DL3032 info} {DL3015 hint} {DL3000 hint} {DL3001 info} {DL3010 off}] [a] " + labels + " strict:true pragmas:false fail:error format:tty"},
		{"a variable that says no", "", map[string]string{"HADOLINT_NOFAIL": "0"}, "[] [] map[] strict:false pragmas:true fail: format:"},
		{"no failure, by a variable", "failure-threshold: error\n", map[string]string{"HADOLINT_NOFAIL": "true"}, "[] [] map[] strict:false pragmas:true fail:never format:"},
		{"an empty variable", "", map[string]string{"HADOLINT_IGNORE": ""}, "none"},
		{"a variable with mistakes", "", map[string]string{"HADOLINT_REQUIRE_LABELS": "x"}, "bad: HADOLINT_REQUIRE_LABELS: x is no label with a format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(t.TempDir())
			if c.file != "" {
				write(t, c.file, dir, ".hadolint.yml")
			}
			if got := read(t, dir, c.env); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// TestHadolintPlaces has one file after the other that hadolint looks for, each before those that are
// there already.
func TestHadolintPlaces(t *testing.T) {
	top := t.TempDir()
	home, repository, here := filepath.Join(top, "home"), filepath.Join(top, "repository"), filepath.Join(top, "here")
	write(t, "", repository, ".git", "HEAD")
	write(t, "", repository, "app", "Dockerfile")
	write(t, "", here, "x")
	t.Chdir(here)
	env := map[string]string{"HOME": home, "XDG_CONFIG_HOME": filepath.Join(top, "config")}
	for i, name := range []string{
		"home/.hadolint.yml", "home/.hadolint.yaml", "home/hadolint/config.yaml", "home/.hadolint/hadolint.yaml", "home/.config/hadolint.yaml", "config/hadolint.yml",
		"config/hadolint.yaml", "here/.hadolint.yaml", "repository/.hadolint.yaml", "repository/app/.hadolint.yaml",
	} {
		write(t, fmt.Sprintf("ignored: [DL%d]\n", i), top, name)
		if got, want := read(t, filepath.Join(repository, "app"), env), fmt.Sprintf("[{DL%d off}]", i); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
