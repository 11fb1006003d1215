package format

import (
	"strings"

	"github.com/seed-e0495807/strake/lang"
)

// lower tells whether keywords are in lower case: most of a file are. They are counted as by
// BuildKit's check ConsistentInstructionCasing, which passes over what is in front of the
// first FROM.
func lower(f *lang.File) bool {
	balance, staged := 0, false
	for _, in := range f.Instructions() {
		if _, ok := in.(*lang.From); ok {
			staged = true
		}
		if !staged {
			continue
		}
		switch word := in.Head().Keyword.Text; word {
		case strings.ToLower(word):
			balance++
		case strings.ToUpper(word):
			balance--
		}
	}
	return balance > 0
}

// cased is a keyword as this file has them. One outside ASCII may not be the same then.
func (p *printer) cased(word string) string {
	for i := range len(word) {
		if word[i] >= 0x80 {
			return word
		}
	}
	if p.lower {
		return strings.ToLower(word)
	}
	return strings.ToUpper(word)
}
