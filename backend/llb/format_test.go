package llb_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/format"
	"github.com/seed-e0495807/strake/lang/source"
)

// formatted is the text of a case as strake fmt writes it.
func formatted(c cases.Case) string {
	text, _ := format.Source(source.NewFile("Dockerfile", c.Dockerfile), format.Options{})
	return text
}

// TestFormatKeepsTheCache has the formatter write every case, and every file of the corpus.
func TestFormatKeepsTheCache(t *testing.T) {
	changed := 0
	check := func(name string, c cases.Case) {
		text := formatted(c)
		if text == c.Dockerfile || c.Accept != "" {
			return
		}
		changed++
		if diff := differs(c, text, otherCache); diff != "" {
			t.Errorf("%s: %s\n%s", name, diff, text)
		}
	}
	for _, c := range cases.All() {
		check(c.Name, c)
	}
	t.Logf("%d of %d cases changed", changed, len(cases.All()))
	files, _, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	changed = 0
	for _, f := range files {
		check(f.Name, cases.Case{Dockerfile: string(f.Data)})
	}
	t.Logf("%d of %d files changed", changed, len(files))
}

// TestFormatMutants holds that the comparison sees what a formatter must not do.
func TestFormatMutants(t *testing.T) {
	const text = "FROM alpine\nENV A=\"x  y\" B=1\nRUN a  &&     b\nLABEL l='$A'\nONBUILD run  x\nCOPY <<E /f\n x\nE\nCMD [\"a\", \"b\"]\n"
	for name, edit := range map[string][2]string{
		"a blank in a RUN":       {"a  &&", "a &&"},
		"an indentation":         {"    b", "b"},
		"quotes that matter":     {`"x  y"`, `"x y"`},
		"quotes of a label":      {`'$A'`, `$A`},
		"the case of a trigger":  {"run", "RUN"},
		"blanks in a trigger":    {"run  x", "run x"},
		"a here document":        {"\n x", "\nx"},
		"an array":               {`["a", "b"]`, `a b`},
		"the order of variables": {`A="x  y" B=1`, `B=1 A="x  y"`},
	} {
		mutant := strings.Replace(text, edit[0], edit[1], 1)
		if mutant == text || differs(cases.Case{Dockerfile: text}, mutant, otherCache) == "" {
			t.Errorf("%s: no difference is seen", name)
		}
	}
}
