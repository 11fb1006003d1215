package cases_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/cases"
)

func TestCases(t *testing.T) {
	all := cases.All()
	seen := map[string]bool{}
	rejected := 0
	for _, c := range all {
		if seen[c.Name] {
			t.Errorf("the name %q is used twice", c.Name)
		}
		seen[c.Name] = true
		if !strings.Contains(c.Name, "/") {
			t.Errorf("the name %q has no topic", c.Name)
		}
		if c.Reject {
			rejected++
		}
	}
	if len(all) < 450 || rejected < 130 {
		t.Errorf("%d cases, %d of them rejected; want at least 450 and 130", len(all), rejected)
	}
}

func TestCorpus(t *testing.T) {
	files, ok, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Skip("no corpus")
	}
	if os.Getenv("STRAKE_CORPUS") == "" && len(files) != 3197 {
		t.Errorf("%d files; want 3197", len(files))
	}
	if !slices.IsSortedFunc(files, func(a, b cases.File) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the files are not sorted by name")
	}
}
