package transfer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/lang/diag"
)

// tree makes files: a path with a slash at its end is a directory, a -> b a link, a = b another name
// for b, and a: text a file.
func tree(t *testing.T, entries ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, e := range entries {
		var err error
		if name, target, ok := strings.Cut(e, " -> "); ok {
			err = os.Symlink(target, filepath.Join(dir, name))
		} else if name, target, ok := strings.Cut(e, " = "); ok {
			err = os.Link(filepath.Join(dir, target), filepath.Join(dir, name))
		} else if name, text, ok := strings.Cut(e, ": "); ok {
			err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640)
		} else {
			err = os.MkdirAll(filepath.Join(dir, e), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// list is the tree in a directory, as tree takes it.
func list(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		switch {
		case err != nil || rel == ".":
			return err
		case d.IsDir():
			out = append(out, rel+"/")
		case d.Type() == fs.ModeSymlink:
			target, _ := os.Readlink(name)
			out = append(out, rel+" -> "+target)
		default:
			data, err := os.ReadFile(name)
			out = append(out, rel+": "+string(data))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func at(t *testing.T, root, path string) Place {
	t.Helper()
	f, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return Place{Root: f, Path: path, Name: path}
}

// TestCopy has the rules of docker cp, from its reference page: what the source is, what the
// destination is, and the slash and the dot at the end of each.
func TestCopy(t *testing.T) {
	from := []string{"f: new", "d/", "d/a: 1", "d/s/", "d/s/b: 2", "l -> f", "ld -> d", "abs -> /f", "bad -> nothing"}
	for _, c := range []struct {
		from, to string
		there    []string // at the destination before
		want     []string // after; nil for an error
		code     string
		follow   bool
	}{
		// a file
		{from: "f", to: "x", want: []string{"x: new"}},
		{from: "f", to: "x/", code: "copy-no-directory"},
		{from: "f", to: "x/y", code: "copy-no-directory"},
		{from: "f", to: "x", there: []string{"x: old"}, want: []string{"x: new"}},
		{from: "f", to: "x/", there: []string{"x: old"}, code: "copy-no-directory"},
		{from: "f", to: "x", there: []string{"x/"}, want: []string{"x/", "x/f: new"}},
		{from: "f", to: "x/", there: []string{"x/"}, want: []string{"x/", "x/f: new"}},
		{from: "f", to: "x/.", there: []string{"x/"}, want: []string{"x/", "x/f: new"}},
		{from: "f", to: "", want: []string{"f: new"}},
		{from: "f", to: "/", want: []string{"f: new"}},
		{from: "f", to: "x", there: []string{"x/", "x/f: old"}, want: []string{"x/", "x/f: new"}},
		{from: "f", to: "x", there: []string{"x/", "x/f/"}, code: "copy-directory"},
		{from: "f", to: "x", there: []string{"y: old", "x -> y"}, want: []string{"x -> y", "y: new"}},
		{from: "f", to: "x", there: []string{"y/", "x -> y"}, want: []string{"x -> y", "y/", "y/f: new"}},
		{from: "f", to: "x/y", there: []string{"z/", "x -> /z"}, want: []string{"x -> /z", "z/", "z/y: new"}},
		{from: "f/", to: "x", code: "copy-no-directory"},
		{from: "f/.", to: "x", code: "copy-no-directory"},
		{from: "nothing", to: "x", code: "copy-no-file"},
		// a directory
		{from: "d", to: "x", want: []string{"x/", "x/a: 1", "x/s/", "x/s/b: 2"}},
		{from: "d", to: "x/", want: []string{"x/", "x/a: 1", "x/s/", "x/s/b: 2"}},
		{from: "d/", to: "x", want: []string{"x/", "x/a: 1", "x/s/", "x/s/b: 2"}},
		{from: "d/.", to: "x", want: []string{"x/", "x/a: 1", "x/s/", "x/s/b: 2"}},
		{from: "d", to: "x/y", code: "copy-no-directory"},
		{from: "d", to: "x", there: []string{"x: old"}, code: "copy-directory"},
		{from: "d", to: "x", there: []string{"x/"}, want: []string{"x/", "x/d/", "x/d/a: 1", "x/d/s/", "x/d/s/b: 2"}},
		{from: "d/", to: "x", there: []string{"x/"}, want: []string{"x/", "x/d/", "x/d/a: 1", "x/d/s/", "x/d/s/b: 2"}},
		{from: "d/.", to: "x", there: []string{"x/", "x/c: 3"}, want: []string{"x/", "x/a: 1", "x/c: 3", "x/s/", "x/s/b: 2"}},
		{from: "d/.", to: "x/", there: []string{"x/", "x/s/", "x/s/b: old"}, want: []string{"x/", "x/a: 1", "x/s/", "x/s/b: 2"}},
		{from: "d/.", to: "x", there: []string{"x/", "x/s: old"}, code: "copy-directory"},
		{from: "d/s/../.", to: "x", there: []string{"x/"}, want: []string{"x/", "x/a: 1", "x/s/", "x/s/b: 2"}},
		// links
		{from: "l", to: "x", want: []string{"x -> f"}},
		{from: "l", to: "x", follow: true, want: []string{"x: new"}},
		{from: "l", to: "x", there: []string{"x/"}, follow: true, want: []string{"x/", "x/l: new"}},
		{from: "abs", to: "x", follow: true, want: []string{"x: new"}},
		{from: "bad", to: "x", want: []string{"x -> nothing"}},
		{from: "bad", to: "x", follow: true, code: "copy-no-file"},
		{from: "f", to: "x", there: []string{"x -> d/y", "d/"}, want: []string{"d/", "d/y: new", "x -> d/y"}},
		{from: "f", to: "x", there: []string{"x -> y"}, want: []string{"x -> y", "y: new"}},
		{from: "f", to: "x", there: []string{"x -> /nowhere/y"}, code: "copy-no-directory"},
		{from: "f", to: "x", there: []string{"x -> x"}, code: "copy-link"},
		{from: "ld", to: "x", want: []string{"x -> d"}},
		{from: "ld", to: "x", follow: true, want: []string{"x/", "x/a: 1", "x/s/", "x/s/b: 2"}},
		{from: "ld/", to: "x", want: []string{"x/", "x/a: 1", "x/s/", "x/s/b: 2"}},
		{from: "ld/.", to: "x", want: []string{"x/", "x/a: 1", "x/s/", "x/s/b: 2"}},
		{from: "ld/a", to: "x", want: []string{"x: 1"}},
	} {
		name := fmt.Sprintf("%s to %q where %v is, follow %v", c.from, c.to, c.there, c.follow)
		source, dest := tree(t, from...), tree(t, c.there...)
		err := Copy(at(t, source, c.from), at(t, dest, c.to), c.follow, Owned(os.Getuid(), os.Getgid()))
		var d diag.Diagnostic
		if errors.As(err, &d); d.Code != c.code || (err != nil) != (c.code != "") {
			t.Errorf("%s: %v, want %q", name, err, c.code)
			continue
		}
		want := c.want
		if c.code != "" {
			want = list(t, tree(t, c.there...))
		}
		if got := list(t, dest); !slices.Equal(got, want) && !(c.code == "copy-directory" && c.from == "d/.") {
			t.Errorf("%s:\n%q, want\n%q", name, got, want)
		}
	}
}

// TestMetadata holds that modes, times, links of all kinds and owners come along.
func TestMetadata(t *testing.T) {
	source := tree(t, "d/", "d/f: text", "d/g = d/f", "d/l -> /etc/passwd", "d/r/", "d/r/x: 1")
	when := time.Date(2020, 1, 2, 3, 4, 5, 678000, time.UTC)
	os.Chmod(filepath.Join(source, "d/f"), 0o4751)
	unix.Mkfifo(filepath.Join(source, "d/p"), 0o600)
	os.Chmod(filepath.Join(source, "d/r"), 0o500)
	for _, name := range []string{"d/f", "d/r", "d"} {
		if err := os.Chtimes(filepath.Join(source, name), when, when); err != nil {
			t.Fatal(err)
		}
	}
	root := os.Getuid() == 0
	if root {
		os.Lchown(filepath.Join(source, "d/f"), 12, 34)
		os.Chmod(filepath.Join(source, "d/f"), 0o4751|fs.ModeSetuid)
		os.Chtimes(filepath.Join(source, "d/f"), when, when)
	}
	for _, keep := range []bool{true, false} {
		dest, owner := t.TempDir(), Owned(os.Getuid(), os.Getgid())
		if keep {
			owner = Kept
		}
		if err := Copy(at(t, source, "d"), at(t, dest, "d"), false, owner); err != nil {
			t.Fatal(err)
		}
		var a, b, g unix.Stat_t
		unix.Lstat(filepath.Join(source, "d/f"), &a)
		unix.Lstat(filepath.Join(dest, "d/f"), &b)
		unix.Lstat(filepath.Join(dest, "d/g"), &g)
		if a.Mode != b.Mode || a.Mtim != b.Mtim || b.Ino != g.Ino {
			t.Errorf("%+v became %+v, and %+v", a, b, g)
		}
		if root && (b.Uid == 12 && b.Gid == 34) != keep {
			t.Errorf("with kept owners %v, they are %d and %d", keep, b.Uid, b.Gid)
		}
		for _, name := range []string{"d", "d/r"} {
			if info, err := os.Stat(filepath.Join(dest, name)); err != nil || !info.ModTime().Equal(when) || name == "d/r" && info.Mode().Perm() != 0o500 {
				t.Errorf("%s is %v, %v", name, info, err)
			}
		}
		if info, err := os.Lstat(filepath.Join(dest, "d/p")); err != nil || info.Mode().Type() != fs.ModeNamedPipe {
			t.Errorf("the pipe is %v, %v", info, err)
		}
	}
}

// TestAttackLinks has links and archives that lead out of a root.
func TestAttackLinks(t *testing.T) {
	outside := tree(t, "secret: host", "dir/", "dir/x: host")
	links := []string{"in/", "abs -> " + outside, "file -> " + outside + "/secret", "up -> ../../../../../../../../.." + outside,
		"in/abs -> " + outside + "/dir", "proc -> /proc/self/root", "loop -> loop"}
	// Out of the container: what the links name is looked for in it, and not there.
	for _, name := range []string{"abs/secret", "file", "file/.", "up/secret", "in/abs/x", "proc" + outside + "/secret", "../.." + outside + "/secret", "loop"} {
		var out bytes.Buffer
		err := Archive(&out, at(t, tree(t, links...), name), "", true)
		if err == nil || strings.Contains(out.String(), "host") {
			t.Errorf("%s is read: %v", name, err)
		}
	}
	// A link below what is copied comes along as one.
	dest := t.TempDir()
	if err := Copy(at(t, tree(t, links...), "in"), at(t, dest, "in"), true, Kept); err != nil {
		t.Error(err)
	} else if got := list(t, dest); !slices.Equal(got, []string{"in/", "in/abs -> " + outside + "/dir"}) {
		t.Errorf("copied %q", got)
	}
	// Into the container.
	for _, name := range []string{"abs", "abs/", "abs/x", "file", "up/x", "in/abs", "in/abs/x", "proc" + outside + "/x", "../.." + outside + "/x", "loop"} {
		root := tree(t, links...)
		Copy(at(t, tree(t, "x: evil"), "x"), at(t, root, name), false, Kept)
	}
	// Archives.
	for _, entries := range [][]tar.Header{
		{{Name: "../evil", Typeflag: tar.TypeReg, Mode: 0o644}},
		{{Name: "a/../../evil", Typeflag: tar.TypeReg, Mode: 0o644}},
		{{Name: outside + "/evil", Typeflag: tar.TypeReg, Mode: 0o644}}, // beneath the directory
		{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: outside}, {Name: "l/evil", Typeflag: tar.TypeReg, Mode: 0o644}},
		{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "../../.." + outside}, {Name: "l/evil", Typeflag: tar.TypeReg, Mode: 0o644}},
		{{Name: "abs/evil", Typeflag: tar.TypeReg, Mode: 0o644}},
		{{Name: "h", Typeflag: tar.TypeLink, Linkname: outside + "/secret"}, {Name: "h", Typeflag: tar.TypeReg, Mode: 0o666}},
		{{Name: "h", Typeflag: tar.TypeLink, Linkname: "../../.." + outside + "/secret"}},
		{{Name: "file", Typeflag: tar.TypeReg, Mode: 0o666}},
		{{Name: "x", Typeflag: tar.TypeReg, Mode: 0o644}, {Name: "x", Typeflag: tar.TypeSymlink, Linkname: outside + "/secret"}, {Name: "x", Typeflag: tar.TypeReg, Mode: 0o777}},
	} {
		var buf bytes.Buffer
		w := tar.NewWriter(&buf)
		for i := range entries {
			w.WriteHeader(&entries[i])
		}
		w.Close()
		root := tree(t, links...)
		Extract(&buf, at(t, root, "/"), Kept)
		if got := list(t, root); slices.Contains(got, "h: host") {
			t.Errorf("%v: a file of the host is in the container", entries)
		}
	}
	if got, want := list(t, outside), []string{"dir/", "dir/x: host", "secret: host"}; !slices.Equal(got, want) {
		t.Errorf("outside is %q now", got)
	}
	if info, err := os.Stat(filepath.Join(outside, "secret")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode outside is %v, %v", info.Mode(), err)
	}
}

// TestAttackRace changes a directory into a link out of the root, and back, while files are copied.
func TestAttackRace(t *testing.T) {
	outside, root := tree(t, "f: host"), tree(t, "d/", "d/f: text", "l/")
	os.Remove(filepath.Join(root, "l"))
	os.Symlink(outside, filepath.Join(root, "l"))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				unix.Renameat2(unix.AT_FDCWD, filepath.Join(root, "d"), unix.AT_FDCWD, filepath.Join(root, "l"), unix.RENAME_EXCHANGE)
			}
		}
	}()
	for range 500 {
		var out bytes.Buffer
		Archive(&out, at(t, root, "/"), "", false)
		Archive(&out, at(t, root, "d/f"), "", true)
		if strings.Contains(out.String(), "host") {
			t.Fatal("a file outside was read")
		}
		Copy(at(t, tree(t, "e: evil"), "e"), at(t, root, "d"), false, Kept)
	}
	close(stop)
	<-done
	if got := list(t, outside); !slices.Equal(got, []string{"f: host"}) {
		t.Errorf("outside is %q now", got)
	}
}

