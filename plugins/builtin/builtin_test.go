package builtin_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins/builtin"
)

const docs = "../../docs/plugins"

// TestReference holds the published reference to the code.
func TestReference(t *testing.T) {
	got, err := builtin.Reference()
	if err != nil {
		t.Fatal(err)
	}
	got = "# The built-in plugins\n\nThis page is made from the code by `go test ./plugins/builtin -update`; `strake plugin docs` prints it.\n\n" + got
	name := filepath.Join(docs, "reference.md")
	if flag.Lookup("update").Value.String() == "true" { // of plugintest
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || string(want) != got {
		t.Errorf("%s is not what the code says: run go test ./plugins/builtin -update (%v)", name, err)
	}
}

// TestInfo holds what plugins say of themselves to their names and their pages.
func TestInfo(t *testing.T) {
	for name, open := range builtin.All() {
		info := open().Info()
		if info.Name != name {
			t.Errorf("%s says that it is %s", name, info.Name)
		}
		if info.Summary == "" || info.Version == "" {
			t.Errorf("%s has no summary or version", name)
		}
		if !strings.HasSuffix(info.URL, "/docs/plugins/"+name+".md") {
			t.Errorf("%s has the page %s", name, info.URL)
		}
		if _, err := os.Stat(filepath.Join(docs, name+".md")); err != nil {
			t.Error(err)
		}
	}
}

func TestReferenceOfUnknown(t *testing.T) {
	_, err := builtin.Reference("merge-runs")
	if err == nil || !strings.Contains(err.Error(), "did you mean merge-run?") {
		t.Errorf("got %v", err)
	}
}
