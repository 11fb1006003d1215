//go:build unix

package regular

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// put writes a file whole.
func put(t *testing.T, create func(string) (*Pending, error), name, text string) {
	t.Helper()
	f, err := create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
}

func kindOf(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Type()
}

func has(t *testing.T, name, want string) {
	t.Helper()
	if data, err := os.ReadFile(name); err != nil || string(data) != want {
		t.Errorf("%s has %q, not %q; %v", filepath.Base(name), data, want, err)
	}
}

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	put(t, Create, file, "old")
	if err := errors.Join(os.Chmod(file, 0o640), os.Symlink("file", link)); err != nil {
		t.Fatal(err)
	}

	f, err := Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "half"); err != nil {
		t.Fatal(err)
	}
	has(t, file, "old") // it is not whole yet
	f.Abandon()
	has(t, file, "old")

	put(t, Create, link, "new")
	has(t, file, "new")
	if kindOf(t, link) != fs.ModeSymlink {
		t.Error("the user's link is gone")
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o640 {
		t.Errorf("the file has another mode: %v, %v", info.Mode(), err)
	}

	put(t, CreateOver, link, "own")
	has(t, file, "new")
	has(t, link, "own")
	if kindOf(t, link) != 0 {
		t.Error("a link that is not the user's is followed")
	}

	if _, err := Create(dir); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("a directory: %v", err)
	}
	var at *fs.PathError
	if _, err := Create(filepath.Join(file, "x")); !errors.As(err, &at) || at.Path != filepath.Join(file, "x") || !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("below a file: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("it leaves %q, %v", left, err)
	}
}

// A device or a pipe is written to, and stays what it is: as root, a file in the place of
// /dev/null breaks the machine.
func TestAttackReplace(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	put(t, Create, pipe, "image")
	if data, err := io.ReadAll(reader); err != nil || string(data) != "image" {
		t.Errorf("%q comes out of the pipe, %v", data, err)
	}
	if kindOf(t, pipe) != fs.ModeNamedPipe {
		t.Error("a file is in the place of the pipe")
	}
	put(t, Create, os.DevNull, "x")
	if kindOf(t, os.DevNull)&fs.ModeDevice == 0 {
		t.Error("a file is in the place of the device")
	}
}
