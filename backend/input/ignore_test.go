package input

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/moby/patternmatcher/ignorefile"
)

func TestParseIgnore(t *testing.T) {
	g, err := ParseIgnore(".dockerignore", []byte("\ufeff# comment\n\nfoo/\n  ! /bar \r\n\ufeffx\n#\n*.log"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"foo", "!bar", "\ufeffx", "*.log"}; !slices.Equal(g.Patterns, want) {
		t.Errorf("patterns %q, want %q", g.Patterns, want)
	}
	if want := []int{3, 4, 5, 7}; !slices.Equal(g.Lines, want) {
		t.Errorf("lines %d, want %d", g.Lines, want)
	}
	_, err = ParseIgnore("x.dockerignore", []byte(strings.Repeat("x", 1<<17)))
	if d := diagnostic(t, err); d.Code != "bad-ignore-file" || !strings.Contains(d.Message, "x.dockerignore") {
		t.Errorf("%+v", d)
	}
}

func FuzzParseIgnore(f *testing.F) {
	f.Add("a\n\n#\n !b\r\n\ufeff\nc")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := ParseIgnore("x", []byte(text))
		if err == nil && (len(g.Lines) != len(g.Patterns) || !slices.IsSorted(g.Lines)) {
			t.Errorf("lines %d of patterns %q", g.Lines, g.Patterns)
		}
	})
}

func TestIgnoreLine(t *testing.T) {
	g, err := ParseIgnore(".dockerignore", []byte("*.log\n\nnode_modules\n!keep.log\n**/tmp\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{
		"a.log": 1, "keep.log": 0, "node_modules": 3, "node_modules/x/a.js": 3, "x/tmp/y": 5, "x": 0, "node_modules/tmp": 5,
	} {
		if line, pattern := g.Line(name); line != want || (pattern == "") != (want == 0) {
			t.Errorf("%s: line %d %q, want %d", name, line, pattern, want)
		}
	}
	if line, _ := (*Ignore)(nil).Line("x"); line != 0 {
		t.Errorf("no file, but line %d", line)
	}
}

// FuzzIgnoreLine has every file dropped by the line that is suggested for it.
func FuzzIgnoreLine(f *testing.F) {
	for _, name := range []string{"a", "web/node_modules", "#x", "!x", " x", "x ", "a*b?[c]", `a\b`, "a^b.c", "\ufeffx", "é", "\xff/\u00a0", "a\nb", "(a|b)+{1}$", " {0}"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !validName(name) {
			return
		}
		patterns, err := ignorefile.ReadAll(strings.NewReader(ignoreLine(name)))
		if err != nil || len(patterns) != 1 || !dropped(patterns, name) || !dropped(patterns, name+"/below") || dropped(patterns, name+"x") {
			t.Errorf("%q: the line %q, the patterns %q, %v", name, ignoreLine(name), patterns, err)
		}
	})
}

// validName tells whether a file may be called like that.
func validName(name string) bool {
	if len(name) > 1000 || strings.ContainsRune(name, 0) {
		return false
	}
	return !slices.ContainsFunc(strings.Split(name, "/"), func(s string) bool { return s == "" || s == "." || s == ".." })
}

// TestSourceIgnore has the file of the Dockerfile in front of that of the context.
func TestSourceIgnore(t *testing.T) {
	root := write(t, t.TempDir(), "a/Dockerfile", "a/.dockerignore", "b/Dockerfile", "b/Dockerfile.dockerignore", "b/.dockerignore", "c/Dockerfile", "d/other")
	for _, tt := range []struct{ path, file, want string }{
		{"a", "", ".dockerignore"}, {"b", "", "Dockerfile.dockerignore"}, {"c", "", ""}, {"a", "b/Dockerfile", "Dockerfile.dockerignore"},
		{"b", "c/Dockerfile", ".dockerignore"}, {"b", "d/other", ".dockerignore"},
	} {
		file := tt.file
		if file != "" {
			file = root + "/" + file
		}
		in, err := Find(context.Background(), Request{Path: root + "/" + tt.path, File: file})
		if err != nil {
			t.Fatal(err)
		}
		g, err := in.Ignore()
		if err != nil || (g == nil) != (tt.want == "") || g != nil && g.Name != tt.want {
			t.Errorf("%s, %s: %+v, %v; want %q", tt.path, tt.file, g, err, tt.want)
		}
	}
}

// TestAttackIgnore has thousands of paths asked of a file of costly patterns, which are
// compiled once: each compiling takes some thousand allocations.
func TestAttackIgnore(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "%sb%d\n", strings.Repeat("*a", 30), i)
	}
	g, err := ParseIgnore(".dockerignore", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat("a", 30) + "b7"
	if line, _ := g.Line(name); line != 8 {
		t.Fatalf("line %d, want 8", line)
	}
	if n := testing.AllocsPerRun(5, func() { g.Line(name) }); n > 2000 {
		t.Errorf("a path takes %v allocations", n)
	}
}
