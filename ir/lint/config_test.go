package lint_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
)

// TestChoose holds which setting counts.
func TestChoose(t *testing.T) {
	rules := []lint.Rule{
		{Name: "DL1", Severity: diag.Warning, Tags: []string{"apt"}},
		{Name: "DL12", Severity: diag.Error, Same: "twin"},
		{Name: "odd", Severity: diag.Info, Level: lint.Experimental},
	}
	for _, c := range []struct {
		name     string
		settings []lint.Setting
		want     string
	}{
		{"none", nil, "DL1 warning, DL12 error, odd info experimental"},
		{"a name before a pattern", []lint.Setting{{"DL1", "info"}, {"DL*", "off"}}, "DL1 info, odd info experimental"},
		{"a name before a tag", []lint.Setting{{"DL1", "on"}, {"tag/apt", "off"}}, "DL1 warning, DL12 error, odd info experimental"},
		{"a tag before a pattern", []lint.Setting{{"tag/apt", "hint"}, {"*", "off"}}, "DL1 hint"},
		{"a longer pattern", []lint.Setting{{"DL1*", "info"}, {"*", "off"}}, "DL1 info, DL12 info"},
		{"the last of equals", []lint.Setting{{"DL1", "info"}, {"DL1", "error"}}, "DL1 error, DL12 error, odd info experimental"},
		{"asked for", []lint.Setting{{"odd", "on"}}, "DL1 warning, DL12 error, odd info"},
		{"a pattern asks for none", []lint.Setting{{"*", "error"}}, "DL1 error, DL12 error, odd error experimental"},
		{"nor does a longer one, or a tag", []lint.Setting{{"*", "off"}, {"o*", "on"}, {"tag/apt", "on"}}, "DL1 warning, odd info experimental"},
		{"a name beside a pattern", []lint.Setting{{"odd", "on"}, {"o*", "error"}}, "DL1 warning, DL12 error, odd info"},
		{"codes of the compiler", []lint.Setting{{"unused-ignore", "off"}, {"missing-source", "info"}}, "DL1 warning, DL12 error, odd info experimental"},
		{"mistakes that end a build", []lint.Setting{{"unknown-instruction", "off"}}, "DL1 warning, DL12 error, odd info experimental; unknown-instruction "},
		{"what plugins find", []lint.Setting{{"house/x", "off"}, {"house/*", "info"}, {"DL1/x", "off"}}, "DL1 warning, DL12 error, odd info experimental; DL1/x DL1"},
		{"nobody's", []lint.Setting{{"DL13", "on"}, {"tag/x", "on"}, {"X*", "off"}}, "DL1 warning, DL12 error, odd info experimental; DL13 DL1, tag/x , X* "},
		{"off by the name of a twin", []lint.Setting{{"twin", "off"}}, "DL1 warning, odd info experimental"},
		{"a twin's own name first", []lint.Setting{{"twin", "off"}, {"DL12", "info"}}, "DL1 warning, DL12 info, odd info experimental"},
	} {
		chosen, errs := lint.Config{Settings: c.settings}.Choose(rules)
		var list, bad []string
		for _, r := range chosen {
			text := r.Name + " " + r.Severity.String()
			if r.Level == lint.Experimental {
				text += " experimental"
			}
			list = append(list, text)
		}
		for _, err := range errs {
			if unknown := new(lint.UnknownError); errors.As(err, &unknown) {
				bad = append(bad, fmt.Sprint(unknown.Name, " ", unknown.Near))
			}
		}
		got := strings.Join(list, ", ")
		if len(bad) > 0 {
			got += "; " + strings.Join(bad, ", ")
		}
		if got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	if rules[2].Level != lint.Experimental || rules[0].Severity != diag.Warning {
		t.Error("the rules themselves were changed")
	}
}

// TestHeed holds what settings do to findings that are no rule's.
func TestHeed(t *testing.T) {
	list := diag.List{{Code: "unused-ignore", Severity: diag.Warning}, {Code: "missing-source"}, {Code: "base-image"}, {Code: "base-image", Severity: diag.Info}, {Code: "DL1", Severity: diag.Info},
		{Code: "house/x", Severity: diag.Info}, {Code: "house/y", Severity: diag.Warning}, {Code: "house/z"}, {Code: "other/x", Severity: diag.Hint}}
	got := lint.Config{Settings: []lint.Setting{{"unused-ignore", "off"}, {"missing-source", "info"}, {"base-image", "hint"}, {"DL1", "off"},
		{"house/x", "error"}, {"house/*", "off"}}}.Heed(list)
	var text []string
	for _, d := range got {
		text = append(text, d.Code+" "+d.Severity.String())
	}
	if want := "missing-source info, base-image error, base-image hint, DL1 info, house/x error, house/z error, other/x hint"; strings.Join(text, ", ") != want {
		t.Errorf("%q", text)
	}
}
