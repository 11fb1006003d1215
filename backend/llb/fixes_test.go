package llb_test

import (
	"io/fs"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/buildkit"
	lintcases "github.com/seed-e0495807/strake/ir/lint/cases"
	"github.com/seed-e0495807/strake/ir/lint/graph"
	"github.com/seed-e0495807/strake/ir/lint/hadolint"
	"github.com/seed-e0495807/strake/ir/lint/rules"
	"github.com/seed-e0495807/strake/ir/lint/script"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestGraphFixes applies each fix that says it keeps the graph, by itself, in the cases of the
// rules, in all other cases and in the corpus. Rules that need a plan are TestLintFixes'. BuildKit's own frontend and ours then make the same
// vertices, and the same image but for its history.
func TestGraphFixes(t *testing.T) {
	list := cases.All()
	for _, set := range []fs.FS{buildkit.Cases(), hadolint.Cases(), script.Cases(), graph.Cases()} {
		pages, err := lintcases.Read(set)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			for _, c := range page.Cases {
				list = append(list, cases.Case{Name: page.Rule + " " + c.Shows, Dockerfile: c.Text})
			}
		}
	}
	files, _, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		list = append(list, cases.Case{Name: f.Name, Dockerfile: string(f.Data)})
	}
	held := map[string]int{}
	for _, c := range list {
		if c.Accept != "" {
			continue
		}
		for _, d := range graphFixes(c.Dockerfile) {
			text, err := diag.Apply(c.Dockerfile, d.Fixes[0].Edits)
			if err != nil {
				t.Fatal(err)
			}
			held[d.Code]++
			if diff := differs(c, text, otherGraph); diff != "" {
				t.Errorf("%s: %s: %s\n%s", c.Name, d.Code, diff, text)
			}
		}
	}
	t.Log(held)
	for _, rule := range []string{"DL3000", "DL3012", "DL4003", "StageNameCasing"} {
		if held[rule] == 0 {
			t.Errorf("no fix of %s was looked at", rule)
		}
	}
}

// graphFixes are what rules find in a text and have such a fix for.
func graphFixes(text string) (list diag.List) {
	found, err := lint.Run(rules.All(), lint.Read(source.NewFile("Dockerfile", text)))
	if err != nil {
		return nil
	}
	for _, d := range lint.Diags(found.Findings) {
		if len(d.Fixes) > 0 && d.Fixes[0].Keeps == diag.Graph {
			list = append(list, d)
		}
	}
	return list
}

// TestFixesCompile applies all fixes of a rule to each file of the corpus, the unsafe ones too: what
// compiled compiles.
func TestFixesCompile(t *testing.T) {
	files := cases.NeedCorpus(t)
	tried := map[string]int{}
	for _, f := range files {
		text := string(f.Data)
		found, err := lint.Run(hadolint.Rules(), lint.Read(source.NewFile("Dockerfile", text)))
		if err != nil {
			continue
		}
		if _, _, err := compile(cases.Case{Dockerfile: text}); err != nil {
			continue
		}
		by := map[string]diag.List{}
		for _, d := range lint.Diags(found.Findings) {
			by[d.Code] = append(by[d.Code], d)
		}
		for rule, list := range by {
			out, n, err := diag.ApplyFixes(text, list, true)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				continue
			}
			tried[rule]++
			if _, _, err := compile(cases.Case{Dockerfile: out}); err != nil {
				t.Errorf("%s: %s: %v\n%s", f.Name, rule, err, out)
			}
		}
	}
	t.Log(tried)
}
