package output

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/compile"
)

// Names and extensions tell outputs apart, and the help goes on behind the name as it does
// elsewhere.
func TestAll(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+$`)
	doc := regexp.MustCompile(`^[a-z].*[^.]$`)
	taken := map[string]bool{"strake.": true} // no call
	for _, o := range All() {
		if found, ok := Named(o.Name); !ok || found.Doc != o.Doc || !word.MatchString(o.Name) {
			t.Errorf("%q is no name, or one of several", o.Name)
		}
		if o.Call != "" && (!word.MatchString(o.Call) || taken["strake."+o.Call]) {
			t.Errorf("%s: %q is no call, or one of several", o.Name, o.Call)
		}
		if taken[o.Ext] || len(o.Ext) < 2 || o.Ext[0] != '.' {
			t.Errorf("%s: %q is no extension, or one of several", o.Name, o.Ext)
		}
		if !doc.MatchString(flat(o.Doc)) {
			t.Errorf("%s: the help would read %q", o.Name, o.Doc)
		}
		taken[o.Ext], taken["strake."+o.Call] = true, true
	}
}

func flat(text string) string { return strings.ReplaceAll(text, "\n", " ") }

// Every output of the same text is the same, but for the ids that two clients must not share.
func TestOutputsAreStable(t *testing.T) {
	config := compile.Config{Name: "Dockerfile", Text: "FROM scratch\nCOPY a /b\nCMD [\"/b\"]\n",
		Platforms: []ocispecs.Platform{{OS: "linux", Architecture: "amd64"}}}
	for _, o := range All() {
		lower := func() []byte {
			data, found, err := o.Lower(t.Context(), compile.New(config), 0)
			if err != nil || len(found) > 0 || len(data) == 0 && o.Name != "diff" {
				t.Errorf("%s: %q, %v, %v", o.Name, data, found, err)
			}
			return data
		}
		if a, b := lower(), lower(); !o.Binary && !bytes.Equal(a, b) {
			t.Errorf("%s: first\n%s\nand then\n%s", o.Name, a, b)
		}
	}
}

// What is no Dockerfile has no output.
func TestNoOutput(t *testing.T) {
	s := compile.New(compile.Config{Name: "Dockerfile", Text: "FROM scratch\nRUN --flag x\n"})
	for _, o := range All() {
		if data, _, err := o.Lower(t.Context(), s, compile.Default); err == nil || data != nil {
			t.Errorf("%s: %q, and no error", o.Name, data)
		}
	}
}
