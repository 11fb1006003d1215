//go:build unix

package regular

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// soon fails the test when a call does not come back.
func soon(t *testing.T, what string, call func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); call() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatalf("%s waits", what)
	}
}

// TestAttackKinds puts everything that is no file where one is read.
func TestAttackKinds(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(syscall.Mkfifo(at("pipe"), 0o600))
	must(os.Symlink("/dev/zero", at("zero")))
	must(os.Symlink("pipe", at("to-pipe")))
	must(os.Symlink("loop", at("loop")))
	must(os.Symlink("/dev/stdin", at("stdin")))
	must(os.Mkdir(at("directory"), 0o700))
	l, err := net.Listen("unix", at("socket"))
	must(err)
	defer l.Close()
	for _, name := range []string{"pipe", "zero", "to-pipe", "loop", "directory", "socket"} {
		t.Run(name, func(t *testing.T) {
			soon(t, "Read", func() {
				_, err := Read(at(name), 100)
				if err == nil || name != "loop" && !errors.Is(err, ErrKind) {
					t.Errorf("Read: %v", err)
				}
				var path *fs.PathError
				if !errors.As(err, &path) {
					t.Errorf("Read: %T", err)
				}
			})
			soon(t, "ReadIn", func() {
				if _, err := ReadIn(dir, name, 100); err == nil {
					t.Error("ReadIn reads it")
				}
			})
			soon(t, "OpenRoot", func() {
				if root, err := OpenRoot(at(name)); (err == nil) != (name == "directory") {
					t.Errorf("OpenRoot: %v", err)
				} else if err == nil {
					root.Close()
				}
			})
		})
	}
}

// TestAttackSwap changes a file into a pipe and back while it is opened.
func TestAttackSwap(t *testing.T) {
	dir := t.TempDir()
	name, file, pipe := filepath.Join(dir, "f"), filepath.Join(dir, "file"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.WriteFile(file, []byte("x"), 0o600), syscall.Mkfifo(pipe, 0o600), os.Symlink("file", name)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	swapped := make(chan struct{})
	go func() {
		defer close(swapped)
		for i := 0; ctx.Err() == nil; i++ {
			next := name + ".next"
			_ = os.Symlink([]string{"file", "pipe"}[i%2], next)
			_ = os.Rename(next, name)
		}
	}()
	soon(t, "Read", func() {
		for range 5000 {
			if data, err := Read(name, 10); err == nil && string(data) != "x" || err != nil && !errors.Is(err, ErrKind) {
				t.Errorf("%q, %v", data, err)
			}
		}
	})
	stop()
	<-swapped
}

// TestAttackOutside has links that lead out of a directory.
func TestAttackOutside(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "in")
	err := errors.Join(os.MkdirAll(filepath.Join(dir, "sub"), 0o700),
		os.WriteFile(filepath.Join(top, "secret"), []byte("secret"), 0o600),
		os.WriteFile(filepath.Join(dir, "file"), []byte("mine"), 0o600),
		os.Symlink("../secret", filepath.Join(dir, "up")),
		os.Symlink(filepath.Join(top, "secret"), filepath.Join(dir, "absolute")),
		os.Symlink("..", filepath.Join(dir, "folder")),
		os.Symlink("../file", filepath.Join(dir, "sub", "inside")))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"up", "absolute", "folder/secret", "../secret", filepath.Join(top, "secret")} {
		if data, err := ReadIn(dir, name, 100); err == nil {
			t.Errorf("%s: %q", name, data)
		}
	}
	if data, err := ReadIn(dir, "sub/inside", 100); string(data) != "mine" {
		t.Errorf("a link that stays inside: %q, %v", data, err)
	}
}

func TestReadLimit(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := Read(name, 5); string(data) != "12345" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if data, err := Read(name, 4); data != nil || !errors.Is(err, ErrSize) || !strings.Contains(err.Error(), "more than 4 bytes") {
		t.Errorf("%q, %v", data, err)
	}
	if err := os.Truncate(name, 1<<40); err != nil { // with a hole
		t.Fatal(err)
	}
	if _, err := Read(name, 1<<20); !errors.Is(err, ErrSize) {
		t.Error(err)
	}
}

func TestStream(t *testing.T) {
	// Each has a pipe of its own: the one that gave up may still take the writer of the other.
	silent, pipe := filepath.Join(t.TempDir(), "pipe"), filepath.Join(t.TempDir(), "pipe")
	for _, name := range []string{silent, pipe} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stop()
	soon(t, "Stream without a writer", func() {
		if _, err := Stream(ctx, silent); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	soon(t, "Stream with a writer", func() {
		go func() { _ = os.WriteFile(pipe, []byte("text"), 0) }()
		f, err := Stream(context.Background(), pipe)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		if data, err := io.ReadAll(f); string(data) != "text" {
			t.Errorf("%q, %v", data, err)
		}
	})
}
