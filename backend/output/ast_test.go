package output

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

var place = regexp.MustCompile(`^ *(FILE|COMMENT|DIRECTIVE|[A-Z]+|[a-z]+)( [^@].*)? @(\d+):(\d+)-(\d+):(\d+)$`)

// Whatever the text, each node is one line, and has a place in the file.
func TestEveryCase(t *testing.T) {
	for _, c := range cases.All() {
		src := source.NewFile("Dockerfile", c.Dockerfile)
		file, _ := lang.Parse(src)
		text := printTree(file)
		for line := range strings.Lines(text) {
			m := place.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
			if m == nil {
				t.Errorf("%s: %q has no place", c.Name, line)
				continue
			}
			var p [4]int
			for i := range p {
				fmt.Sscan(m[3+i], &p[i])
			}
			if p[0] < 1 || p[2] > src.Lines() || p[2] < p[0] || p[2] == p[0] && p[3] < p[1] {
				t.Errorf("%s: %q is not in the file", c.Name, line)
			}
		}
		if n := strings.Count("\n"+text, "\n  ") - strings.Count(text, "\n   "); n != len(file.Items) {
			t.Errorf("%s: %d items, want %d:\n%s", c.Name, n, len(file.Items), text)
		}
	}
}
