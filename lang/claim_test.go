package lang_test

import (
	"reflect"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestClaimedHeredocs holds that here documents follow what is claimed with them, and
// nothing else.
func TestClaimedHeredocs(t *testing.T) {
	claims := []lang.Claim{{Keyword: "FILE", Heredocs: true}, {Keyword: "PLAIN"}}
	for _, c := range []struct {
		text  string
		names []string // of the here documents of the instruction behind FROM
		count int      // of all instructions
		code  string   // of the first error
	}{
		{"FROM a\nFILE /x <<E\nRUN a\n# b\nE\nRUN c\n", []string{"E"}, 3, ""},
		{"FROM a\nfile --mode=1 /x <<-'A B' 3<<E\n\t\tA B\nE\n", []string{"A B", "E"}, 2, ""},
		{"FROM a\nFILE \\\n # c\n  <<E \\\n x\nE\n", []string{"E"}, 2, ""},
		{"FROM a\nFILE [\"<<E\"]\nRUN c\n", nil, 3, ""},
		{"FROM a\nFILE <<E", []string{"E"}, 2, "unterminated-heredoc"},
		{"FROM a\nFILE x\nRUN c\n", nil, 3, ""},
		{"FROM a\nPLAIN <<E\nRUN c\nE\n", nil, 4, "unknown-instruction"},
		{"FROM a\nOTHER <<E\nRUN c\nE\n", nil, 4, "unknown-instruction"},
		{"FROM a\nONBUILD FILE <<E\nRUN c\n", nil, 3, ""},
		{"FROM a\nFILEX <<E\nRUN c\n", nil, 3, "unknown-instruction"},
	} {
		src := source.NewFile("Dockerfile", c.text)
		file, diags := lang.Parse(src, claims...)
		diags = append(diags, lang.Unclaimed(file, claims...)...)
		list := file.Instructions()
		var names []string
		for _, d := range list[1].Head().Heredocs {
			names = append(names, d.Name)
		}
		code := ""
		if len(diags) > 0 {
			code = diags[0].Code
		}
		if !reflect.DeepEqual(names, c.names) || len(list) != c.count || code != c.code {
			t.Errorf("%q: here documents %q, %d instructions, code %q", c.text, names, len(list), code)
		}
		if got := lang.Print(file); got != c.text {
			t.Errorf("%q prints as %q", c.text, got)
		}
	}
}

// TestClaimsChangeNothing holds that a claim matters to the instructions with its
// keyword only.
func TestClaimsChangeNothing(t *testing.T) {
	samples(t, func(t *testing.T, name, text string) {
		src := source.NewFile("Dockerfile", text)
		want, wantDiags := lang.Parse(src)
		got, diags := lang.Parse(src, lang.Claim{Keyword: "STRAKE-TEST", Heredocs: true})
		if !reflect.DeepEqual(want, got) || !reflect.DeepEqual(wantDiags, diags) {
			t.Errorf("%s: the tree differs", name)
		}
	})
}

func TestFragment(t *testing.T) {
	file, diags := lang.ParseFragment(source.NewFile("x.inc", "# escape=`\nARG A\nRUN a `\n  b\nFROM c\n"))
	if len(diags) > 0 || file.Escape != '`' || len(file.Instructions()) != 3 {
		t.Errorf("%v, %d instructions", diags, len(file.Instructions()))
	}
	if file, diags := lang.ParseFragment(source.NewFile("x.inc", "")); len(diags) > 0 || len(file.Items) > 0 {
		t.Errorf("an empty fragment: %v", diags)
	}
}
