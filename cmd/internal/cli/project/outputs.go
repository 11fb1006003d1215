package project

import (
	"strings"

	"github.com/seed-e0495807/strake/backend/output"
)

// OutputNames are the names of the outputs that are so, or of all.
func OutputNames(so func(output.Output) bool) (names []string) {
	for _, o := range output.All() {
		if so == nil || so(o) {
			names = append(names, o.Name)
		}
	}
	return names
}

// Questions are what --call is likely to ask.
func Questions() []string {
	list := []string{"check", "outline", "targets"}
	for _, o := range output.Asked() {
		list = append(list, "strake."+o.Call)
	}
	return list
}

// Either lists words: "a, b or c".
func Either(words []string) string {
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " or " + words[n]
}
