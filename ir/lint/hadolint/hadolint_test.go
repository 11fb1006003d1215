package hadolint_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/hadolint"
	"github.com/seed-e0495807/strake/ir/lint/linttest"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestCases looks at the cases of all rules, with what their pages say of the configuration.
func TestCases(t *testing.T) {
	linttest.Run(t, hadolint.Rules(), hadolint.Cases(), func(t *testing.T, src *source.File) lint.Input {
		return input(strings.TrimPrefix(t.Name(), "TestCases/"), src)
	})
}

// input has the configuration that a rule asks for.
func input(rule string, src *source.File) lint.Input {
	in := lint.Read(src)
	in.Options = lint.Options{Registries: []string{"docker.io", "my.example:5000", "*.trusted.example"}, StrictLabels: rule == "DL3050",
		Labels: map[string]lint.LabelFormat{"foo": lint.AnyText}}
	if rule != "DL3049" {
		for name, format := range map[string]lint.LabelFormat{"urllabel": lint.URL, "datelabel": lint.Time, "spdxlabel": lint.License,
			"githash": lint.Hash, "semver": lint.SemVer, "maintainer": lint.Email} {
			in.Options.Labels[name] = format
		}
	}
	return in
}

//go:embed testdata/rows.txt
var rows string

// TestRows has all rules look at one Dockerfile a line, and holds what one of them has to find there.
func TestRows(t *testing.T) {
	rules := hadolint.Rules()
	for i := range rules {
		rules[i].Level = lint.Normal
	}
	for row := range strings.Lines(rows) {
		rule, rest, _ := strings.Cut(strings.TrimSpace(row), " ")
		want, text, ok := strings.Cut(rest, " ")
		if rule == "#" {
			continue
		}
		if !ok || !slices.ContainsFunc(rules, func(r lint.Rule) bool { return r.Name == rule }) {
			t.Fatalf("a row of no rule: %s", row)
		}
		found, err := lint.Run(rules, input(rule, source.NewFile("Dockerfile", strings.ReplaceAll(text, "↵", "\n")+"\n")))
		if err != nil {
			t.Fatal(err)
		}
		if hit := slices.ContainsFunc(found.Findings, func(f lint.Finding) bool { return f.Rule == rule }); hit != (want == "+") {
			t.Errorf("%s: found: %v", strings.TrimSpace(row), hit)
		}
	}
}

func TestCorpus(t *testing.T) { linttest.Corpus(t, hadolint.Rules()) }

// TestNeighbours holds that a fix which joins two RUNs does not go with one that takes the first of
// them away.
func TestNeighbours(t *testing.T) {
	const text = "FROM debian:12\nRUN ln -sf /bin/bash /bin/sh\nRUN /foo.sh\n"
	found, err := lint.Run(hadolint.Rules(), lint.Read(source.NewFile("Dockerfile", text)))
	if err != nil {
		t.Fatal(err)
	}
	got := linttest.Fixed(t, text, found.Findings)
	if in := lint.Read(source.NewFile("Dockerfile", got)); got == text || in.Diags.HasErrors() {
		t.Errorf("%v\n%s", in.Diags, got)
	}
}
