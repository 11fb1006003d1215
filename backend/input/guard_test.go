package input

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/lang/diag"
)

func diagnostic(t *testing.T, err error) diag.Diagnostic {
	t.Helper()
	var d diag.Diagnostic
	if !errors.As(err, &d) {
		t.Fatalf("not a diagnostic: %v", err)
	}
	return d
}

// sizes makes files of sizes; each item is like "dir/file=100".
func sizes(t testing.TB, root string, items ...string) string {
	t.Helper()
	for _, item := range items {
		name, size, _ := strings.Cut(item, "=")
		write(t, root, name)
		var n int64
		fmt.Sscan(size, &n)
		if err := os.Truncate(filepath.Join(root, name), n); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestOffenders(t *testing.T) {
	many := make([]string, 15)
	for i := range many {
		many[i] = fmt.Sprintf("d%02d/x=%d", i, 100+i)
	}
	tests := []struct {
		name   string
		files  []string
		follow []string
		want   string // size, path and, when it is another, line
	}{
		{"one file", []string{"big=100", "small=1"}, nil, "100 big, 1 small"},
		{"a directory of many", []string{"data/a=40", "data/b=40", "data/c=40"}, nil, "120 data"},
		{"most of a directory", []string{"a/b/c/big=100", "a/b/x=1", "a/y=2"}, nil, "100 a/b/c/big, 2 a/y, 1 a/b/x"},
		{"node_modules", []string{"web/node_modules/a/x=50", "web/node_modules/b/y=50", "web/src/app=7"}, nil, "100 web/node_modules, 7 web/src/app"},
		{"several of them", []string{"a/node_modules/x=50", "b/node_modules/node_modules/y=60", "b/z=1"}, nil, "110 **/node_modules, 1 b/z"},
		{"logs", []string{"a/x.log=5", "y.log=6", "src/main.go=1"}, nil, "11 **/*.log, 1 src/main.go"},
		{"one log", []string{"a/x.log=5", "src/main.go=1"}, nil, "5 a/x.log, 1 src/main.go"},
		{"a log in node_modules", []string{"node_modules/x.log=5", "y.log=1"}, nil, "5 node_modules, 1 y.log"},
		{"ten", many, nil, "114 d14/x, 113 d13/x, 112 d12/x, 111 d11/x, 110 d10/x, 109 d09/x, 108 d08/x, 107 d07/x, 106 d06/x, 105 d05/x"},
		{"empty", []string{"a=0", "target/b=0"}, nil, ""},
		{"names", []string{"a b=9", "#c=8", "!d=7", "[e]=6"}, nil, `9 a b, 8 #c /#c, 7 !d \!d, 6 [e] \[e\]`},
		{"a path of the Dockerfile", []string{"dist/a=5", "dist/b=5", "dist/c=5"}, []string{"dist"}, "5 dist/a, 5 dist/b, 5 dist/c"},
		{"a file of the Dockerfile", []string{"dist/a=5", "x.log=3"}, []string{"dist/a", "x.log"}, "5 dist/a -, 3 x.log -"},
		{"below a path of the Dockerfile", []string{"src/node_modules/a=5", "src/node_modules/b=5", "src/x=1"}, []string{"src"}, "10 src/node_modules, 1 src/x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := Local{Dir: sizes(t, t.TempDir(), tt.files...), Follow: tt.follow}
			s, err := Measure(context.Background(), l, MeasureOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range s.Offenders(10, tt.follow) {
				text := fmt.Sprintf("%d %s", o.Size, o.Path)
				if o.Ignore == "" {
					text += " -"
				} else if o.Ignore != o.Path {
					text += " " + o.Ignore
				}
				got = append(got, text)
				drops(t, l, s, o)
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), tt.want)
			}
		})
	}
}

