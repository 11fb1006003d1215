package lang

import (
	"strings"

	"github.com/seed-e0495807/strake/lang/lexer"
)

// FindDirective gives the value of a directive at the top of a text. Unlike the
// parser it looks behind a "#!" line, as BuildKit does for syntax and check.
func FindDirective(text, name string) (value string, ok bool) {
	text = strings.TrimPrefix(text, "\xEF\xBB\xBF")
	if strings.HasPrefix(text, "#!") {
		_, text, _ = strings.Cut(text, "\n")
	}
	seen := map[string]bool{}
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line, ok := strings.CutPrefix(strings.TrimSuffix(line, "\r"), "#")
		if !ok {
			return "", false
		}
		found, value, ok := lexer.ParseDirective(line)
		switch {
		case !ok || seen[found]:
			return "", false
		case found == name:
			return value, true
		}
		seen[found] = true
	}
	return "", false
}
