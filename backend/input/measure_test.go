package input

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// write makes files: "dir/" is a directory, "a -> b" a link, "a = b" a hard link;
// others hold their own names.
func write(t testing.TB, root string, names ...string) string {
	t.Helper()
	for _, name := range names {
		var err error
		link, target, isLink := strings.Cut(name, " -> ")
		hard, other, isHard := strings.Cut(name, " = ")
		full := filepath.Join(root, name)
		switch {
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(full, 0o777)
		case isLink:
			err = os.Symlink(target, filepath.Join(root, link))
		case isHard:
			err = os.Link(filepath.Join(root, other), filepath.Join(root, hard))
		default:
			if err = os.MkdirAll(filepath.Dir(full), 0o777); err == nil {
				err = os.WriteFile(full, []byte(name), 0o666)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// list writes an entry and what is below it, a line each: the path and the size of
// files.
func list(dir string, e *Entry) (out []string) {
	for i := range e.Entries {
		c := &e.Entries[i]
		name := path.Join(dir, c.Name)
		out = append(out, fmt.Sprintf("%s %d", name, fileSize(c.Type, c.Size)))
		out = append(out, list(name, c)...)
	}
	slices.Sort(out)
	return out
}

func fileSize(mode fs.FileMode, size int64) int64 {
	if !mode.IsRegular() {
		return 0
	}
	return size
}

// transferred is what BuildKit's client sends, written like list.
func transferred(t testing.TB, l Local) (out []string, err error) {
	t.Helper()
	files, err := fsutil.NewFS(l.Dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err = fsutil.NewFilterFS(files, &fsutil.FilterOpt{ExcludePatterns: l.Exclude, FollowPaths: l.Follow})
	if err != nil {
		return nil, err
	}
	err = fsutil.WithHardlinkReset(files).Walk(context.Background(), "/", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		size := fileSize(info.Mode(), info.Size())
		if info.Sys().(*types.Stat).Linkname != "" {
			size = 0 // a hard link, which is sent as one
		}
		out = append(out, fmt.Sprintf("%s %d", filepath.ToSlash(name), size))
		return nil
	})
	slices.Sort(out)
	return out, err
}

// agreeing compares Measure with BuildKit's client, and the sums with the parts.
func agreeing(t *testing.T, l Local) {
	t.Helper()
	want, wantErr := transferred(t, l)
	got, err := Measure(context.Background(), l, MeasureOptions{})
	if wantErr != nil || err != nil {
		if wantErr == nil {
			t.Errorf("%q %q: %v, BuildKit has no error", l.Exclude, l.Follow, err)
		}
		return // BuildKit finds bad patterns in more places
	}
	lines := list("", &got.Entry)
	if !slices.Equal(lines, want) {
		t.Errorf("%q %q:\n got %q\nwant %q", l.Exclude, l.Follow, lines, want)
	}
	if got.Dirs+got.Files != len(lines) {
		t.Errorf("%d directories and %d files in %d lines", got.Dirs, got.Files, len(lines))
	}
	if l.Follow == nil {
		complete(t, l, got)
	}
}

// complete holds what is sent and what is dropped against all that there is.
func complete(t *testing.T, l Local, sent *Size) {
	t.Helper()
	dropped, err := Measure(context.Background(), l, MeasureOptions{Dropped: true})
	if err != nil {
		t.Fatal(err)
	}
	all, err := Measure(context.Background(), Local{Dir: l.Dir}, MeasureOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if sent.Files+dropped.Files != all.Files {
		t.Errorf("%q: %d files sent, %d dropped, %d there", l.Exclude, sent.Files, dropped.Files, all.Files)
	}
	whole(t, l, sent, "", &dropped.Entry, false)
	blamed(t, &Ignore{Patterns: l.Exclude, Lines: make([]int, len(l.Exclude))}, sent, "", &all.Entry)
}

// blamed checks that a pattern is found for every file that is not sent.
func blamed(t *testing.T, g *Ignore, sent *Size, dir string, e *Entry) {
	for i := range e.Entries {
		c := &e.Entries[i]
		name := path.Join(dir, c.Name)
		_, pattern := g.Line(name)
		if !c.Type.IsDir() && (pattern == "") != (find(&sent.Entry, name) != nil) {
			t.Errorf("%q: %s is dropped by %q", g.Patterns, name, pattern)
		}
		blamed(t, g, sent, name, c)
	}
}

// whole checks that nothing of a wholly dropped directory is sent.
func whole(t *testing.T, l Local, sent *Size, dir string, e *Entry, inside bool) {
	for i := range e.Entries {
		c := &e.Entries[i]
		name := path.Join(dir, c.Name)
		if inside && !c.Whole {
			t.Errorf("%q: %s is in a dropped directory, and is not dropped", l.Exclude, name)
		}
		if c.Whole && find(&sent.Entry, name) != nil {
			t.Errorf("%q: %s is dropped and sent", l.Exclude, name)
		}
		whole(t, l, sent, name, c, c.Whole)
	}
}

func find(e *Entry, name string) *Entry {
	first, rest, more := strings.Cut(name, "/")
	for i := range e.Entries {
		if e.Entries[i].Name != first {
			continue
		}
		if more {
			return find(&e.Entries[i], rest)
		}
		return &e.Entries[i]
	}
	return nil
}

// sample has what patterns may stumble over.
func sample(t testing.TB) string {
	return write(t, t.TempDir(), "a", "b.log", "foo/a", "foo/bar/a", "foo/bar/b.log", "foo/bar/baz/keep", "foo/baz", "foobar/x",
		"empty/", "deep/empty/er/", ".git/HEAD", ".dockerignore", "Dockerfile", "a b/c", " lead", "trail ", "#hash", "!bang", "[x]/y",
		"x*y", `back\slash`, "q?", "{z}", "a+b.c", "c^d", "$e", "(f)", "été/ñ", "node_modules/m/index.js", "web/node_modules/n/index.js",
		"web/src/app.js", "link -> foo", "foo/up -> ../a", "abs -> /foo/bar", "loop -> loop", "cycle/", "cycle/one -> two", "cycle/two -> one",
		"gone -> nowhere", "out -> ../../etc/passwd", "hard1 = a", "zz = hard1", "foo/hard = a", "web/hard = foo/baz")
}

func TestIgnoreAgrees(t *testing.T) {
	root := sample(t)
	for _, text := range []string{
		"", "foo", "foo/", "/foo", "./foo", "foo/*", "foo/**", "**/a", "**", "*", "*.log", "**/*.log", "*/*", "*/*/a", "foo/bar\n!foo/bar/a",
		"foo\n!foo/bar", "foo\n!foo/bar/baz/keep", "foo\n!**/keep", "*\n!web/src", "*\n!foo\nfoo/bar", "**\n!*.log", "*\n!*/", "*\n!*/a",
		"# foo\nfoo #\n#hash", "/#hash", "  foo  ", "trail ", "trail[ ]", "[ ]lead", "?lead", "!foo", "!foo\nfoo", "foo\n!foo", `\!bang`, "!bang",
		`\[x\]`, `[[]x[]]`, "[x]", "[a-z]", "[^a-z]*", `x\*y`, "x*y", `back\\slash`, `back\slash`, "q?", "??", "{z}", "a+b.c", `c\^d`, "c^d", "$e", "(f)",
		"a b", "été", "?t?", "**/node_modules", "node_modules", "web/**/index.js", "**/**/a", "foo/**/keep", "**/bar/**", "../foo", "foo/../a",
		"foo/bar/../a", "foo//bar", ".", "..", "/", "empty", "deep/*/er", "deep\n!deep/empty", "link", "link/a", "*/node_modules/*\n!web/node_modules/n",
		"\ufefffoo", "foo\r\nb.log\r\n", `foo\bar`, `C:\foo`, "[", "a[", "[]a]", "[[:foo:]]", "!", "! foo", "foo\n!", "foo/[", "*\n!foo/[", "**[", `\`, "**/..", "*\n!foo/**\nfoo/bar/*",
	} {
		patterns, err := ignorefile.ReadAll(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		agreeing(t, Local{Dir: root, Exclude: patterns})
		agreeing(t, Local{Dir: root, Exclude: patterns, Follow: []string{"foo", "*.log", "link", "web/*"}})
	}
}

func TestFollowAgrees(t *testing.T) {
	root := sample(t)
	for _, paths := range [][]string{
		{}, {"."}, {"/"}, {"foo"}, {"/foo/bar"}, {"./foo/"}, {"foo", "foo/bar"}, {"nowhere"}, {"foo/*"}, {"*"}, {"*/a"}, {"*/*"}, {"f*", "nowhere/*"},
		{"link"}, {"link/a"}, {"link/*"}, {"abs"}, {"abs/baz"}, {"loop"}, {"loop/x"}, {"cycle/*"}, {"gone"}, {"out"}, {"*k/a"}, {"foo/up"},
		{"[x]"}, {`\[x\]/y`}, {"q?"}, {"a/b"}, {"a/*"}, {"../foo"}, {"!foo"}, {"foo", "!foo/bar"}, {"web/node_modules"}, {"**"}, {"**/a"}, {"empty"}, {"["},
	} {
		agreeing(t, Local{Dir: root, Follow: paths})
		agreeing(t, Local{Dir: root, Follow: paths, Exclude: []string{"**/node_modules", "foo/bar", "!foo/bar/a", "*.log"}})
	}
}

func FuzzIgnore(f *testing.F) {
	root := sample(f)
	for _, s := range [][2]string{{"foo\n!foo/bar", ""}, {"**/*.log\n!b.log", "foo\n*"}, {"*\n!*/[a-c]", "link/a"}, {`\*`, "!foo"}, {" # \n\t!x ", "."}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, ignore, follow string) {
		patterns, err := ignorefile.ReadAll(strings.NewReader(ignore))
		if err != nil || len(ignore) > 200 || len(follow) > 100 {
			return
		}
		l := Local{Dir: root, Exclude: patterns}
		if follow != "" && !strings.ContainsRune(follow, 0) {
			l.Follow = strings.Split(follow, "\n")
		}
		agreeing(t, l)
	})
}

func TestMeasureTypes(t *testing.T) {
	root := write(t, t.TempDir(), "file", "dir/")
	if err := os.Truncate(filepath.Join(root, "file"), 1<<40); err != nil {
		t.Skip(err) // the file system has no holes
	}
	socket, err := net.Listen("unix", filepath.Join(root, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	agreeing(t, Local{Dir: root})
	s, err := Measure(context.Background(), Local{Dir: root}, MeasureOptions{})
	if err != nil || s.Size != 1<<40 || s.Files != 3 || s.Dirs != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestMeasureRoot(t *testing.T) {
	root := write(t, t.TempDir(), "dir/a", "link -> dir", "file", "gone -> nowhere")
	for name, code := range map[string]string{"file": "not-a-directory", "nix": "no-such-file", "gone": "no-such-file"} {
		_, err := Measure(context.Background(), Local{Dir: filepath.Join(root, name)}, MeasureOptions{})
		if err == nil || diagnostic(t, err).Code != code {
			t.Errorf("%s: %v, want %s", name, err, code)
		}
	}
	s, err := Measure(context.Background(), Local{Dir: filepath.Join(root, "link")}, MeasureOptions{})
	if err != nil || s.Size != 5 || s.Name != "." {
		t.Errorf("a link: %+v, %v", s, err)
	}
}

func TestMeasureUnreadable(t *testing.T) {
	if os.Getuid() == 0 { // who reads everything
		cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$")
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("as nobody: %v\n%s", err, out)
		}
		return
	}
	root := write(t, t.TempDir(), "open/a", "closed/b", "ignored/c")
	for _, dir := range []string{"closed", "ignored"} {
		full := filepath.Join(root, dir)
		if err := os.Chmod(full, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(full, 0o700) })
	}
	s, err := Measure(context.Background(), Local{Dir: root, Exclude: []string{"ignored"}}, MeasureOptions{})
	if err != nil || s.Failed != 1 || len(s.Unread) != 1 || s.Unread[0].Path != "closed" || !errors.Is(s.Unread[0].Err, fs.ErrPermission) || s.Files != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	// An exception makes BuildKit look into the directory, but it may be closed.
	s, err = Measure(context.Background(), Local{Dir: root, Exclude: []string{"*", "!open", "!ignored/**/x"}}, MeasureOptions{})
	if err != nil || s.Failed != 0 || s.Files != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestMeasureBounds(t *testing.T) {
	root := project(t, 5000)
	s, err := Measure(context.Background(), Local{Dir: root}, MeasureOptions{Entries: 1000})
	if err != nil || !s.Partial || s.Files < 500 || s.Files > 2500 {
		t.Errorf("entries: %d files, partial %t, %v", s.Files, s.Partial, err)
	}
	s, err = Measure(context.Background(), Local{Dir: root}, MeasureOptions{Time: 1})
	if err != nil || !s.Partial {
		t.Errorf("time: %d files, partial %t, %v", s.Files, s.Partial, err)
	}
	s, err = Measure(context.Background(), Local{Dir: root}, MeasureOptions{Time: time.Minute, Entries: 1_000_000})
	if err != nil || s.Partial || s.Files != 5000 {
		t.Errorf("wide bounds: %d files, partial %t, %v", s.Files, s.Partial, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err = Measure(ctx, Local{Dir: root}, MeasureOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestMeasureBadPattern(t *testing.T) {
	root := sample(t)
	for _, l := range []Local{
		{Exclude: []string{"ok", "a["}}, {Exclude: []string{"!"}}, {Exclude: []string{"[[:foo:]]"}}, {Exclude: []string{"*", "![[:foo:]]"}}, {Follow: []string{"foo", "b["}},
	} {
		l.Dir = root
		_, err := Measure(context.Background(), l, MeasureOptions{})
		if err == nil || diagnostic(t, err).Code != "bad-pattern" {
			t.Errorf("%q %q: %v", l.Exclude, l.Follow, err)
		}
	}
}

// TestMeasureChanging has files come and go meanwhile.
func TestMeasureChanging(t *testing.T) {
	root := project(t, 500)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			dir := filepath.Join(root, "pkg0", fmt.Sprint("new", i%7))
			os.MkdirAll(filepath.Join(dir, "x/y"), 0o777)
			os.WriteFile(filepath.Join(dir, "x/y/z"), []byte("z"), 0o666)
			os.RemoveAll(dir)
			os.WriteFile(dir, nil, 0o666) // a file where a directory was
			os.Remove(dir)
		}
	}()
	for range 50 {
		s, err := Measure(context.Background(), Local{Dir: root, Exclude: []string{"**/q"}}, MeasureOptions{})
		if err != nil || s.Failed > 0 || s.Files < 500 || s.Files > 507 {
			t.Errorf("%d files, %d failed %v, %v", s.Files, s.Failed, s.Unread, err)
		}
	}
	close(stop)
	<-done
}

// project makes a directory with files in many directories, 50 in each.
func project(t testing.TB, files int) string {
	t.Helper()
	root := t.TempDir()
	for i := range files {
		dir := filepath.Join(root, fmt.Sprintf("pkg%d/node_modules/lib%d", i/1000, i%1000/50))
		if i%50 == 0 {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file%d.js", i)), []byte("hello"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// BenchmarkMeasure has fsutil's walk beside it, which is what sending costs before
// the first byte is sent.
func BenchmarkMeasure(b *testing.B) {
	usual := []string{"*.log", "**/*.tmp", ".git", "dist", "!dist/keep", "**/__pycache__", "docs/*.md", "README*", "**/.DS_Store", "test/**"}
	for _, n := range []int{1000, 100_000} {
		root := project(b, n)
		for _, patterns := range [][]string{nil, usual} {
			l := Local{Dir: root, Exclude: patterns}
			b.Run(fmt.Sprintf("files=%d/patterns=%d", n, len(patterns)), func(b *testing.B) {
				for b.Loop() {
					s, err := Measure(context.Background(), l, MeasureOptions{})
					if err != nil || s.Files != n {
						b.Fatal(s, err)
					}
				}
			})
			b.Run(fmt.Sprintf("files=%d/patterns=%d/fsutil", n, len(patterns)), func(b *testing.B) {
				for b.Loop() {
					if _, err := transferred(b, l); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
