package verify

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/lang/diag"
)

// TestSnapshot holds that a context which changes while builds run is found, but for what
// they do not get.
func TestSnapshot(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"":      func(string) error { return nil },
		"a":     func(dir string) error { return os.WriteFile(filepath.Join(dir, "a"), []byte("longer"), 0o644) },
		"d/b":   func(dir string) error { return os.Remove(filepath.Join(dir, "d", "b")) },
		"new":   func(dir string) error { return os.WriteFile(filepath.Join(dir, "new"), nil, 0o644) },
		"d/c":   func(dir string) error { return os.Chmod(filepath.Join(dir, "d", "c"), 0o600) },
		"d/c ":  func(dir string) error { return os.Chtimes(filepath.Join(dir, "d", "c"), time.Now(), time.Unix(1, 0)) },
		"d/c\t": func(dir string) error { return replace(filepath.Join(dir, "d", "c")) },
		" log":  func(dir string) error { return os.WriteFile(filepath.Join(dir, "x.log"), []byte("x"), 0o644) },
		" own":  func(dir string) error { return os.WriteFile(filepath.Join(dir, "own", "x"), []byte("x"), 0o644) },
	} {
		dir := t.TempDir()
		for file, text := range map[string]string{"Dockerfile": "FROM scratch\n", ".dockerignore": "*.log\n", "a": "a", "d/b": "b", "d/c": "c", "x.log": "", "own/y": ""} {
			at := filepath.Join(dir, file)
			if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, []byte(text), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		in, err := input.Find(t.Context(), input.Request{Path: dir})
		if err != nil {
			t.Fatal(err)
		}
		own := filepath.Join(dir, "own")
		s, err := take(t.Context(), in, own)
		if err != nil {
			t.Fatal(err)
		}
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		err = s.check(t.Context(), in, own)
		var d diag.Diagnostic
		if name == "" || name[0] == ' ' {
			if err != nil {
				t.Errorf("%q: %v", name, err)
			}
		} else if !errors.As(err, &d) || !strings.Contains(d.Message, filepath.Join(dir, strings.TrimSpace(name))+" has changed") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// replace puts another file in the place of one, which looks the same.
func replace(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(name+"~", []byte("z"), info.Mode()), os.Chtimes(name+"~", info.ModTime(), info.ModTime()), os.Rename(name+"~", name))
}
