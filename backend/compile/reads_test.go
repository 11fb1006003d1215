package compile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
)

// locals finds out what a Dockerfile reads.
func locals(t *testing.T, r input.Request, text string) ([]input.Local, error) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.Path, "Dockerfile"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	in, err := input.Find(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	src, err := in.Open(context.Background(), input.NoImages{})
	if err != nil {
		t.Fatal(err)
	}
	c := compile.Config{}.From(src)
	c.Build.Resolver = input.NoImages{}
	return compile.New(c).Reads(context.Background(), in.Locals)
}

// filesIn makes a directory with files that hold their names.
func filesIn(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(name), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReads(t *testing.T) {
	root := filesIn(t, ".dockerignore", "other/x")
	tests := []struct {
		name, text string
		follow     []string
		all, none  bool
	}{
		{name: "everything", text: "FROM x\nCOPY . /", all: true},
		{name: "nothing", text: "FROM x\nRUN true", none: true},
		{name: "paths", text: "FROM x\nCOPY go.mod src/ /x/\nADD a*.txt https://example.com/f /\nRUN --mount=source=tools,target=/t true", follow: []string{"a*.txt", "go.mod", "src", "tools"}},
		{name: "unused stage", text: "FROM x AS a\nCOPY . /\nFROM y\nCOPY b /", follow: []string{"b"}},
		{name: "stages", text: "FROM x AS a\nCOPY c /\nFROM y\nCOPY b /\nCOPY --from=a /c /\nCOPY --from=img /d /", follow: []string{"b", "c"}},
		{name: "here document", text: "FROM x\nCOPY <<a /b\nc\na\n", none: true},
		{name: "named context", text: "FROM x\nCOPY --from=docs /a /\nCOPY b /", follow: []string{"b"}},
		{name: "named image", text: "FROM img\nCOPY b /", follow: []string{"b"}},
		{name: "platforms", text: "FROM x\nARG TARGETARCH\nCOPY bin-$TARGETARCH /", follow: []string{"bin-amd64", "bin-arm64"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := input.Request{Path: root, Contexts: map[string]string{"docs": root + "/other", "img": "docker-image://busybox"}, Options: map[string]string{"platform": "linux/amd64,linux/arm64"}}
			list, err := locals(t, r, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(list, func(l input.Local) bool { return l.Name == input.Context })
			if i < 0 || tt.none {
				if i >= 0 || !tt.none {
					t.Errorf("%+v", list)
				}
				return
			}
			l := list[i]
			if l.Dir != root || !slices.Equal(l.Follow, tt.follow) || (l.Follow == nil) != tt.all || !slices.Equal(l.Exclude, []string{".dockerignore"}) {
				t.Errorf("%+v", l)
			}
		})
	}
	t.Run("two directories", func(t *testing.T) {
		list, err := locals(t, input.Request{Path: root, Contexts: map[string]string{"docs": root + "/other"}}, "FROM x\nCOPY a /\nCOPY --from=docs /b /")
		if err != nil || len(list) != 2 || list[1].Name != "docs" || list[1].Dir != root+"/other" || !slices.Equal(list[1].Follow, []string{"b"}) {
			t.Errorf("%+v, %v", list, err)
		}
	})
	t.Run("error", func(t *testing.T) {
		if _, err := locals(t, input.Request{Path: root}, "FROM x\nCOPPY a b"); err == nil {
			t.Error("no error")
		}
	})
}
