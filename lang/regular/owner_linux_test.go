package regular

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// TestKeep has root replace a file of somebody else, and then somebody who may not give files away.
func TestKeep(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root makes files of others")
	}
	old := syscall.Umask(0o077) // the mode is that of the file, and not what a new one gets
	defer syscall.Umask(old)
	ways := map[string]func(t *testing.T, name string){
		"Create":     func(t *testing.T, name string) { put(t, Create, name, "new") },
		"CreateOver": func(t *testing.T, name string) { put(t, CreateOver, name, "new") },
		"Replace": func(t *testing.T, name string) {
			if err := Replace(filepath.Dir(name), name, "old", "new"); err != nil {
				t.Error(err)
			}
		},
	}
	for way, write := range ways {
		t.Run(way, func(t *testing.T) {
			name := theirs(t, 0o664)
			write(t, name)
			is(t, name, 1234, 1235, 0o664)
		})
	}
	t.Run("no longer root", func(t *testing.T) {
		name := theirs(t, 0o674)
		dir := filepath.Dir(name)
		if err := errors.Join(os.Chmod(dir, 0o777), os.Chmod(filepath.Dir(dir), 0o755)); err != nil {
			t.Fatal(err)
		}
		runtime.LockOSThread() // for good: the thread ends with the test
		syscall.RawSyscall(syscall.SYS_SETFSUID, 4321, 0, 0)
		put(t, Create, name, "new")
		syscall.RawSyscall(syscall.SYS_SETFSUID, 0, 0, 0)
		is(t, name, 4321, 0, 0o644) // the group may do what all others may
	})
}

// theirs is a file of another user.
func theirs(t *testing.T, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	put(t, Create, name, "old")
	if err := os.Chown(name, 1234, 1235); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

// is checks what became of a file.
func is(t *testing.T, name string, uid, gid uint32, mode os.FileMode) {
	t.Helper()
	has(t, name, "new")
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != uid || s.Gid != gid || info.Mode() != mode {
		t.Errorf("it is of %d:%d with %v, want %d:%d with %v", s.Uid, s.Gid, info.Mode(), uid, gid, mode)
	}
}
