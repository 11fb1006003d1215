// Package rules has all rules that there are, and what is written of them.
package rules

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/buildkit"
	"github.com/seed-e0495807/strake/ir/lint/cases"
	"github.com/seed-e0495807/strake/ir/lint/codes"
	"github.com/seed-e0495807/strake/ir/lint/graph"
	"github.com/seed-e0495807/strake/ir/lint/hadolint"
	"github.com/seed-e0495807/strake/ir/lint/script"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// set is rules that belong together, by the tag that all of them have.
type set struct {
	tag   string
	rules []lint.Rule
	cases fs.FS
}

func sets() []set {
	return []set{
		{"buildkit", buildkit.Rules(), buildkit.Cases()}, // first: a finding of several is named by it
		{"hadolint", hadolint.Rules(), hadolint.Cases()},
		{"script", script.Rules(), script.Cases()},
		{"graph", graph.Rules(), graph.Cases()},
	}
}

// All are the rules, tagged with their set.
func All() []lint.Rule {
	var all []lint.Rule
	for _, set := range sets() {
		for _, r := range set.rules {
			r.Tags = append(slices.Clip(r.Tags), set.tag)
			slices.Sort(r.Tags)
			all = append(all, r)
		}
	}
	return all
}

// Page is what is written of a rule; it is false of one that has no page.
func Page(name string) (cases.Page, bool) {
	for _, set := range sets() {
		if page, err := cases.Of(set.cases, name); err == nil {
			return page, true
		}
	}
	return cases.Page{}, false
}

// OfCode is what there is to say of a code that findings have which are no rule's of ours, in Markdown; "" is
// nothing.
func OfCode(name string) string {
	if c, ok := codes.Of(strings.ToLower(name)); ok {
		text := fmt.Sprintf("# %s\n\n%s.\n\nSeverity: %s", c.Name, c.Doc, c.Severity)
		if c.Ends() {
			return text + " · a mistake that a build ends with is always told: neither settings nor comments change that\n"
		}
		if c.Severity == diag.Error {
			return text + " · settings and comments are heeded where it is less than an error, or a source that is not there\n"
		}
		return text + " · settings and comments are heeded\n"
	}
	if code := strings.ToUpper(name); ofShellCheck().MatchString(code) {
		return fmt.Sprintf("# %s\n\nA rule of ShellCheck's, which looks where strake.yaml has `shellcheck: auto` or `on`.\n\nhttps://www.shellcheck.net/wiki/%[1]s\n", code)
	}
	if plugin, code, ok := strings.Cut(name, "/"); ok && plugin != "" && code != "" {
		return fmt.Sprintf("# %s\n\nWhat the plugin %s finds, under the name %s. Its documentation says more: `strake plugin docs` has that of\nbuilt-in plugins. Levels of it stand under `severity:` of its entry in strake.yaml, and in lint as those of\nrules do.\n", name, plugin, code)
	}
	return ""
}

var ofShellCheck = late.Regexp(`^SC[0-9]{4}$`)

// Text is the page of a rule, in Markdown.
func Text(r *lint.Rule) string {
	var b strings.Builder
	level := r.Severity.String()
	if r.Level == lint.Experimental {
		level = "off unless asked for, then " + level
	}
	fmt.Fprintf(&b, "# %s\n\n%s.\n\nSeverity: %s", r.Name, strings.TrimSuffix(r.Doc, "."), level)
	if len(r.Tags) > 0 {
		fmt.Fprintf(&b, " · tags: %s", strings.Join(r.Tags, ", "))
	}
	if r.Same != "" {
		fmt.Fprintf(&b, " · the same as %s", r.Same)
	}
	page, ok := Page(r.Name)
	if keeps := page.Keeps(); len(keeps) > 0 {
		fmt.Fprintf(&b, " · its fix keeps: %s", strings.Join(keeps, ", "))
	}
	b.WriteString("\n")
	if !ok {
		if r.URL != "" {
			fmt.Fprintf(&b, "\n%s\n", r.URL)
		}
		return b.String()
	}
	if page.Text != "" {
		fmt.Fprintf(&b, "\n%s\n", page.Text)
	}
	for _, c := range page.Cases {
		kind := "Silent"
		if c.Fires {
			kind = "Fires"
		}
		fmt.Fprintf(&b, "\n%s: %s\n\n```Dockerfile\n%s```\n", kind, c.Shows, c.Text)
		if c.Fixed != "" {
			made := "Left as it is"
			if c.Keeps != "" {
				made = "Fixed, keeps: " + strings.ReplaceAll(c.Keeps, ",", ", ")
			}
			fmt.Fprintf(&b, "\n%s\n\n```Dockerfile\n%s```\n", made, c.Fixed)
		}
	}
	return b.String()
}
