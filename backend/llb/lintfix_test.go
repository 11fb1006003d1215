package llb_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	driver "github.com/seed-e0495807/strake/backend/compile"
	strake "github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/buildkit"
	lintcases "github.com/seed-e0495807/strake/ir/lint/cases"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
)

// TestLintFixes holds the fixes of the build checks to what they say they keep, over their cases
// and the corpus. With the safe ones every stage has the same vertices and, but for its history,
// the same config; with all of them a file that compiled compiles. Then there is nothing left that
// could be fixed.
func TestLintFixes(t *testing.T) {
	files := map[string]string{}
	pages, err := lintcases.Read(buildkit.Cases())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		for i, c := range p.Cases {
			files[fmt.Sprintf("%s %d", p.Rule, i)] = c.Text
		}
	}
	corpus, ok, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Log("no corpus: set STRAKE_CORPUS to a tar.gz of Dockerfiles")
	}
	for _, f := range corpus {
		files[f.Name] = string(f.Data)
	}
	fixed := map[string]int{}
	for name, text := range files {
		safe := repaired(t, name, text, false, fixed)
		if safe != text {
			if diff := differs(cases.Case{Dockerfile: text}, safe, otherGraph); diff != "" {
				t.Errorf("%s: %s\n%s", name, diff, safe)
			}
		}
		if all := repaired(t, name, text, true, fixed); all != text && compiles(t, text) && !compiles(t, all) {
			t.Errorf("%s compiles no more:\n%s", name, all)
		}
	}
	t.Log(fixed)
	if fixed["ConsistentInstructionCasing safe"] == 0 {
		t.Error("nothing was fixed")
	}
}

// repaired is a text with all fixes made until there is none.
func repaired(t *testing.T, name, text string, unsafe bool, fixed map[string]int) string {
	t.Helper()
	for range 10 {
		var list diag.List
		for _, d := range lint.Diags(checked(t, text)) {
			if i := slices.IndexFunc(d.Fixes, func(f diag.Fix) bool { return f.Safe || unsafe }); i >= 0 {
				list = append(list, d)
			}
		}
		if len(list) == 0 {
			return text
		}
		next, n, err := diag.ApplyFixes(text, list, unsafe)
		if err != nil || n == 0 || next == text {
			t.Fatalf("%s: %d of %v are fixed: %v\n%s", name, n, list, err, text)
		}
		for _, d := range list {
			fixed[d.Code+map[bool]string{true: " all", false: " safe"}[unsafe]]++
		}
		text = next
	}
	t.Errorf("%s: there is no end\n%s", name, text)
	return text
}

func snapshotOf(t *testing.T, text string) *driver.Snapshot {
	t.Helper()
	builder, err := parsePlatform("linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	o := strake.Options{Resolver: oracleResolver{}, Caps: &oracleCaps}
	o.BuildPlatforms, o.AllStages = []ocispecs.Platform{builder}, true
	o.Ignore = func(context.Context) ([]string, error) { return []string{"ignored"}, nil }
	return driver.New(driver.Config{Name: "Dockerfile", Text: text, Build: o, Rules: buildkit.Rules()})
}

func checked(t *testing.T, text string) []lint.Finding {
	found, _ := snapshotOf(t, text).Checks(t.Context(), driver.Default)
	return found
}

func compiles(t *testing.T, text string) bool {
	_, err := snapshotOf(t, text).LLB(t.Context(), driver.Default)
	return err == nil
}
