// Package sariftest holds what is written as SARIF against the standard.
package sariftest

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	oasis "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Check holds a log against the schema, and against what the text of the standard says beyond it: each
// result is of a rule that is there, places and edits have lines and columns from 1, which do not go
// backwards, and names of files are URIs, relative ones below a base.
func Check(t testing.TB, data []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := Standard(t).Validate(v); err != nil {
		t.Errorf("not valid: %v", err)
	}
	noEmpty(t, "", v)
	r, err := oasis.FromBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range r.Runs {
		for _, result := range run.Results {
			checkResult(t, run, result)
		}
	}
}

func checkResult(t testing.TB, run *oasis.Run, r *oasis.Result) {
	t.Helper()
	if i := r.RuleIndex; r.RuleID != nil && (i < 0 || i >= len(run.Tool.Driver.Rules) || *run.Tool.Driver.Rules[i].ID != *r.RuleID) {
		t.Errorf("the result of %s is of rule %d of %d", *r.RuleID, i, len(run.Tool.Driver.Rules))
	}
	for _, l := range append(r.Locations, r.RelatedLocations...) {
		checkArtifact(t, l.PhysicalLocation.ArtifactLocation)
		checkRegion(t, l.PhysicalLocation.Region)
	}
	for _, f := range r.Fixes {
		for _, c := range f.ArtifactChanges {
			checkArtifact(t, c.ArtifactLocation)
			for _, e := range c.Replacements {
				checkRegion(t, e.DeletedRegion)
			}
		}
	}
}

func checkArtifact(t testing.TB, a *oasis.ArtifactLocation) {
	t.Helper()
	u, err := url.Parse(*a.URI)
	if err != nil || u.Scheme == "" && u.EscapedPath() != *a.URI || strings.Contains(*a.URI, `\`) {
		t.Errorf("%q is no URI: %v", *a.URI, err)
		return
	}
	if below := u.Scheme == "" && !strings.HasPrefix(*a.URI, "../"); below != (a.URIBaseID != nil) {
		t.Errorf("%q: whether it has a base: %v", *a.URI, a.URIBaseID != nil)
	}
}

func checkRegion(t testing.TB, r *oasis.Region) {
	t.Helper()
	if r == nil || r.StartLine == nil || r.StartColumn == nil || r.EndLine == nil || r.EndColumn == nil {
		t.Errorf("a region without lines or columns: %+v", r)
		return
	}
	if *r.StartLine < 1 || *r.StartColumn < 1 || *r.EndLine < *r.StartLine || *r.EndLine == *r.StartLine && *r.EndColumn < *r.StartColumn {
		t.Errorf("a region from %d:%d to %d:%d", *r.StartLine, *r.StartColumn, *r.EndLine, *r.EndColumn)
	}
}

// Standard is the schema of OASIS, out of the source of a library that has it. What that
// library would check is what it has read, with empty properties of its own.
var Standard = func() func(testing.TB) *jsonschema.Schema {
	var compiled *jsonschema.Schema
	return func(t testing.TB) *jsonschema.Schema {
		t.Helper()
		if compiled != nil {
			return compiled
		}
		// Asked of the program: a test that is built without paths has no GOROOT for go/build.
		dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", reflect.TypeFor[oasis.Report]().PkgPath()).Output()
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		literal := f.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Trim(literal, "`")))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource("sarif.json", doc); err != nil {
			t.Fatal(err)
		}
		if compiled, err = c.Compile("sarif.json"); err != nil {
			t.Fatal(err)
		}
		return compiled
	}
}()

// noEmpty fails where something says nothing. The list of results says that there are none.
func noEmpty(t testing.TB, at string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for k, v := range v {
			noEmpty(t, at+"."+k, v)
		}
		if len(v) == 0 {
			t.Errorf("%s is an empty object", at)
		}
	case []any:
		for _, v := range v {
			noEmpty(t, at, v)
		}
		if len(v) == 0 && at != ".runs.results" {
			t.Errorf("%s is an empty list", at)
		}
	case nil:
		t.Errorf("%s is null", at)
	case string:
		if v == "" {
			t.Errorf("%s is empty", at)
		}
	case json.Number:
		if strings.HasPrefix(v.String(), "-") {
			t.Errorf("%s is %s", at, v)
		}
	}
}
