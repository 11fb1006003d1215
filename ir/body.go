package ir

import (
	"fmt"
	"strings"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// ParseBody reads the text of one instruction, here documents included, as it
// stands in a file with this escape character. A keyword that the language does
// not know gives a *Custom, with here documents when all that its line names are
// there. FROM is refused: it makes a stage.
func ParseBody(text string, escape byte) (Body, error) {
	in, err := parseOne(text, escape)
	if err != nil {
		return nil, err
	}
	if _, ok := in.(*lang.From); ok {
		return nil, fmt.Errorf("FROM starts a stage; an op is wanted")
	}
	body, diags := BuildBody(in)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	return body, nil
}

func parseOne(text string, escape byte) (lang.Instruction, error) {
	if escape != '\\' {
		text = "# escape=" + string(rune(escape)) + "\n" + text
	}
	src := source.NewFile("", text)
	file, diags := lang.ParseFragment(src)
	list := file.Instructions()
	if len(list) > 0 {
		if c, ok := list[0].(*lang.Custom); ok && strings.Contains(c.Code, "<<") {
			file, more := lang.ParseFragment(src, lang.Claim{Keyword: strings.ToUpper(c.Keyword.Text), Heredocs: true})
			if all := file.Instructions(); len(all) == 1 && !more.HasErrors() {
				list, diags = all, more
			}
		}
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("there are %d instructions; one is wanted", len(list))
	}
	for _, d := range diags {
		if d.Severity == diag.Error {
			return nil, d
		}
	}
	return list[0], nil
}

// SameStage reports whether a FROM makes a stage with the name, base and
// platform of s.
func SameStage(n *lang.From, s *Stage) bool {
	var b builder
	made := b.stage(n, nil)
	return made.Name == s.Name && made.Base == s.Base && made.Platform == s.Platform
}