// TestCompressed takes a tar as gzip has it, out of a pipe.
func TestCompressed(t *testing.T) {
	source, dest := tree(t, "f: new"), t.TempDir()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		z := gzip.NewWriter(w)
		err := Archive(z, at(t, source, "f"), "", false)
		if err = errors.Join(err, z.Close(), w.Close()); err != nil {
			t.Error(err)
		}
	}()
	if err := Extract(r, at(t, dest, "/"), Owned(os.Getuid(), os.Getgid())); err != nil {
		t.Fatal(err)
	}
	if got := list(t, dest); !slices.Equal(got, []string{"f: new"}) {
		t.Errorf("%q", got)
	}
}

// TestWhole copies a whole root, without what the kernel shows in it.
func TestWhole(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may mount")
	}
	source, dest := tree(t, "f: new", "proc/", "dev/", "srv/", "srv/proc/"), t.TempDir()
	for _, name := range []string{"proc", "dev", "srv"} {
		if err := unix.Mount("tmpfs", filepath.Join(source, name), "tmpfs", 0, "size=1m"); errors.Is(err, unix.EPERM) {
			t.Skipf("this machine does not let root mount: %v", err)
		} else if err != nil {
			t.Fatal(err)
		}
		defer unix.Unmount(filepath.Join(source, name), unix.MNT_DETACH)
		if err := os.WriteFile(filepath.Join(source, name, "f"), []byte("mounted"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Copy(at(t, source, "/"), at(t, dest, "/"), false, Kept); err != nil {
		t.Fatal(err)
	}
	if got := list(t, dest); !slices.Equal(got, []string{"dev/", "f: new", "proc/", "srv/", "srv/f: mounted"}) {
		t.Errorf("%q", got)
	}
}

func TestNoTar(t *testing.T) {
	var d diag.Diagnostic
	err := Extract(strings.NewReader(strings.Repeat("no tar ", 200)), at(t, t.TempDir(), "/"), Kept)
	if !errors.As(err, &d) || d.Code != "copy-archive" {
		t.Errorf("%v", err)
	}
}
