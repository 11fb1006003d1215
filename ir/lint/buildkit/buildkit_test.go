package buildkit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint/buildkit"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestText looks at the rules on spelling, and at what switches them off. That they are
// BuildKit's is for the differential test of package llb.
func TestText(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // rules
		err        bool     // a violation is an error
	}{
		{name: "nothing", text: "FROM scratch AS a\nCOPY . /\n"},
		{name: "names", text: "FROM scratch AS A\nFROM a as a\nFROM a AS scratch\n",
			want: []string{"StageNameCasing", "FromAsCasing", "DuplicateStageName", "ReservedStageName"}},
		{name: "casing", text: "FROM scratch\ncopy a /\nCOPY b /\n", want: []string{"ConsistentInstructionCasing"}},
		{name: "majority", text: "FROM scratch\ncopy a /\ncopy b /\n", want: []string{"ConsistentInstructionCasing"}},
		{name: "continuation", text: "FROM scratch\nCOPY a \\\n\n /\n", want: []string{"NoEmptyContinuation"}},
		{name: "behind an error", text: "FROM scratch AS A\nRUNN\nFROM scratch AS B\n", want: []string{"StageNameCasing"}},
		{name: "skipped", text: "# check=skip=MaintainerDeprecated\nFROM scratch\nMAINTAINER me\n"},
		{name: "all skipped", text: "# check=skip=all\nFROM scratch AS A\nMAINTAINER me\n"},
		{name: "skipped here", text: "FROM scratch\n# check=skip=MaintainerDeprecated # why\nMAINTAINER me\nMAINTAINER me\n",
			want: []string{"MaintainerDeprecated"}},
		{name: "error", text: "# check=error=true\nFROM scratch\nMAINTAINER me\n", want: []string{"MaintainerDeprecated"}, err: true},
		{name: "experimental is off", text: "# other what it is\nFROM scratch AS a\n"},
		{name: "experimental", text: "# check=experimental=all\n\n# other what it is\nFROM scratch AS a\n", want: []string{"InvalidDefinitionDescription"}},
		{name: "described", text: "# check=experimental=all\n\n# a what it is\nFROM scratch AS a\n"},
	} {
		found := buildkit.Check(source.NewFile("Dockerfile", c.text), nil, nil)
		var got []string
		for _, f := range found.Findings {
			got = append(got, f.Rule)
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if err := found.Err(); (err != nil) != c.err || err != nil && !strings.Contains(err.Error(), "MaintainerDeprecated") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
