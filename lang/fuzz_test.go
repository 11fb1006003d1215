package lang_test

import (
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

// FuzzParse holds Parse against BuildKit and against the laws of the tree.
func FuzzParse(f *testing.F) {
	for _, c := range cases.All() {
		if len(c.Dockerfile) < 4096 {
			f.Add(c.Dockerfile)
		}
	}
	for _, text := range found {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkTree(t, "fuzz", text)
		checkAgainstBuildKit(t, "fuzz", text)
		checkDirectives(t, "fuzz", text)
	})
}

// FuzzParseTrigger checks that no text that an image brings can hurt.
func FuzzParseTrigger(f *testing.F) {
	for _, c := range cases.All() {
		if len(c.Dockerfile) < 4096 {
			f.Add(c.Dockerfile)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		lang.ParseTrigger(source.NewFile("trigger", text))
	})
}
