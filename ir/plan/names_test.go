package plan

import "testing"

func TestSplitName(t *testing.T) {
	for name, want := range map[string][2]string{
		"[build  2/15] RUN make":                  {"build", "RUN make"},
		"[2/5] COPY a] b":                         {"", "COPY a] b"},
		"[linux/amd64 1/2] FROM a":                {"", "FROM a"},
		"[linux/amd64->arm64 x 1/2] FROM a":       {"x", "FROM a"},
		"[build 2/5] ONBUILD RUN [ -e x/y ] true": {"build", "ONBUILD RUN [ -e x/y ] true"},
		"[internal] load build context":           {"", "[internal] load build context"},
		"[a/b] c":                                 {"", "[a/b] c"},
		"RUN [ 1/2 ] x":                           {"", "RUN [ 1/2 ] x"},
		"":                                        {"", ""},
		"[] x":                                    {"", "[] x"},
	} {
		if stage, title := SplitName(name); stage != want[0] || title != want[1] {
			t.Errorf("%q: %q, %q; want %q", name, stage, title, want)
		}
	}
}
