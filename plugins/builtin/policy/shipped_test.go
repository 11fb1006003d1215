package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// settings is a config that has one rule on.
func (r *shippedRule) config() string {
	text := fmt.Sprintf(`"use": [%q]`, r.Name)
	if r.settings != "" {
		text += ", " + r.settings
	}
	return "{" + text + "}"
}

// TestExamples runs each rule over the examples of its page.
func TestExamples(t *testing.T) {
	p := New()
	for _, r := range shipped() {
		t.Run(r.Name, func(t *testing.T) {
			step := plugins.Step{Plugin: p, Config: json.RawMessage(r.config())}
			validConfig(t, r.config())
			out := plugintest.Run(t, step, r.fires, nil)
			if len(out.Diags) != 1 || out.Diags[0].Code != "policy/"+r.Name || strings.Contains(out.Diags[0].Message, "${") {
				t.Errorf("of the example that fires: %v", out.Diags)
			}
			if out := plugintest.Run(t, step, r.fits, nil); len(out.Diags) != 0 {
				t.Errorf("of the example that does not: %v", out.Diags)
			}
			if r.why == "" || r.not == "" {
				t.Error("it does not say why, or when not")
			}
		})
	}
}

// compileSchema compiles the schema of the config.
func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(schema)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validConfig(t *testing.T, text string) {
	t.Helper()
	if err := checkConfig(t, text); err != nil {
		t.Errorf("the schema refuses %s: %v", text, err)
	}
}

func checkConfig(t *testing.T, text string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return compileSchema(t).Validate(v)
}

// TestSchema holds the schema to the code: the names of rules, and the defaults.
func TestSchema(t *testing.T) {
	var doc struct {
		Properties struct {
			Use struct {
				Items struct{ Enum []string }
			}
		}
	}
	if err := json.Unmarshal(schema, &doc); err != nil {
		t.Fatal(err)
	}
	names := []string{recommended}
	for _, r := range shipped() {
		names = append(names, r.Name)
	}
	if !slices.Equal(doc.Properties.Use.Items.Enum, names) {
		quoted, _ := json.Marshal(names)
		t.Errorf("the schema has other rules; it needs\n%s", quoted)
	}
	var values map[string]map[string]struct{ Default json.RawMessage }
	if err := json.Unmarshal([]byte(`{"properties": {}}`), &values); err != nil {
		t.Fatal(err)
	}
	var all struct {
		Properties map[string]struct{ Default any }
	}
	if err := json.Unmarshal(schema, &all); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(defaults())
	if err != nil {
		t.Fatal(err)
	}
	var code map[string]any
	if err := json.Unmarshal(data, &code); err != nil {
		t.Fatal(err)
	}
	for name, p := range all.Properties {
		want := fmt.Sprint(p.Default)
		if got := fmt.Sprint(code[name]); got != want && (code[name] != nil || want != "[]" && want != "<nil>") {
			t.Errorf("%s: the schema says %s, the code %s", name, want, got)
		}
	}
	for _, bad := range []string{
		`{"use": ["no-such"]}`, `{"rules": [{"name": "a", "when": "true"}]}`, `{"rules": [{"name": "bad-rule", "when": "true", "message": "x"}]}`,
		`{"rules": [{"when": "true", "message": "x"}]}`, `{"max-layers": 0}`, `{"phase": "rewrite"}`, `{"rules": [{"name": "a", "on": "run", "when": "true", "message": "x"}]}`,
	} {
		if checkConfig(t, bad) == nil {
			t.Errorf("the schema accepts %s", bad)
		}
	}
}
