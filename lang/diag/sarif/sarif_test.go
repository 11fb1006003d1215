package sarif_test

import (
	"bytes"
	"testing"

	oasis "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/diag/sarif"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestWrite reads back what was written, and checks it by the schema of SARIF.
func TestWrite(t *testing.T) {
	set := &source.Set{}
	set.Add("dir/Dockerfile", "FROM a\nRUN é b\n")
	at := source.Span{Start: 14, End: 15} // b, behind a character of two bytes
	var out bytes.Buffer
	if err := sarif.Write(&out, "1.2.3", "https://example.com", set, diag.List{
		{Code: "p/one", Span: at, Message: "bad", Hint: "mend it", URL: "https://example.com/one",
			Fixes: []diag.Fix{{Message: "unsafe", Edits: []diag.Edit{{Span: at, New: "x"}}}, {Message: "mend", Safe: true, Edits: []diag.Edit{{Span: at, New: "c"}}}}},
		{Code: "p/one", Severity: diag.Warning, Message: "nowhere"},
		{Code: "two", Severity: diag.Hint, Span: at, Message: "\xff"},
	}); err != nil {
		t.Fatal(err)
	}
	r, err := oasis.FromBytes(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Errorf("not valid: %v", err)
	}
	run := r.Runs[0]
	if len(run.Tool.Driver.Rules) != 2 || len(run.Results) != 3 {
		t.Fatalf("%d rules, %d results", len(run.Tool.Driver.Rules), len(run.Results))
	}
	first := run.Results[0]
	where := first.Locations[0].PhysicalLocation
	if *where.ArtifactLocation.URI != "dir/Dockerfile" || *where.Region.StartLine != 2 || *where.Region.StartColumn != 7 || *where.Region.EndColumn != 8 {
		t.Errorf("the place is %+v", where.Region)
	}
	if first.Level != "error" || run.Results[1].Level != "warning" || run.Results[2].Level != "note" || *first.Message.Text != "bad; mend it" {
		t.Errorf("levels %s, %s, %s", first.Level, run.Results[1].Level, run.Results[2].Level)
	}
	if len(first.Fixes) != 1 || *first.Fixes[0].ArtifactChanges[0].Replacements[0].InsertedContent.Text != "c" {
		t.Errorf("fixes: %+v", first.Fixes)
	}
}
