package effects

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
)

// TestLeftovers holds that rows say where they are from, and that their words are those of the table
// of programs.
func TestLeftovers(t *testing.T) {
	for _, l := range leftovers {
		if len(l.Source) < 6 || l.By == "" || l.Paths == "" {
			t.Errorf("%s: %+v", l.Programs, l)
		}
		for _, p := range strings.Fields(l.Paths) {
			if strings.Trim(path.Clean(p), "/*") != strings.Trim(p, "/*") || !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "~/") || strings.Count(p, "/") < 2 && p[0] == '/' {
				t.Errorf("%s leaves %s", l.Programs, p)
			}
		}
		for name := range strings.FieldsSeq(l.Programs) {
			row := rows().byName[name]
			if row == nil {
				t.Errorf("%s is not in the table", name)
				continue
			}
			for word := range strings.FieldsSeq(l.By + " " + l.Needs) {
				if word != "-" && !slices.ContainsFunc(row.Commands, func(p program) bool { return string(p.Action) == word || among(p.Names, word) }) {
					t.Errorf("%s has neither an action nor a command %s", name, word)
				}
			}
		}
		for name := range strings.FieldsSeq(l.Readers) {
			if among(l.Programs, name) {
				t.Errorf("%s reads what it leaves", name)
			}
		}
	}
}

// TestLeftoversOf has what commands leave, by the first path of each kind.
func TestLeftoversOf(t *testing.T) {
	for script, want := range map[string]string{
		"apt-get -qq update":                  "/var/lib/apt/lists/*",
		"apt-get $DO":                         "",
		"apt-get clean":                       "",
		"apt-cache search x":                  "",
		"apk add -q x":                        "/var/cache/apk/*",
		"apk --no-cache add x":                "",
		"pip install x":                       "~/.cache/pip",
		"pip3.11 install x":                   "~/.cache/pip",
		"python3 -m pip install x":            "~/.cache/pip",
		"pip --no-cache-dir install x":        "",
		"pip install --cache-dir=/x x":        "",
		"PIP_CACHE_DIR=/x pip install x":      "",
		"npm --cache /x ci":                   "",
		"npm ci":                              "~/.npm",
		"yarn --frozen-lockfile":              "/usr/local/share/.cache/yarn",
		"yarn build":                          "",
		"yarn install --cache-folder /x":      "",
		"npm start":                           "",
		"go build ./...":                      "~/.cache/go-build /go/pkg/mod/cache",
		"go mod download":                     "/go/pkg/mod/cache",
		"go clean -modcache":                  "",
		"gem install rake":                    "/var/lib/gems/*/cache/*.gem",
		"cargo build --release":               "/usr/local/cargo/registry/cache",
		"yum -y install x":                    "/var/cache/dnf/* /var/log/dnf*.log*",
		"zypper -n in x":                      "/var/cache/zypp/* /var/log/zypper.log",
		"env GOFLAGS=-v go install ./cmd/...": "~/.cache/go-build /go/pkg/mod/cache",
	} {
		s, err := shell.Parse(&ir.Run{Command: ir.Command{Line: script}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range LeftoversOf(s.Commands[0]) {
			got = append(got, l.Paths[0])
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s leaves %q, not %q", script, got, want)
		}
	}
}

// TestOverlap has paths that may meet a pattern, and others.
func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		path    Path
		pattern string
		want    bool
	}{
		{Path{Name: "/a/b/c"}, "/a/b/*", true},
		{Path{Name: "/a/b/c/d"}, "/a/b/*", true},
		{Path{Name: "/a/b"}, "/a/b/*", true}, // its names
		{Path{Name: "/a"}, "/a/b/*", false},
		{Path{Name: "/a", Tree: true}, "/a/b/*", true},
		{Path{Name: "/", Tree: true}, "/a/b/*", true},
		{Path{Name: "/x", Tree: true}, "/a/b/*", false},
		{Path{Name: "/a/b/c-new"}, "/a/b/*-old", false},
		{Path{Name: "/a/b/c-old"}, "/a/b/*-old", true},
		{Path{Name: "/a/*/c-old", Glob: true}, "/a/b/*-old", true},
		{Path{Name: "/a/x*/c-old", Glob: true}, "/a/b/*-old", false},
		{Path{Name: "/a/b*", Glob: true}, "/a/b/*", true},
		{Path{Name: "/a/log"}, "/a/log", true},
		{Path{Name: "/a/l?g", Glob: true}, "/a/log", true},
		{Path{Name: `/a/l\*g`, Glob: true}, "/a/log", false},
		{Path{Name: "$X", Grade: Unknown}, "/a/b/*", true},
	} {
		if got := (Paths{List: []Path{c.path}}).Overlap(c.pattern); got != c.want {
			t.Errorf("%+v and %s: %v", c.path, c.pattern, got)
		}
	}
	if !Anything().Overlap("/a/*") || (Paths{}).Overlap("/a/*") {
		t.Error("anything, nothing")
	}
}
