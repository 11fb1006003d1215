package redact

import (
	"strings"
	"testing"

	"github.com/moby/buildkit/util/urlutil"
)

func TestAttackURLs(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"no URL: a@b:c", "no URL: a@b:c"},
		{"https://host/a@b", "https://host/a@b"},
		{"https://host:8080/a@b", "https://host:8080/a@b"},
		{"http://[::1]:80/a@b", "http://[::1]:80/a@b"},
		{"https://gitlab-ci-token:s3cret@host/a/b.git", "https://xxxxx:xxxxx@host/a/b.git"},
		{"https://s3cret@github.com/a.git#main:dir", "https://xxxxx@github.com/a.git#main:dir"},
		{"https://:s3cret@host/", "https://xxxxx:xxxxx@host/"},
		{"HTTPS://u:s3cret@host", "HTTPS://xxxxx:xxxxx@host"},
		{"git+https://u:s3cret@host/x", "git+https://xxxxx:xxxxx@host/x"},
		{"ssh://git@github.com/a.git", "ssh://git@github.com/a.git"},
		{"ssh://git:s3cret@github.com/a.git", "ssh://xxxxx:xxxxx@github.com/a.git"},
		{"git@github.com:a/b.git", "git@github.com:a/b.git"},
		// url.Parse gives up on these.
		{"https://u:s3%cret@host/", "https://xxxxx:xxxxx@host/"},
		{"https://u:s3/cret@host/", "https://xxxxx:xxxxx@host/"},
		{"https://u:s3@cret@host/", "https://xxxxx:xxxxx@host/"},
		{"https://u:s3cret@ho st/", "https://xxxxx:xxxxx@ho st/"},
		{"https://u:s3cret\x01@host/", "https://xxxxx:xxxxx@host/"},
		{"https://host/f?private_token=s3cret&x=1", "https://host/f?private_token=xxxxx&x=1"},
		{"https://host/f?a=1&X-Amz-Signature=s3cret#m", "https://host/f?a=1&X-Amz-Signature=xxxxx#m"},
		{`Get "https://u:s3cret@a/": and <https://s3cret@b/> too`, `Get "https://xxxxx:xxxxx@a/": and <https://xxxxx@b/> too`},
	} {
		got := URLs(c.text)
		if got != c.want {
			t.Errorf("%q is %q, want %q", c.text, got, c.want)
		}
		if URLs(got) != got {
			t.Errorf("%q is not the same again: %q", got, URLs(got))
		}
	}
}

func TestAttackRemotes(t *testing.T) {
	for _, c := range []struct{ address, want string }{
		{"git@github.com:a/b.git", "git@github.com:a/b.git"},
		{"first.last@host:a/b", "first.last@host:a/b"},
		{"host:a/b@2", "host:a/b@2"},
		{"host:a", "host:a"},
		{"/srv/a@b", "/srv/a@b"},
		{"oauth2:s3cret@host:a/b", "xxxxx:xxxxx@host:a/b"},
		{"s3cret:x@y@host:a/b", "xxxxx:xxxxx@host:a/b"},
		{"ghp_0123456789abcdefghijABCDEFGHIJ012345@host:a/b", "xxxxx@host:a/b"},
		{"glpat-0123456789abcdefghij@host:a/b", "xxxxx@host:a/b"},
		{"https://u:s3cret@host/a", "https://xxxxx:xxxxx@host/a"},
		{"ssh://git@host/a", "ssh://git@host/a"},
	} {
		if got := Remote(c.address); got != c.want {
			t.Errorf("%q is %q, want %q", c.address, got, c.want)
		}
	}
}

// FuzzURLs holds URLs that BuildKit redacts to be redacted here.
func FuzzURLs(f *testing.F) {
	f.Add("user", "password", "host/path")
	f.Add("", "t0ken", "[::1]:8/")
	f.Fuzz(func(t *testing.T, user, password, rest string) {
		secret := "S3CRET"
		if strings.ContainsAny(user+password+rest, " \t\r\n\v\f\"'`<>") || strings.ContainsAny(user+password, "/?#\\@") {
			return
		}
		for _, text := range []string{"https://" + user + ":" + secret + password + "@" + rest, "https://" + secret + user + "@" + rest} {
			if strings.Contains(rest, secret) || strings.Contains(urlutil.RedactCredentials(text), secret) {
				continue
			}
			if got := URLs(text); strings.Contains(got, secret) {
				t.Errorf("%q is %q", text, got)
			}
		}
	})
}
