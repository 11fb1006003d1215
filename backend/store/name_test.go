package store

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/distribution/reference"
)

// sameName holds that names are read as docker's own library reads them.
func sameName(t *testing.T, text string) {
	t.Helper()
	got, err := parseNormal(text)
	want, werr := reference.ParseNormalizedNamed(text)
	if werr != nil || err != nil {
		if err == nil || werr == nil || err.Error() != werr.Error() {
			t.Errorf("%q: %v, and %v for docker", text, err, werr)
		}
		return
	}
	digest := ""
	if d, ok := want.(reference.Digested); ok {
		digest = d.Digest().String()
	}
	for _, c := range []struct{ what, got, want string }{
		{"name", got.String(), want.String()},
		{"domain", got.domain, reference.Domain(want)},
		{"repository", got.repository(), want.Name()},
		{"short name", got.familiar().String(), reference.FamiliarString(want)},
		{"short repository", got.familiar().repository(), reference.FamiliarName(want)},
		{"digest", got.digest.String(), digest},
	} {
		if c.got != c.want {
			t.Errorf("%q: %s %q, and %q for docker", text, c.what, c.got, c.want)
		}
	}
	one, err := parseRef(text)
	docker, werr := reference.ParseDockerRef(text)
	if err != nil || werr != nil || one.String() != docker.String() {
		t.Errorf("%q is %q, %v, and %q, %v for docker", text, one, err, docker, werr)
	}
}

// seeds are names of all kinds, and what is nearly one.
func seeds() []string {
	sum := strings.Repeat("0123456789abcdef", 4)
	return []string{
		"", "busybox", "busybox:1.2", "library/busybox", "docker.io/busybox", "index.docker.io/library/busybox:x", "docker.io/library/a/b",
		"localhost", "localhost/a", "localhost:5000/a/b:t", "a.b/c", "A/b", "A_b/c", "a_b.x/img", "[::1]:5000/a", "[::1]/a", "[]/a", "[g]/a", "a..b/c", "-a.b/c", "a-.b/c",
		"a__b/c--d.e_f", "a___b", "a..b", "a/", "/a", "a//b", "a:", "a:.x", "a:-x", "a:" + strings.Repeat("x", 128), "a:" + strings.Repeat("x", 129),
		strings.Repeat("a", 255), strings.Repeat("a", 256), "x.y/" + strings.Repeat("a", 255), "library/" + strings.Repeat("a", 248),
		sum, strings.ToUpper(sum), sum[:63], "a@sha256:" + sum, "a:t@sha256:" + sum, "a@sha256:" + sum[:40], "a@md5:" + sum[:32], "a@sha512:" + sum + sum, "a@SHA256:" + sum,
		"a@sha256:" + strings.ToUpper(sum), "a@x+y.z1:" + sum, "a@1x:" + sum, "a@x..y:" + sum, "a@x_:" + sum, "a@b@sha256:" + sum, "a:b:c", "a.b:80:90/c", "Foo", "foo/Bar", "foo:Bar", "x.Y/z", "ä", "a:ä", "\xff", "a b", "a\n",
	}
}

func TestNames(t *testing.T) {
	for _, text := range seeds() {
		sameName(t, text)
	}
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "b1", "Z", ".", "..", "_", "__", "-", "/", ":", "@", "[", "]", "::1", "localhost", "docker.io", "index.docker.io", "library", "5000",
		"latest", "sha256:", "sha512:", strings.Repeat("0a", 16), strings.Repeat("0a", 32), "+", "é", " "}
	for range 100_000 {
		var b strings.Builder
		for range 1 + r.IntN(8) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		sameName(t, b.String())
	}
}

func FuzzNames(f *testing.F) {
	for _, text := range seeds() {
		f.Add(text)
	}
	f.Fuzz(sameName)
}
