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
