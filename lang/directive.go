package lang

import (
	"strings"

	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// FindDirective finds a directive at the top of a file by its name, in lower case. Its
// place is its line. Unlike the parser it looks behind a "#!" line, as BuildKit does for
// syntax and check.
func FindDirective(f *source.File, name string) (Directive, bool) {
	rest := strings.TrimPrefix(f.Text, "\xEF\xBB\xBF")
	if strings.HasPrefix(rest, "#!") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	seen := map[string]bool{}
	for rest != "" {
		start := len(f.Text) - len(rest)
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimSuffix(line, "\r")
		comment, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		found, value, ok := lexer.ParseDirective(comment)
		switch {
		case !ok || seen[found]:
			return Directive{}, false
		case found == name:
			at := source.Span{File: f.ID, Start: uint32(start), End: uint32(start + len(line))}
			return Directive{Place: Place{at}, Name: found, Value: value}, true
		}
		seen[found] = true
	}
	return Directive{}, false
}
