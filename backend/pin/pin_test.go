package pin_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/pin"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// today has what is behind names, and counts how often it was asked.
type today struct {
	is    map[string]string
	asked map[string]int
}

func (s today) Image(_ context.Context, name string) (digest.Digest, error) { return s.get(name) }

func (s today) Download(_ context.Context, url string) (digest.Digest, error) { return s.get(url) }

func (s today) get(name string) (digest.Digest, error) {
	s.asked[name]++
	d, ok := s.is[name]
	if !ok {
		return "", errors.New("it is not there")
	}
	return digest.Digest(d), nil
}

var (
	one = "sha256:" + strings.Repeat("1", 64)
	two = "sha256:" + strings.Repeat("2", 64)
)

func run(t testing.TB, text string, update bool) (pin.Result, today) {
	t.Helper()
	s := today{map[string]string{
		"docker.io/library/debian:13": one, "docker.io/library/debian:latest": one, "registry.example:5000/team/app:1": two,
		"docker.io/library/busybox:1": two, "https://example.com/a.tgz": one,
	}, map[string]int{}}
	tree, found := lang.Parse(source.NewFile("Dockerfile", text))
	if found.HasErrors() {
		t.Fatal(found)
	}
	out, err := pin.Run(t.Context(), tree, s, update)
	if err != nil {
		t.Fatal(err)
	}
	return out, s
}

