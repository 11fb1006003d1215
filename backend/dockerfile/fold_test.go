package dockerfile

import (
	"reflect"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
)

// TestLaidOut breaks lines where their author had, and what is read back is the same.
func TestLaidOut(t *testing.T) {
	long := " && rm -rf /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/cache/debconf/*-old"
	for text, want := range map[string]string{
		"RUN apt-get install -y \tjq \tcurl" + long:                  "RUN apt-get install -y \\\n\tjq \\\n\tcurl" + long,
		"RUN apt-get update &&     apt-get install -y     jq" + long: "RUN apt-get update && \\\n    apt-get install -y \\\n    jq" + long,
		"RUN echo 'a     b' &&   true" + long:                        "RUN echo 'a     b' && \\\n  true" + long,
		"RUN true     # says why" + long:                             "",
		"RUN true \\     a" + long:                                   "",
		"RUN a     b":                                                "",
		`RUN ["a",     "b", "` + strings.Repeat("x", 100) + `"]`:     "",
		"ENV A=b     C=" + strings.Repeat("x", 100):                  "",
	} {
		if want == "" {
			want = text
		}
		got := laidOut(text, '\\')
		if got != want {
			t.Errorf("%s: %q", text, got)
		}
		a, err := ir.ParseBody(text, '\\')
		if err != nil {
			t.Fatal(err)
		}
		if b, err := ir.ParseBody(got, '\\'); err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: another body, or %v", text, err)
		}
	}
}
