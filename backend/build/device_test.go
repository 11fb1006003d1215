package build

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/moby/buildkit/client"
)

// write has an output written as an exporter does, and takes it to its place.
func write(t *testing.T, dest, text string) {
	t.Helper()
	j := &job{}
	e, left, err := j.stream(client.ExportEntry{}, dest)
	if err != nil {
		t.Fatal(err)
	}
	w, err := e.Output(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if left != nil {
		if err := left.finish(t.Context(), j, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// A device or a pipe is written to, and stays what it is: as root, a file in the place of
// /dev/null breaks the machine. A link stays, too.
func TestSpecialOutputs(t *testing.T) {
	dir := t.TempDir()
	pipe, link, file := filepath.Join(dir, "pipe"), filepath.Join(dir, "link"), filepath.Join(dir, "file")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := (&job{}).stream(client.ExportEntry{}, pipe); err == nil {
		t.Error("a pipe that nobody reads is waited for, or replaced")
	}
	reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	write(t, pipe, "image")
	if data, err := io.ReadAll(reader); err != nil || string(data) != "image" {
		t.Errorf("%q comes out of the pipe, %v", data, err)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v now, %v", info, err)
	}

	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	write(t, file, "old")
	write(t, link, "new")
	if data, err := os.ReadFile(file); err != nil || string(data) != "new" {
		t.Errorf("the file behind the link has %q, %v", data, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v now, %v", info, err)
	}
}
