package llb_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/moby/buildkit/client/llb"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/hadolint"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"

	rules "github.com/seed-e0495807/strake/ir/lint/cases"
)

// TestGraphFixes applies each fix that says it keeps the graph, by itself, in the cases of the
// rules, in all other cases and in the corpus. BuildKit's own frontend and ours then make the same
// vertices, and the same image but for its history.
func TestGraphFixes(t *testing.T) {
	list := cases.All()
	pages, err := rules.Read(hadolint.Cases())
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		for _, c := range page.Cases {
			list = append(list, cases.Case{Name: page.Rule + " " + c.Shows, Dockerfile: c.Text})
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
			if diff := otherGraph(c, text); diff != "" {
				t.Errorf("%s: %s: %s\n%s", c.Name, d.Code, diff, text)
			}
		}
	}
	t.Log(held)
	for _, rule := range []string{"DL3000", "DL3012"} {
		if held[rule] == 0 {
			t.Errorf("no fix of %s was looked at", rule)
		}
	}
}

// graphFixes are what rules find in a text and have such a fix for.
func graphFixes(text string) (list diag.List) {
	found, err := lint.Run(hadolint.Rules(), lint.Read(source.NewFile("Dockerfile", text)))
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

// otherGraph says what is other in the graph or the image of another text than in those of a case.
func otherGraph(c cases.Case, text string) string {
	after := c
	after.Dockerfile = text
	for _, target := range targets(c) {
		c.Target, after.Target = target, target
		want, wantDef, wantErr := oracleConvert(c)
		got, gotDef, err := oracleConvert(after)
		if (err != nil) != (wantErr != nil) {
			return fmt.Sprintf("BuildKit said %v, now it says %v", wantErr, err)
		}
		if err == nil {
			was, _ := json.Marshal(want.Image)
			is, _ := json.Marshal(got.Image)
			if d := otherBuild(wantDef, gotDef, was, is); d != "" {
				return "BuildKit: " + d
			}
		}
		ours, oursDef, oursErr := compile(c)
		then, thenDef, err := compile(after)
		if (err != nil) != (oursErr != nil) {
			return fmt.Sprintf("strake said %v, now it says %v", oursErr, err)
		}
		if err == nil {
			was, _ := ours.Config()
			is, _ := then.Config()
			if d := otherBuild(oursDef, thenDef, was, is); d != "" {
				return "strake: " + d
			}
		}
	}
	return ""
}

// otherBuild compares vertices, and configs but for their history.
func otherBuild(want, got *llb.Definition, was, is []byte) string {
	if a, b := withoutHistory(was), withoutHistory(is); !bytes.Equal(a, b) {
		return fmt.Sprintf("config\nwant %s\ngot  %s", a, b)
	}
	for i := range max(len(want.Def), len(got.Def)) {
		if i >= len(got.Def) || i >= len(want.Def) || !bytes.Equal(want.Def[i], got.Def[i]) {
			return diffDefinition(want, got)
		}
	}
	return ""
}

func withoutHistory(config []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(config, &fields) != nil {
		return config
	}
	delete(fields, "history")
	out, _ := json.Marshal(fields)
	return out
}

// TestFixesCompile applies all fixes of a rule to each file of the corpus, the unsafe ones too: what
// compiled compiles.
func TestFixesCompile(t *testing.T) {
	files, ok, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Skip("no corpus: set STRAKE_CORPUS to a tar.gz of Dockerfiles")
	}
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
