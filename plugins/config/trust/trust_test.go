package trust

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/internal/sums"
)

func newStore(t *testing.T) *Store {
	dir := t.TempDir()
	return &Store{Config: filepath.Join(dir, "config"), Cache: filepath.Join(dir, "cache")}
}

func write(t *testing.T, mode fs.FileMode, data string, path ...string) string {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func pin(t *testing.T, s *Store, src Source) *Program {
	t.Helper()
	p, err := s.Pin(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func content(t *testing.T, p *Program) string {
	t.Helper()
	data, err := os.ReadFile(p.Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPin(t *testing.T) {
	s, dir := newStore(t), t.TempDir()
	tool := write(t, 0o755, "one", dir, "tool")
	first := pin(t, s, Source{Path: tool})
	if want := "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"; first.Digest != want {
		t.Errorf("the digest is %s", first.Digest)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(tool, link); err != nil {
		t.Fatal(err)
	}
	if again := pin(t, s, Source{Path: link}); !reflect.DeepEqual(again, first) {
		t.Errorf("by a link: %+v", again)
	}
	write(t, 0o755, "two", dir, "tool")
	second := pin(t, s, Source{Path: tool})
	if second.Digest == first.Digest || content(t, second) != "two" || content(t, first) != "one" {
		t.Errorf("a change is not seen, or changes the copy: %+v", second)
	}
	if info, err := os.Stat(second.Path); err != nil || info.Mode().Perm() != 0o500 {
		t.Error(info.Mode(), err)
	}
}

// TestSeen holds that a program is read once, and again when it changes.
func TestSeen(t *testing.T) {
	s, dir := newStore(t), t.TempDir()
	tool := write(t, 0o755, "one", dir, "tool")
	time.Sleep(2100 * time.Millisecond) // until its stamp counts
	first := pin(t, s, Source{Path: tool})
	f, err := os.Open(tool)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := s.recall(tool, sums.Stamp(f), f); !reflect.DeepEqual(got, first) && sums.Stamp(f) != "" {
		t.Errorf("recalled %+v", got)
	}
	mtime := must(f.Stat()).ModTime()
	write(t, 0o755, "TWO", dir, "tool") // the same size,
	if err := os.Chtimes(tool, mtime, mtime); err != nil {
		t.Fatal(err) // and the same time
	}
	if p := pin(t, s, Source{Path: tool}); content(t, p) != "TWO" {
		t.Error("a change is not seen")
	}
}

func must[T any](v T, _ error) T { return v }

// TestDamaged holds that a copy which is not what it should be is replaced.
func TestDamaged(t *testing.T) {
	s, dir := newStore(t), t.TempDir()
	src := Source{Path: write(t, 0o755, "one", dir, "tool"), Root: dir, Files: []string{"lib"}}
	write(t, 0o644, "x", dir, "lib", "x")
	p := pin(t, s, src)
	for _, damage := range []func() error{
		func() error { return os.WriteFile(p.Path, []byte("evil"), 0o500) },
		func() error { return os.WriteFile(filepath.Join(p.Dir, "more"), nil, 0o500) },
		func() error { return os.Remove(filepath.Join(p.Dir, "lib", "x")) },
	} {
		os.Chmod(p.Path, 0o700)
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		again := pin(t, s, src)
		entries, err := os.ReadDir(p.Dir)
		if !reflect.DeepEqual(again, p) || content(t, again) != "one" || len(entries) != 2 || err != nil {
			t.Error(again, entries, err)
		}
	}
}

// TestTree holds what the digest of a program with arguments or files covers.
func TestTree(t *testing.T) {
	s, dir := newStore(t), t.TempDir()
	tool := write(t, 0o755, "one", dir, "bin", "tool")
	write(t, 0o644, "a", dir, "lib", "a.js")
	write(t, 0o755, "b", dir, "lib", "deep", "b.js")
	write(t, 0o644, "c", dir, "other")
	seen := map[string]string{}
	add := func(what string, src Source) *Program {
		src.Path, src.Root = tool, dir
		p := pin(t, s, src)
		if other := seen[p.Digest]; other != "" {
			t.Errorf("%s has the digest of %s", what, other)
		}
		seen[p.Digest] = what
		return p
	}
	add("alone", Source{})
	add("an argument", Source{Args: []string{"-x"}})
	add("two arguments", Source{Args: []string{"-x", "-y"}})
	add("one argument with a blank", Source{Args: []string{"-x -y"}})
	p := add("files", Source{Files: []string{"lib/"}})
	add("more files", Source{Files: []string{"lib", "other"}})
	if rel, _ := filepath.Rel(p.Dir, p.Path); rel != filepath.Join("bin", "tool") {
		t.Errorf("the program is at %s", rel)
	}
	write(t, 0o644, "b2", dir, "lib", "deep", "b.js")
	add("another file", Source{Files: []string{"lib"}})
	if err := os.Rename(filepath.Join(dir, "lib", "a.js"), filepath.Join(dir, "lib", "c.js")); err != nil {
		t.Fatal(err)
	}
	add("another name", Source{Files: []string{"lib"}})
}

func TestPinFaults(t *testing.T) {
	s, dir := newStore(t), t.TempDir()
	tool := write(t, 0o755, "one", dir, "tool")
	outside := write(t, 0o644, "secret", t.TempDir(), "secret")
	for link, to := range map[string]string{"out/link": outside, "up/link": "../../../etc/passwd", "loop/link": "../loop"} {
		os.MkdirAll(filepath.Join(dir, filepath.Dir(link)), 0o755)
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, path, file, want string
	}{
		{"missing", dir + "/none", "", "no such file"},
		{"a directory", dir, "", "not a regular file"},
		{"a device", os.DevNull, "", "not a regular file"},
		{"a missing file", tool, "none", "no such file"},
		{"a link out", tool, "out", "path escapes"},
		{"a link up", tool, "up", "path escapes"},
		{"a link round", tool, "loop", "it is a directory"},
		{"a path up", tool, "../x", "path escapes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := Source{Path: c.path, Root: dir}
			if c.file != "" {
				src.Files = []string{c.file}
			}
			_, err := s.Pin(context.Background(), src)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v", err)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Pin(ctx, Source{Path: tool}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(s.Cache, "new-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
	if err := os.Chmod(s.Cache, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pin(context.Background(), Source{Path: tool}); err == nil || !strings.Contains(err.Error(), "others may write") {
		t.Errorf("a directory of everybody's: %v", err)
	}
}

// TestPinRace holds that what is pinned is always one of the versions, whole, and under
// its own digest.
func TestPinRace(t *testing.T) {
	s, dir := newStore(t), t.TempDir()
	versions := []string{strings.Repeat("a", 100_000), strings.Repeat("b", 100_000)}
	tool := write(t, 0o755, versions[0], dir, "tool")
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				p, err := s.Pin(context.Background(), Source{Path: tool})
				if err != nil {
					t.Error(err)
					return
				}
				if sum, err := sums.Notes("").Of(p.Path); err != nil || "sha256:"+sum != p.Digest {
					t.Error("a copy is not what its name says", err)
				}
			}
		})
	}
	go func() {
		defer close(done)
		wg.Wait()
	}()
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
			temp := write(t, 0o755, versions[i%2], dir, "temp")
			if err := os.Rename(temp, tool); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAllow(t *testing.T) {
	s := newStore(t)
	digest := "sha256:" + strings.Repeat("a", 64)
	check := func(want string, grants ...plugins.Grant) {
		t.Helper()
		got := ""
		if _, err := s.Check("acme", digest, grants, "/repo"); err != nil {
			got = err.Error()
			got, _, _ = strings.Cut(got, ";")
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	check("you have not allowed the plugin acme to run")
	if err := s.Allow(Allowed{Digest: digest, Name: "acme", Grants: []plugins.Grant{plugins.GrantContext}}); err != nil {
		t.Fatal(err)
	}
	check("")
	check("", plugins.GrantContext)
	check("you have allowed the plugin acme, but without the grant network", plugins.GrantContext, plugins.GrantNetwork)
	if err := s.Revoke(digest); err != nil {
		t.Fatal(err)
	}
	check("you have not allowed the plugin acme to run")
	s.Given = must(ParseGiven(" " + digest + ", "))
	check("", plugins.GrantNetwork)
	s.Given = must(ParseGiven("sha256:" + strings.Repeat("b", 64)))
	check("you have not allowed the plugin acme to run")
	s.Given = must(ParseGiven("locked"))
	check("")
	for _, bad := range []string{"all", "*", "1", "true", "sha256:x", digest + "0"} {
		if _, err := ParseGiven(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// TestAllowList holds when the list is not trusted.
func TestAllowList(t *testing.T) {
	s := newStore(t)
	digest := "sha256:" + strings.Repeat("a", 64)
	if err := s.Allow(Allowed{Digest: digest, Name: "acme", Grants: nil}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(s.Config, "allowed.json")
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	code := func(root string) string {
		var d diag.Diagnostic
		if _, err := s.Check("acme", digest, nil, root); errors.As(err, &d) {
			return d.Code
		}
		return ""
	}
	if got := code(filepath.Dir(s.Config)); got != "allow-list" {
		t.Errorf("inside of the repository: %q", got)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Dir(s.Config), link); err != nil {
		t.Fatal(err)
	}
	if got := code(link); got != "allow-list" {
		t.Errorf("inside of the repository, by a link: %q", got)
	}
	for _, mode := range []fs.FileMode{0o620, 0o602} {
		os.Chmod(name, mode)
		if got := code("/repo"); got != "allow-list" {
			t.Errorf("mode %o: %q", mode, got)
		}
	}
	os.Chmod(name, 0o600)
	if got := code("/repo"); got != "" {
		t.Errorf("afterwards: %q", got)
	}
	for _, text := range []string{"", "{", `{"version": 2}`} {
		write(t, 0o600, text, name)
		if got := code("/repo"); got != "allow-list" {
			t.Errorf("%q: %q", text, got)
		}
		if err := s.Allow(Allowed{Digest: digest, Name: "acme", Grants: nil}); err == nil {
			t.Errorf("%q is written over", text)
		}
	}
}

// TestAttackAllowList holds that a list is not read when others could have put it there: who
// can write to a directory above it can, whatever the mode of the list.
func TestAttackAllowList(t *testing.T) {
	top := t.TempDir()
	s := &Store{Config: filepath.Join(top, "a", "config", "strake"), Cache: t.TempDir()}
	a := Allowed{Digest: "sha256:" + strings.Repeat("a", 64), Name: "acme"}
	if err := s.Allow(a); err != nil {
		t.Fatal(err)
	}
	link := &Store{Config: filepath.Join(t.TempDir(), "link"), Cache: s.Cache}
	if err := os.Symlink(s.Config, link.Config); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{s.Config, filepath.Dir(s.Config), filepath.Join(top, "a")} {
		for _, mode := range []fs.FileMode{0o777, 0o770, 0o702} {
			os.Chmod(dir, mode)
			for _, s := range []*Store{s, link} {
				_, checked := s.Check("acme", a.Digest, nil, "/repo")
				for what, err := range map[string]error{"check": checked, "allow": s.Allow(a), "revoke": s.Revoke(a.Digest)} {
					var d diag.Diagnostic
					if !errors.As(err, &d) || d.Code != "allow-list" || !strings.Contains(d.Message, "may write to the directory "+dir+" ") || !strings.Contains(d.Hint, "chmod go-w "+dir) {
						t.Errorf("%s with mode %o of %s: %v", what, mode, dir, err)
					}
				}
			}
			os.Chmod(dir, 0o700)
		}
		os.Chmod(dir, 0o777|fs.ModeSticky)
		if _, err := s.Check("acme", a.Digest, nil, "/repo"); err != nil {
			t.Errorf("a sticky %s: %v", dir, err)
		}
		os.Chmod(dir, 0o700)
	}
	if os.Geteuid() == 0 && os.Chown(filepath.Dir(s.Config), 4711, 4711) == nil { // a user namespace may not have that user
		if _, err := s.Check("acme", a.Digest, nil, "/repo"); err == nil || !strings.Contains(err.Error(), "belongs to user 4711") {
			t.Errorf("of another user: %v", err)
		}
		os.Chown(filepath.Dir(s.Config), 0, 0)
	}
	for _, s := range []*Store{s, link} {
		if _, err := s.Check("acme", a.Digest, nil, "/repo"); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
}

// TestAllowTogether holds that changes at one time are not lost.
func TestAllowTogether(t *testing.T) {
	s := newStore(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := s.Allow(Allowed{Digest: fmt.Sprintf("sha256:%064d", i), Name: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if list, err := s.List(""); len(list) != 20 || err != nil {
		t.Error(len(list), err)
	}
}

// TestLock holds that a lock comes back as it was, every field of Info with it, and
// always is the same bytes.
func TestLock(t *testing.T) {
	var info plugins.Info
	fill(reflect.ValueOf(&info).Elem())
	info.Schema = json.RawMessage(`{"type":"object"}`)
	lock := &Lock{map[string]Locked{
		"b": {"./b", map[string]string{"linux/amd64": "sha256:" + strings.Repeat("a", 64), "linux/arm64": "tree-sha256:" + strings.Repeat("b", 64)}, info},
		"a": {"command:a", map[string]string{}, plugins.Info{Name: "a"}},
	}}
	name := filepath.Join(t.TempDir(), "strake.lock")
	if err := lock.Write(name); err != nil {
		t.Fatal(err)
	}
	got, err := ReadLock(name)
	if err != nil {
		t.Fatal(err)
	}
	first := must(os.ReadFile(name))
	for name, p := range got.Plugins {
		if !SameInfo(p.Info, lock.Plugins[name].Info) {
			t.Errorf("%s is not the same", name)
		}
		if len(p.Info.Schema) > 0 {
			p.Info.Schema = lock.Plugins[name].Info.Schema // its blanks are not kept
		}
		got.Plugins[name] = p
	}
	if diff := cmp.Diff(lock, got); diff != "" {
		t.Error(diff)
	}
	if err := got.Write(name); err != nil || string(must(os.ReadFile(name))) != string(first) {
		t.Error("the second time it is other bytes", err)
	}
}

// fill sets every field to something that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(3)
	case reflect.Uint8:
		v.SetUint(2)
	}
}

func TestLockFaults(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ text, want string }{
		{"", "is damaged"},
		{"<<<<<<< ours\n", "is damaged"},
		{`{"version": 3, "plugins": []}`, "has version 3"},
		{`{"version": 1, "plugins": {"a": {"digests": {"x": "sha256:../../etc"}}}}`, "the digest of a for x is none"},
		{`{"version": 1, "plugins": {"a": 1}}`, "is damaged"},
	} {
		name := write(t, 0o644, c.text, dir, "strake.lock")
		if _, err := ReadLock(name); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
	if l, err := ReadLock(filepath.Join(dir, "none")); err != nil || len(l.Plugins) != 0 {
		t.Error(l, err)
	}
	if err := (&Lock{}).Write(filepath.Join(dir, "none", "strake.lock")); err == nil {
		t.Error("no error of a directory that is not there")
	}
}
