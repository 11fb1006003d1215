package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-e0495807/strake/backend/store"
)

// modeOf is the mode of a file or directory.
func modeOf(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// Other users of the machine reach no image, whatever the umask is. A store of an older
// version, which let them, is closed when it is opened, and its images stay.
func TestAttackOtherUsers(t *testing.T) {
	for _, mask := range []int{0o022, 0o000} {
		defer syscall.Umask(syscall.Umask(mask))
		home := filepath.Join(t.TempDir(), "strake")
		dir := filepath.Join(home, "store")
		s, err := store.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		put(t, s, manifest(t, s, "amd64", "mine"), "mine:1")
		s.Litter()
		err = filepath.WalkDir(home, func(name string, _ fs.DirEntry, err error) error {
			if err == nil && !strings.HasSuffix(name, ".lock") && modeOf(t, name)&0o077 != 0 {
				t.Errorf("umask %03o: others can reach %s: %v", mask, name, modeOf(t, name))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		sound(t, s)
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if r, err := s.Check(t.Context()); err != nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "other users can reach "+dir) {
			t.Errorf("fsck of an open store: %+v %v", r, err)
		}
		if s, err = store.Open(dir); err != nil || modeOf(t, dir) != 0o700 {
			t.Errorf("opened again: %v, %v", modeOf(t, dir), err)
		}
		if _, err := s.Find("mine:1"); err != nil {
			t.Error(err)
		}
		sound(t, s)
	}
}

// What is another user's is not changed, as that one may mean it for several; fsck reports it.
func TestAttackOthersStore(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("you are not root")
	}
	s := open(t)
	switch err := os.Chown(s.Dir(), 65534, 65534); {
	case errors.Is(err, syscall.EINVAL):
		t.Skip("there is no other user in this user namespace")
	case err != nil:
		t.Fatal(err)
	}
	if err := os.Chmod(s.Dir(), 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(s.Dir())
	if err != nil || modeOf(t, s.Dir()) != 0o755 {
		t.Fatalf("%v, %v", modeOf(t, s.Dir()), err)
	}
	if r, err := s.Check(t.Context()); err != nil || len(r.Problems) != 1 {
		t.Errorf("%+v %v", r, err)
	}
}
