package lint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// rules has one rule of each kind, each of which finds all that it is shown.
func rules() []lint.Rule {
	return []lint.Rule{
		{Name: "Fact", Severity: diag.Warning, Strict: true, Fact: lint.On(func(f plan.UnsetVariable, r *lint.Report) { r.At(f.At(), f.Name) })},
		{Name: "Text", Severity: diag.Warning, Strict: true, Text: func(t *lint.Text, r *lint.Report) {
			for _, in := range t.Instructions {
				r.Instruction(in, fmt.Sprint(t.Whole))
			}
		}},
		{Name: "Module", Severity: diag.Warning, Strict: true, Module: func(m *ir.Module, r *lint.Report) {
			for _, op := range m.Stages[0].Ops {
				r.At(op.Origin, op.Body.Keyword())
			}
		}},
		{Name: "Odd", Level: lint.Experimental, Severity: diag.Warning, Strict: true, Text: func(t *lint.Text, r *lint.Report) { r.Span(t.File.Span(), "whole") }},
	}
}

// input reads a text, and has a fact about its first op.
func input(t *testing.T, text string) lint.Input {
	t.Helper()
	in := lint.Read(source.NewFile("Dockerfile", text))
	if in.Diags.HasErrors() {
		return in
	}
	m, diags := ir.Build(in.File)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	in.Module = m
	for _, op := range m.Stages[0].Ops {
		in.Facts = append(in.Facts, plan.LegacyPair{OnOp: plan.OnOp{Op: op}}, plan.UnsetVariable{OnOp: plan.OnOp{Op: op}, Name: "X"})
	}
	return in
}

func list(in lint.Input, found lint.Result) string {
	var out []string
	for _, f := range found.Findings {
		out = append(out, fmt.Sprintf("%d %s %s", in.File.Source.Position(f.Span.Start).Line, f.Rule, f.Message))
	}
	return strings.Join(out, "; ")
}

// TestRun looks at what rules are shown, in which order findings come, and what switches
// rules off.
func TestRun(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"order", "FROM scratch\nUSER a\n", "1 Text true; 2 Text true; 2 Module USER; 2 Fact X"},
		{"behind an error", "FROM scratch\nUSERR a\nUSER a\n", "1 Text false"},
		{"directive", "# check=skip=Text, Fact;experimental=Odd\nFROM scratch\nUSER a\n", "1 Odd whole; 3 Module USER"},
		{"all", "# check=skip=all;experimental=all\nFROM scratch\nUSER a\n", "1 Odd whole"},
		{"here", "FROM scratch\n# why\n# Check = skip=Text,Fact because\nUSER a\nUSER b\n", "1 Text true; 4 Module USER; 5 Text true; 5 Module USER; 5 Fact X"},
		{"all here", "FROM scratch\n# check=skip=all\nUSER a\n", "1 Text true"},
		{"a bad one here", "FROM scratch\n# check=dance\nUSER a\n", "1 Text true; 3 Text true; 3 Module USER; 3 Fact X"},
	} {
		in := input(t, c.text)
		found, err := lint.Run(rules(), in)
		if got := list(in, found); err != nil || got != c.want {
			t.Errorf("%s: got %s %v, want %s", c.name, got, err, c.want)
		}
	}
}

// TestOrigins: what a plugin made is passed over, and a trigger is reported at its FROM,
// where no comment skips it.
func TestOrigins(t *testing.T) {
	in := input(t, "# check=skip=all\nFROM scratch\nUSER a\nUSER b\n")
	in.Config = &linter.Config{}
	stage := in.Module.Stages[0]
	stage.Ops[0].Origin = &ir.Origin{By: "plugin", From: []*ir.Origin{stage.Ops[0].Origin}}
	stage.Ops[1].Origin = &ir.Origin{By: "onbuild", From: []*ir.Origin{stage.Origin}}
	stage.Ops = append(stage.Ops, &ir.Op{Body: &ir.User{}, Origin: &ir.Origin{}}, &ir.Op{Body: &ir.User{}})
	found, err := lint.Run(slices.Delete(rules(), 1, 2), in)
	if got, want := list(in, found), "2 Module USER; 2 Fact X"; err != nil || got != want {
		t.Errorf("got %s %v, want %s", got, err, want)
	}
}

// TestErr looks at findings that are to be errors.
func TestErr(t *testing.T) {
	text := "# check=error=true\nFROM scratch\nUSER a\n"
	in := input(t, text)
	found, err := lint.Run(rules(), in)
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Err(); err == nil || !strings.Contains(err.Error(), "rules: Fact, Module, Text") {
		t.Errorf("got %v", err)
	}
	if found, err := lint.Run(nil, in); err != nil || found.Err() != nil {
		t.Errorf("without a finding: %v %v", err, found.Err())
	}
	in.Config = &linter.Config{}
	if found, err := lint.Run(rules(), in); err != nil || found.Err() != nil {
		t.Errorf("with another config: %v %v", err, found.Err())
	}
	bad := source.NewFile("Dockerfile", "# check=dance=1\nFROM scratch\n")
	if _, err := lint.Run(rules(), lint.Read(bad)); err == nil || lint.Directive(bad) == nil {
		t.Error("a wrong directive is taken")
	}
	if err := lint.Directive(source.NewFile("Dockerfile", text)); err != nil {
		t.Error(err)
	}
	if list := lint.Diags(found.Findings); len(list) != 3+1 || list.HasErrors() {
		t.Errorf("got %v", list)
	}
	if in := lint.Read(source.NewFile("Dockerfile", "FROM scratch\nMINE a\n"), lang.Claim{Keyword: "MINE"}); in.Diags.HasErrors() {
		t.Errorf("a claim is an error: %v", in.Diags)
	}
}
