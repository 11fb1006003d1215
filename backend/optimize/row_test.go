package optimize

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins/builtin"
)

// TestPasses holds that the plugins take all passes, in their order, with and without risks.
func TestPasses(t *testing.T) {
	row := Row(Passes(map[string]float64{"src/a b": 0.25, "it's: #1": 1}, Kinds))
	for len(row) > 0 {
		for _, explain := range []bool{false, true} {
			p, err := row.Plugins(t.Context(), builtin.All(), explain)
			if err != nil {
				text, _ := row.YAML()
				t.Fatalf("%v\n%s", err, text)
			}
			if got := strings.Fields(strings.Trim(p.String(), "[]")); !slices.Equal(got, row.names()) {
				t.Errorf("it runs %v, not %v", got, row.names())
			}
		}
		row = row.without(row[0].Name)
	}
	for _, p := range Passes(nil, nil) {
		for ; p.Safer != nil; p = *p.Safer {
			if _, err := (Row{*p.Safer}).Plugins(t.Context(), builtin.All(), true); err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
		}
	}
}

// TestChoose has lists of names.
func TestChoose(t *testing.T) {
	all := Passes(nil, nil)
	for list, want := range map[string]string{"": "drop-dead split-copy reorder parallelise copy-link merge-run cache-mounts slim", "slim,reorder": "reorder slim", "slim,nothing": "", "merge_run": ""} {
		got, err := Choose(all, slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" }))
		if names := strings.Join(Row(got).names(), " "); names != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", list, names, err)
		}
	}
}
