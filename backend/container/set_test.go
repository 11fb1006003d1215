//go:build linux

package container

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func newContainer(t *testing.T, s *Set, name string) *Container {
	t.Helper()
	c, err := s.Create(t.Context(), Config{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Release)
	return c
}

func TestSet(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "containers"))
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Fatalf("a directory that is not there: %v, %v", list, err)
	}
	first := newContainer(t, s, "first")
	second := newContainer(t, s, "")
	if second.Name == "" || second.Hostname != second.ShortID() {
		t.Errorf("a container without a name is %+v", second.Config)
	}
	list, err := s.List()
	if err != nil || len(list) != 2 || list[0].ID != second.ID {
		t.Fatalf("List: %v, %v; want the newest first", list, err)
	}
	for _, name := range []string{"first", "/first", first.ID, first.ID[:20]} {
		if c, err := s.Find(name); err != nil || c.ID != first.ID || c.Status != Created {
			t.Errorf("Find(%s) = %+v, %v", name, c, err)
		}
	}
	for name, want := range map[string]string{
		"":      "no such container",
		"frist": "did you mean `first`?",
		"zzz":   "strake ps -a",
	} {
		_, err := s.Find(name)
		if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), want) && !strings.Contains(hint(err), want) {
			t.Errorf("Find(%q): %v, want %q", name, err, want)
		}
	}
	for name, want := range map[string]string{"first": "already in use", "-a": "invalid", "../x": "invalid"} {
		if _, err := s.Create(t.Context(), Config{Name: name}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Create(%q): %v, want %q", name, err, want)
		}
	}
}

func hint(err error) string {
	var d notFound
	if errors.As(err, &d) {
		return d.Hint
	}
	return ""
}

// TestDead has a process make a container and be killed.
func TestDead(t *testing.T) {
	dir := t.TempDir()
	if os.Getenv("STRAKE_TEST_DIR") != "" {
		if _, err := Open(os.Getenv("STRAKE_TEST_DIR")).Create(context.Background(), Config{Name: "left"}); err != nil {
			t.Fatal(err)
		}
		self, _ := os.FindProcess(os.Getpid())
		self.Kill()
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestDead$")
	cmd.Env = append(os.Environ(), "STRAKE_TEST_DIR="+dir)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("%v\n%s", err, out)
	}
	s := Open(dir)
	c, err := s.Find("left")
	if err != nil || c.Status != Dead {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := s.Remove(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 { // the lock
		t.Errorf("left: %v", entries)
	}
}

func TestRemove(t *testing.T) {
	s := Open(t.TempDir())
	c := newContainer(t, s, "one")
	seen, err := s.Find("one")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(t.Context(), seen); err == nil || !strings.Contains(err.Error(), "container one is created") {
		t.Errorf("a container that has a monitor was removed: %v", err)
	}
	if err := os.MkdirAll(c.path("upper", "locked", "dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(c.path("upper", "locked"), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.SetState(State{Status: Exited, ExitCode: 3}); err != nil {
		t.Fatal(err)
	}
	c.Release()
	if seen, err = s.Find("one"); err != nil || seen.Status != Exited || seen.ExitCode != 3 {
		t.Fatalf("%+v, %v", seen, err)
	}
	for range 2 { // the second one finds nothing
		if err := s.Remove(t.Context(), seen); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestDamaged(t *testing.T) {
	s := Open(t.TempDir())
	c := newContainer(t, s, "one")
	newContainer(t, s, "two")
	if err := os.WriteFile(c.path(configFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if list, err := s.List(); err != nil || len(list) != 2 {
		t.Errorf("one damaged container loses the list: %v, %v", list, err)
	}
	if _, err := s.Find(c.ID); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("%v", err)
	}
	if _, err := s.Find("two"); err != nil {
		t.Error(err)
	}
}

func TestAlive(t *testing.T) {
	me := self()
	if !me.Alive() {
		t.Error("this process is gone")
	}
	me.Start++
	if me.Alive() || (Process{}).Alive() {
		t.Error("another process is taken for this one")
	}
}

// TestLitter removes what was not made to the end, and nothing that is being made.
func TestLitter(t *testing.T) {
	s := Open(t.TempDir())
	old, now := filepath.Join(s.dir, unfinished+strings.Repeat("a", idDigits)), filepath.Join(s.dir, unfinished+strings.Repeat("b", idDigits))
	for _, dir := range []string{old, now} {
		if err := os.MkdirAll(filepath.Join(dir, "upper"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(s.dir)
	if err != nil || len(left) != 1 || left[0].Name() != filepath.Base(now) {
		t.Errorf("left: %v, %v", left, err)
	}
}
