package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/source"
)

const lintFile = `version: 1
plugins: [{use: merge-run}]
lint:
  rules: {"DL*": off, DL3008: info, DL3001x: on, merge-run/merged: off, house/x: on, "merge-*/*": info}
  paths:
    - match: ["services/**"]
      rules: {DL3008: error, tag/none: on}
  registries: [docker.io, "*.acme"]
  labels: {owner: email, url: url}
  strict-labels: true
  exclude: ["made/**", "*.tmpl", "old", "a/*/gen", "!made/by-hand", "made/by-hand/*.tmpl"]
  build: warning
  shellcheck: auto
`

// TestLint reads the section, and holds which levels a Dockerfile has.
func TestLint(t *testing.T) {
	f, diags := parse(source.NewFile("strake.yaml", lintFile))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	f.Path = "/r/strake.yaml"
	for name, want := range map[string]string{
		"Dockerfile":            "[{DL* off} {DL3008 info} {DL3001x on} {merge-run/merged off} {house/x on} {merge-*/* info}]",
		"services/a/Dockerfile": "[{DL* off} {DL3008 info} {DL3001x on} {merge-run/merged off} {house/x on} {merge-*/* info} {DL3008 error} {tag/none on}]",
	} {
		if got := fmt.Sprint(f.levels(name, "/r")); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, want := range map[string]bool{"Dockerfile": false, "made/a/Dockerfile": true, "a/made/Dockerfile": false, "Dockerfile.tmpl": true, "/r/made/x": true, "../made/x": false,
		"old/Dockerfile": true, "old/a/b/Dockerfile": true, "older/Dockerfile": false, "a/old/Dockerfile": false, "a/b/gen/c/Dockerfile": true, "../old/x": false,
		"made/by-hand/Dockerfile": false, "made/by-hand/a/Dockerfile": false, "made/by-hand/x.tmpl": true, "made/by-hands/x": true} {
		if got := f.Excludes(name, "/r"); got != want {
			t.Errorf("%s is left out: %v", name, got)
		}
	}
	l := f.Lint
	if !slices.Equal(l.Options.Registries, []string{"docker.io", "*.acme"}) || fmt.Sprint(l.Options.Labels) != "map[owner:email url:url]" ||
		!l.Options.StrictLabels || l.Build != "warning" || l.ShellCheck != "auto" {
		t.Errorf("%v", l)
	}
	var got []string
	for _, d := range f.CheckRules([]lint.Rule{{Name: "DL3008"}, {Name: "DL3001"}}) {
		got = append(got, d.Error())
	}
	if want := "no rule is called DL3001x; did you mean `DL3001`?|no rule is called tag/none; `strake lint --explain` lists the rules|no plugin of this file is called house; `strake plugin list` lists those that are"; strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
}
