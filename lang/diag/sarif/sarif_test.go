package sarif_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	oasis "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/diag/sarif"
	"github.com/seed-e0495807/strake/lang/diag/sarif/sariftest"
	"github.com/seed-e0495807/strake/lang/source"
)

var update = flag.Bool("update", false, "write the golden file")

// findings are of every form: with and without a code, a place, a hint, fixes and more.
func findings() (*source.Set, diag.List) {
	set := &source.Set{}
	set.Add("dir/Dockerfile", "FROM a\nRUN é b\n")
	other := set.Add("a dir/50%:é", "FROM b\n").ID
	at := source.Span{Start: 14, End: 15} // b, behind a character of two bytes
	return set, diag.List{
		{Code: "p/one", Span: at, Message: "bad", Hint: "fix it", URL: "https://example.com/one",
			Fixes: []diag.Fix{{Message: "unsafe", Edits: []diag.Edit{{Span: at, New: "x"}}}, {Message: "fix", Safe: true, Edits: []diag.Edit{{Span: at, New: "c"}}}}},
		{Code: "p/one", Severity: diag.Warning, Message: "nowhere"},
		{Code: "two", Severity: diag.Hint, Span: at, Message: "\xff",
			Fixes: []diag.Fix{{Message: "drop <it>", Safe: true, Edits: []diag.Edit{{Span: at}}}, {Message: "empty", Safe: true}}},
		{Span: source.Span{File: other, Start: 5, End: 6}, Message: "no code",
			Related: []diag.Related{{Span: at, Message: "here"}, {Message: "nowhere"}}},
	}
}

// TestWrite reads back what was written, and checks it by the schema of SARIF.
func TestWrite(t *testing.T) {
	set, list := findings()
	r := written(t, set, list)
	run := r.Runs[0]
	if len(run.Tool.Driver.Rules) != 2 || len(run.Results) != len(list) {
		t.Fatalf("%d rules, %d results", len(run.Tool.Driver.Rules), len(run.Results))
	}
	first := run.Results[0]
	where := first.Locations[0].PhysicalLocation
	if *where.ArtifactLocation.URI != "dir/Dockerfile" || *where.Region.StartLine != 2 || *where.Region.StartColumn != 7 || *where.Region.EndColumn != 8 {
		t.Errorf("the place is %+v", where.Region)
	}
	if first.Level != "error" || run.Results[1].Level != "warning" || run.Results[2].Level != "note" || *first.Message.Text != "bad; fix it" {
		t.Errorf("levels %s, %s, %s", first.Level, run.Results[1].Level, run.Results[2].Level)
	}
	if len(first.Fixes) != 1 || *first.Fixes[0].ArtifactChanges[0].Replacements[0].InsertedContent.Text != "c" {
		t.Errorf("fixes: %+v", first.Fixes)
	}
	written(t, nil, nil)
	written(t, nil, list)
	written(t, &source.Set{}, list[:1])
}

// written writes, checks and reads a log.
func written(t *testing.T, set *source.Set, list diag.List) *oasis.Report {
	t.Helper()
	var out bytes.Buffer
	if err := sarif.Write(&out, "1.2.3", "https://example.com", set, list); err != nil {
		t.Fatal(err)
	}
	sariftest.Check(t, out.Bytes())
	r, err := oasis.FromBytes(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The schema is there, and refuses what is none.
func TestStandard(t *testing.T) {
	for text, valid := range map[string]bool{
		`{"version": "2.1.0", "runs": []}`:             true,
		`{"version": "2.1.0"}`:                         false,
		`{"version": "2.1.0", "runs": [{"tool": {}}]}`: false,
		`{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{}]}]}`:          false,
		`{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", "informationUri": "a b%"}}}]}`: false,
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := sariftest.Standard(t).Validate(v); (err == nil) != valid {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestGolden holds the whole of a log.
func TestGolden(t *testing.T) {
	set, list := findings()
	var out bytes.Buffer
	if err := sarif.Write(&out, "1.2.3", "https://example.com", set, list); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("testdata", "findings.sarif")
	if *update {
		if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestURIs(t *testing.T) {
	for name, want := range map[string]string{
		"Dockerfile":              "Dockerfile",
		"./a b/Dockerfile":        "./a%20b/Dockerfile",
		"50%.Dockerfile":          "50%25.Dockerfile",
		"a:b":                     "./a:b",
		"a#b?c":                   "a%23b%3Fc",
		"../up/Dockerfile":        "../up/Dockerfile",
		"/srv/Dockerfile":         "file:///srv/Dockerfile",
		"https://example.com/x#y": "https://example.com/x#y",
		"\xff":                    "%EF%BF%BD",
	} {
		set := &source.Set{}
		set.Add(name, "FROM a\n")
		r := written(t, set, diag.List{{Code: "x", Span: source.Span{End: 4}, Message: "m"}})
		if got := *r.Runs[0].Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI; got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
