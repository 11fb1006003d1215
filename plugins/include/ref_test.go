package include_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins/include"
)

const hex40 = "0123456789abcdef0123456789abcdef01234567"

var refs = []struct {
	text   string
	want   include.Ref
	pinned bool
}{
	{"a/b.inc", include.Ref{Kind: include.Path, Path: "a/b.inc"}, true},
	{"/a", include.Ref{Kind: include.Path, Path: "/a"}, true},
	{"../a", include.Ref{Kind: include.Path, Path: "../a"}, true},
	{"https://x/y?z", include.Ref{Kind: include.HTTPS, From: "https://x/y?z"}, false},
	{"https://x/r.git#v1:a/b", include.Ref{Kind: include.Git, From: "https://x/r.git", At: "v1", Path: "a/b"}, false},
	{"https://x/r.git#" + hex40 + ":b", include.Ref{Kind: include.Git, From: "https://x/r.git", At: hex40, Path: "b"}, true},
	{"git@x:a/r.git#main:b", include.Ref{Kind: include.Git, From: "git@x:a/r.git", At: "main", Path: "b"}, false},
	{"ssh://git@x/r#f/x:b", include.Ref{Kind: include.Git, From: "ssh://git@x/r", At: "f/x", Path: "b"}, false},
	{"ssh://git@[::1]/r.git#f:b", include.Ref{Kind: include.Git, From: "ssh://git@[::1]/r.git", At: "f", Path: "b"}, false},
	{"oci://x.org/a:1", include.Ref{Kind: include.OCI, From: "x.org/a:1"}, false},
	{"oci://x.org/a:1@sha256:" + strings.Repeat("0", 64), include.Ref{Kind: include.OCI, From: "x.org/a:1@sha256:" + strings.Repeat("0", 64)}, true},
}

// refused are texts that are no references.
var refused = []string{
	"", "a b", "$A", "'a'", "http://x/y", "git://x/r.git#a:b", "ext::sh#a:b", "file:///etc/passwd", "C:x", "https://", "https:///x",
	"https://u:p@x/y", "https://-x/y", "https://x/y#z", "https://x/r.git", "https://x/r.git#main", "https://x/r.git#:b", "https://x/r.git#main:",
	"https://x/r.git#-x:b", "https://x/r.git#a..b:c", "https://x/r.git#a:../b", "https://x/r.git#a:/b", "https://x/r.git#a:.",
	"git@-oProxyCommand=x:y#a:b", "git@x:-y#a:b", "git@x#a:b", "ssh://-x/r#a:b", "ssh://-u@x/r#a:b", "oci://", "oci://x.org/A", "oci://x.org/a@sha256:1",
}

func TestParseRef(t *testing.T) {
	for _, c := range refs {
		c.want.Text = c.text
		if got, err := include.ParseRef(c.text); err != nil || got != c.want || got.Pinned() != c.pinned {
			t.Errorf("%s: %+v, pinned %v, %v", c.text, got, got.Pinned(), err)
		}
	}
	for _, text := range refused {
		if got, err := include.ParseRef(text); err == nil {
			t.Errorf("%q is taken: %+v", text, got)
		}
	}
}

// FuzzParseRef holds that what git is given is never an option, and that no path leaves
// its repository.
// helper is what git takes for a program of its own before an address. Behind "ssh:" or in
// brackets "::" is none.
var helper = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z+.-]*::`)

func FuzzParseRef(f *testing.F) {
	for _, c := range refs {
		f.Add(c.text)
	}
	for _, text := range refused {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := include.ParseRef(text)
		if err != nil {
			return
		}
		if r.Text != text {
			t.Errorf("the text is %q", r.Text)
		}
		switch {
		case r.Kind != include.Git:
		case strings.HasPrefix(r.From, "-") || strings.HasPrefix(r.At, "-") || helper.MatchString(r.From):
			t.Errorf("%+v", r)
		case strings.HasPrefix(r.Path, "/") || strings.HasPrefix(r.Path, "../") || strings.Contains(r.Path, "/../"):
			t.Errorf("%+v", r)
		}
	})
}
