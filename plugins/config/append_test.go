package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAppend adds an entry to files of all forms, and holds that all else stays.
func TestAppend(t *testing.T) {
	const entry = "  - use: slim\n    config:\n      unknown: drop\n"
	for _, c := range []struct{ name, text, want string }{
		{"a list", "version: 1\nplugins:\n  - use: policy # ours\n", "version: 1\nplugins:\n  - use: policy # ours\n" + entry},
		{"no indent, no last line end", "# top\nversion: 1\nplugins:\n- use: policy", "# top\nversion: 1\nplugins:\n- use: policy\n- use: slim\n  config:\n    unknown: drop\n"},
		{"in the middle", "plugins:\n    - use: policy\n      # of it\n\n# the version\nversion: 1\n", "plugins:\n    - use: policy\n      # of it\n    - use: slim\n      config:\n        unknown: drop\n\n# the version\nversion: 1\n"},
		{"a text like a comment", "plugins:\n  - use: ./a\n    config:\n      a: |\n        b\n        # c\n\nversion: 1\n", "plugins:\n  - use: ./a\n    config:\n      a: |\n        b\n        # c\n" + entry + "\nversion: 1\n"},
		{"a text that keeps blank lines", "plugins:\n  - use: ./a\n    config:\n      a: |+\n        b\n\nversion: 1\n", ""},
		{"none", "version: 1\nrequire-sandbox: true\n", "version: 1\nrequire-sandbox: true\nplugins:\n" + entry},
		{"an empty one", "plugins: # none yet\nversion: 1\n", "plugins: # none yet\n" + entry + "version: 1\n"},
		{"on one line", "version: 1\nplugins: [{use: policy}]\n", ""},
		{"nothing on one line", "version: 1\nplugins: []\n", ""},
		{"windows line ends", "version: 1\r\nplugins:\r\n  - use: policy\r\n", "version: 1\r\nplugins:\r\n  - use: policy\r\n" + strings.ReplaceAll(entry, "\n", "\r\n")},
		{"no YAML", "version: [\n", ""},
		{"nothing", "", ""},
	} {
		got, err := Append(c.text, entry)
		if diff := cmp.Diff(c.want, got); diff != "" || (err != nil) != (c.want == "") {
			t.Errorf("%s: %v\n%s", c.name, err, diff)
		}
	}
}
