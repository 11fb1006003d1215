package policy

import (
	goflag "flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
)

var write = goflag.Bool("write", false, "write the rules into docs/plugins/policy.md")

// TestPage holds the page of the documentation to the rules that there are.
func TestPage(t *testing.T) {
	const name, mark = "../../../docs/plugins/policy.md", "<!-- The rules are written by: go test ./plugins/builtin/policy -run TestPage -write -->\n"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(text), mark)
	if !ok {
		t.Fatalf("%s has no line %s", name, mark)
	}
	want := head + mark + rulesPage()
	if *write {
		if err := os.WriteFile(name, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("%s is not up to date: run go test ./plugins/builtin/policy -run TestPage -write", name)
	}
}

// rulesPage is a section for each rule.
func rulesPage() string {
	var b strings.Builder
	b.WriteString("\n## What expressions see\n")
	for _, c := range newWorld().classes() {
		fmt.Fprintf(&b, "\n**%s**: %s.\n\n| Field | Type | What it is |\n| --- | --- | --- |\n", c.name, c.doc)
		for _, f := range c.fields {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.name, cel.FormatCELType(f.typ), strings.ReplaceAll(f.doc, "|", "\\|"))
		}
	}
	b.WriteString("\n## The shipped rules\n")
	for _, r := range shipped() {
		group := ""
		if r.recommended {
			group = " Recommended."
		}
		severity := string(r.Severity)
		if severity == "" {
			severity = "warning"
		}
		fmt.Fprintf(&b, "\n### %s\n\nA %s.%s %s\n\nWhen not: %s\n", r.Name, severity, group, r.why, r.not)
		if r.settings != "" {
			fmt.Fprintf(&b, "\nConfig of the examples: `%s`\n", r.settings)
		}
		fmt.Fprintf(&b, "\n```Dockerfile\n# reported\n%s# fine\n%s```\n", r.fires, r.fits)
	}
	return b.String()
}
