package rules_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/codes"
	"github.com/seed-e0495807/strake/ir/lint/rules"
)

var update = flag.Bool("update", false, "write the pages of docs/rules")

const pages = "../../../docs/rules"

// TestRulePages holds docs/rules to what is written of the rules.
func TestRulePages(t *testing.T) {
	want := map[string]string{"README.md": index(), "codes.md": other()}
	for _, r := range rules.All() {
		if r.URL == lint.Page(r.Name) {
			want[r.Name+".md"] = "<!-- Written by make generate, out of the rule and its cases. -->\n\n" + rules.Text(&r)
		}
	}
	if *update {
		if err := os.RemoveAll(pages); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(pages, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range want {
			if err := os.WriteFile(filepath.Join(pages, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := os.ReadDir(pages)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		got, err := os.ReadFile(filepath.Join(pages, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := want[f.Name()]; !ok || text != string(got) {
			t.Errorf("docs/rules/%s is not what the rule says: make generate writes it", f.Name())
		}
		delete(want, f.Name())
	}
	for name := range want {
		t.Errorf("docs/rules/%s is missing: make generate writes it", name)
	}
}

// other lists the codes of findings that are no rule's.
func other() string {
	var b strings.Builder
	b.WriteString("# Other codes\n\n<!-- Written by make generate, out of the table of codes. -->\n\n" +
		"Findings that are no rule's have these codes; those of plugins are called PLUGIN/CODE, and those of the program\n" +
		"ShellCheck as [its wiki](https://www.shellcheck.net/wiki/) has them. Mistakes that a build ends with are always\n" +
		"told. The others, and `missing-source`, have levels as rules have, by their names, and comments ignore them.\n\n")
	b.WriteString("| code | severity | what it is about |\n|---|---|---|\n")
	for _, c := range codes.All() {
		level := c.Severity.String()
		if c.Ends() {
			level = "**error**"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Name, level, strings.ReplaceAll(c.Doc, "|", "\\|"))
	}
	return b.String()
}

// TestCodes holds that each code that a finding can have is explained, and that none is a rule's, too.
func TestCodes(t *testing.T) {
	names := map[string]bool{}
	for _, r := range rules.All() {
		names[r.Name] = true
	}
	for _, c := range codes.All() {
		if text := rules.OfCode(c.Name); !strings.HasPrefix(text, "# "+c.Name+"\n") || !strings.Contains(text, c.Doc) || names[c.Name] {
			t.Errorf("%s: %q", c.Name, text)
		}
	}
	for name, want := range map[string]string{"SC2999": "shellcheck.net/wiki/SC2999", "policy/no-latest": "the plugin policy", "nothing": "", "DL9": ""} {
		if text := rules.OfCode(name); !strings.Contains(text, want) || want == "" && text != "" {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// index lists the rules.
func index() string {
	var b strings.Builder
	b.WriteString("# Rules\n\n<!-- Written by make generate, out of the rules. -->\n\n")
	fmt.Fprintf(&b, "These are the %d rules of `strake lint`. [lint.md](../lint.md) says how to choose\n"+
		"among them, and what it is that a fix keeps: `lint --fix` makes those that keep the graph or files.\n"+
		"What is found beside them, as mistakes that a build ends with, is in [codes.md](codes.md).\n\n", len(rules.All()))
	b.WriteString("| rule | severity | its fix keeps | tags | what it wants |\n|---|---|---|---|---|\n")
	for _, r := range rules.All() {
		found, _ := rules.Page(r.Name)
		level := r.Severity.String()
		if r.Level == lint.Experimental {
			level = "off"
		}
		name := r.Name
		if url := page(r); url != "" {
			name = "[" + name + "](" + url + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, level, strings.Join(found.Keeps(), ", "), strings.Join(r.Tags, ", "), strings.ReplaceAll(r.Doc, "|", "\\|"))
	}
	return b.String()
}

func page(r lint.Rule) string {
	if r.URL == lint.Page(r.Name) {
		return r.Name + ".md"
	}
	return r.URL
}

// TestRules holds that rules have names of their own, and what there is to be of each.
func TestRules(t *testing.T) {
	var names []string
	for _, r := range rules.All() {
		if slices.Contains(names, r.Name) {
			t.Errorf("%s is there twice", r.Name)
		}
		names = append(names, r.Name)
		if r.Doc == "" || r.URL == "" && r.Name != "InvalidBaseImagePlatform" { // of which BuildKit has none
			t.Errorf("%s has no sentence, or no page", r.Name)
		}
		if _, ok := rules.Page(r.Name); r.URL == lint.Page(r.Name) && !ok {
			t.Errorf("%s has no cases", r.Name)
		}
		if r.Same != "" && !slices.Contains(names, r.Same) {
			t.Errorf("%s is the same as %s, which does not come before it", r.Name, r.Same)
		}
	}
	t.Logf("%d rules", len(names))
}