func TestPin(t *testing.T) {
	for _, c := range []struct{ name, text, want, said string }{
		{"a tag", "FROM debian:13\n", "FROM debian:13@" + one + "\n", ""},
		{"without one", "FROM --platform=linux/amd64 debian AS x\n", "FROM --platform=linux/amd64 debian:latest@" + one + " AS x\n", ""},
		{"a registry", "FROM registry.example:5000/team/app:1\n", "FROM registry.example:5000/team/app:1@" + two + "\n", ""},
		{"over lines", "FROM \\\n  debian:13 \\\n  AS x\n", "FROM \\\n  debian:13@" + one + " \\\n  AS x\n", ""},
		{"line endings", "FROM debian:13\r\nRUN x\r\n", "FROM debian:13@" + one + "\r\nRUN x\r\n", ""},
		{"stages", "FROM debian:13 AS a\nFROM a\nCOPY --from=a / /\nCOPY --from=0 / /\nRUN --mount=from=a,target=/x y\nFROM scratch\n",
			"FROM debian:13@" + one + " AS a\nFROM a\nCOPY --from=a / /\nCOPY --from=0 / /\nRUN --mount=from=a,target=/x y\nFROM scratch\n", ""},
		{"a stage by capitals is an image", "FROM debian:13 AS Busybox\nFROM busybox:1\n", "FROM debian:13@" + one + " AS Busybox\nFROM busybox:1@" + two + "\n", ""},
		{"other images", "FROM debian:13\nCOPY --chown=1 --from=busybox:1 /a /b\nRUN --mount=type=bind,from=busybox:1,target=/x y\n",
			"FROM debian:13@" + one + "\nCOPY --chown=1 --from=busybox:1@" + two + " /a /b\nRUN --mount=type=bind,from=busybox:1@" + two + ",target=/x y\n", ""},
		{"a variable", "ARG V=13\nFROM debian:$V\n", "", "a variable has the name"},
		{"a digest", "FROM debian:13@" + two + "\n", "", "it has a digest"},
		{"a download", "FROM debian:13\nADD https://example.com/a.tgz /x\n", "FROM debian:13@" + one + "\nADD --checksum=" + one + " https://example.com/a.tgz /x\n", ""},
		{"with flags", "FROM scratch\nADD --chmod=644 https://example.com/a.tgz /x\n", "FROM scratch\nADD --checksum=" + one + " --chmod=644 https://example.com/a.tgz /x\n", ""},
		{"with a checksum", "FROM scratch\nADD --checksum=" + two + " https://example.com/a.tgz /x\n", "", "it has a checksum"},
		{"several", "FROM scratch\nADD https://example.com/a.tgz b /x/\n", "", "an ADD of several things"},
		{"git", "FROM scratch\nADD https://example.com/a.git#v1 /x/\n", "", "write the commit behind #"},
		{"git by a query", "FROM scratch\nADD https://example.com/a.git?ref=v1 /x/\n", "", "write the commit behind #"},
		{"a commit by a query", "FROM scratch\nADD https://example.com/a.git?checksum=" + strings.Repeat("a", 40) + " /x/\n", "", "it names a commit"},
		{"git with a checksum", "FROM scratch\nADD --checksum=" + strings.Repeat("a", 40) + " https://example.com/a.git#v1 /x/\n", "", "it has a checksum"},
		{"a key in capitals", "FROM scratch\nRUN --mount=type=bind,FROM=busybox:1,target=/x y\n", "FROM scratch\nRUN --mount=type=bind,FROM=busybox:1@" + two + ",target=/x y\n", ""},
		{"quotes", "FROM \"debian:13\"\n", "", "it has quotes"},
		{"no image", "FROM UPPER:x\n", "", "it is no name of an image"},
		{"not there", "FROM nothing:1\n", "", "it is not there"},
		{"nothing", "FROM scratch\nADD a b\n", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, _ := run(t, c.text, false)
			if c.want == "" {
				c.want = c.text
			}
			if out.Text != c.want {
				t.Errorf("got\n%swant\n%s", out.Text, c.want)
			}
			said := ""
			for _, o := range out.Outcomes {
				said += o.Stay
				if o.Err != nil {
					said += o.Err.Error()
				}
			}
			if !strings.Contains(said, c.said) || c.said == "" && said != "" {
				t.Errorf("it says %q, not %q", said, c.said)
			}
			again, s := run(t, out.Text, false)
			if again.Text != out.Text {
				t.Errorf("a second run makes\n%s", again.Text)
			}
			for name, n := range s.asked {
				if n > 1 {
					t.Errorf("%s was asked for %d times", name, n)
				}
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	text := "FROM debian:13@" + two + "\nCOPY --from=busybox:1@" + two + " /a /b\nCOPY --from=busybox@" + one + " /a /b\nADD --checksum=" + two + " https://example.com/a.tgz /x\n"
	out, _ := run(t, text, true)
	want := "FROM debian:13@" + one + "\nCOPY --from=busybox:1@" + two + " /a /b\nCOPY --from=busybox@" + one + " /a /b\nADD --checksum=" + one + " https://example.com/a.tgz /x\n"
	if out.Text != want {
		t.Errorf("got\n%s", out.Text)
	}
	moved := 0
	for _, o := range out.Outcomes {
		if o.Moved() {
			moved++
		}
	}
	if moved != 2 || len(out.Outcomes) != 4 {
		t.Errorf("%d of %d moved", moved, len(out.Outcomes))
	}
}

// TestCancelled writes nothing of a run that was interrupted.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tree, _ := lang.Parse(source.NewFile("Dockerfile", "FROM debian:13\n"))
	if out, err := pin.Run(ctx, tree, today{asked: map[string]int{}}, false); !errors.Is(err, context.Canceled) || out.Text != "" {
		t.Error(out, err)
	}
}

// FuzzPin has any text: what comes out parses as well, and has the same places.
func FuzzPin(f *testing.F) {
	for _, s := range []string{"FROM a\nCOPY --from=b:1 c d\nADD http://e/f g\n", "FROM \\\na:b\nRUN --mount=type=bind,from=x y\n", "# escape=`\nFROM a`\n:1\n", "FROM a AS b\nFROM \"a\"\nADD --checksum=\\\nx https://a b\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree, found := lang.Parse(source.NewFile("Dockerfile", text))
		if found.HasErrors() {
			return
		}
		out, err := pin.Run(t.Context(), tree, always{}, true)
		if err != nil {
			t.Fatal(err)
		}
		again, found := lang.Parse(source.NewFile("Dockerfile", out.Text))
		if found.HasErrors() {
			t.Fatalf("%q became %q: %v", text, out.Text, found)
		}
		if a, b := pin.Places(tree), pin.Places(again); len(a) != len(b) {
			t.Fatalf("%q became %q", text, out.Text)
		}
	})
}

// always has the same behind every name.
type always struct{}

func (always) Image(context.Context, string) (digest.Digest, error) { return digest.Digest(one), nil }

func (always) Download(context.Context, string) (digest.Digest, error) {
	return digest.Digest(two), nil
}