// drops checks that the line takes away what it says.
func drops(t *testing.T, l Local, s *Size, o Offender) {
	t.Helper()
	if o.Ignore == "" {
		return
	}
	g, err := ParseIgnore("x", []byte(o.Ignore+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	l.Exclude = append(slices.Clone(l.Exclude), g.Patterns...)
	after, err := Measure(context.Background(), l, MeasureOptions{})
	if err != nil || s.Size-after.Size != o.Size || s.Files-after.Files != o.Files {
		t.Errorf("%q drops %d bytes in %d files, not %d in %d (%v)", o.Ignore, s.Size-after.Size, s.Files-after.Files, o.Size, o.Files, err)
	}
}

func TestGuard(t *testing.T) {
	home := sizes(t, t.TempDir(), "notes=10", "project/src/x=600", "project/.git/y=500")
	project := filepath.Join(home, "project")
	if err := os.Symlink(home, filepath.Join(project, "up")); err != nil {
		t.Fatal(err)
	}
	o := GuardOptions{Limit: 1000, Home: home}
	tests := []struct {
		name string
		l    Local
		o    GuardOptions
		code string
	}{
		{"large", Local{Dir: project}, o, "large-context"},
		{"at the limit", Local{Dir: project}, GuardOptions{Limit: 1100}, ""},
		{"no limit", Local{Dir: project}, GuardOptions{}, ""},
		{"ignored", Local{Dir: project, Exclude: []string{".git"}}, o, ""},
		{"only some of it", Local{Dir: project, Follow: []string{"src"}}, o, ""},
		{"home", Local{Dir: home}, GuardOptions{Home: home}, "unlikely-context"},
		{"home by a link", Local{Dir: filepath.Join(project, "up")}, GuardOptions{Limit: 10000, Home: home}, "unlikely-context"},
		{"home, ignored in part", Local{Dir: home, Exclude: []string{"project"}}, o, "unlikely-context"},
		{"home, but for what is named", Local{Dir: home, Exclude: []string{"*", "!notes"}}, o, ""},
		{"home, by path", Local{Dir: home, Follow: []string{"notes"}}, o, ""},
		{"home, too much of it by path", Local{Dir: home, Follow: []string{"project"}}, o, "large-context"},
		{"no directory", Local{}, o, ""},
		{"a file", Local{Dir: filepath.Join(home, "notes")}, o, "not-a-directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.l.Name = Context
			err := Guard(context.Background(), []Local{tt.l}, tt.o)
			if tt.code == "" {
				if err != nil {
					t.Error(err)
				}
			} else if err == nil || diagnostic(t, err).Code != tt.code {
				t.Errorf("%v, want %s", err, tt.code)
			}
		})
	}
}

func TestGuardMessage(t *testing.T) {
	dir := sizes(t, t.TempDir(), "web/node_modules/x=3000000", ".git/y=2000000", "src/main.go=100000", "src/small=100")
	d := diagnostic(t, Guard(context.Background(), []Local{{Name: Context, Dir: dir}}, GuardOptions{Limit: 4_000_000}))
	if want := "the build context " + dir + " is large: 5.1MB in 4 files; the limit is 4MB"; d.Message != want {
		t.Errorf("%s\nwant %s", d.Message, want)
	}
	if want := "     3MB  web/node_modules\n     2MB  .git\n   100kB  src/main.go\n"; len(d.Notes) != 1 || d.Notes[0].Text != want {
		t.Errorf("%+v\nwant %s", d.Notes, want)
	}
	d = diagnostic(t, Guard(context.Background(), []Local{{Name: "docs", Dir: dir}}, GuardOptions{Limit: 1, Home: dir}))
	if !strings.HasPrefix(d.Message, "the build context docs="+dir+" is your home directory, and the build reads all of it: 5.1MB in 4 files") {
		t.Error(d.Message)
	}
}

func TestKindOf(t *testing.T) {
	for dir, want := range map[string]string{
		"/": "the root of the file system", "/usr": "a system directory", "/usr/": "a system directory", "/etc": "a system directory", "/home": "a system directory",
		"/home/me": "a home directory", "/root": "a home directory", "/Users/me": "a home directory", "/usr/src/app": "", "/srv": "", "/home/me/app": "", "/app": "", "/opt/app": "",
	} {
		if got := kindOf(dir, ""); got != want {
			t.Errorf("%s is %q, want %q", dir, got, want)
		}
	}
}

// TestMeasureMachine measures all of a machine in a bounded time.
func TestMeasureMachine(t *testing.T) {
	begin := time.Now()
	s, err := Measure(context.Background(), Local{Dir: "/"}, MeasureOptions{Time: time.Second})
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("it took %v", took)
	}
	if err != nil || s.Files == 0 {
		t.Errorf("%v, %v", s, err)
	}
	if e := find(&s.Entry, "proc"); e != nil && e.Files > 0 {
		t.Errorf("%d files in /proc, whose sizes mean nothing", e.Files)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 files", 1: "1 file", 999: "999 files", 1000: "1,000 files", 1234567: "1,234,567 files"} {
		if got := count(n, "file"); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
