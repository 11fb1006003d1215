package sandbox

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// devices are what programs expect to be there. /dev/zero is not among them: to map it is
// another way to shared memory (mem(4)).
var devices = [...]string{"/dev/null", "/dev/full", "/dev/random", "/dev/urandom"}

// rootSize bounds what the program writes to its own "/", which is memory.
const rootSize = "size=64m,nr_inodes=4096,mode=755"

// mount makes the file systems of the program, and goes there.
func (s *Spec) mount() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	if err := unix.Mount("tmpfs", s.Root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, rootSize); err != nil {
		return fmt.Errorf("mount an empty root: %w", err)
	}
	reads, err := needs(s.Program)
	if err != nil {
		return err
	}
	for _, path := range append(reads, s.Reads...) {
		if err := s.bind(path, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV); err != nil {
			return err
		}
	}
	for _, path := range devices {
		if err := s.bind(path, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(s.Root, Temp), 0o700); err != nil {
		return err
	}
	return s.pivot()
}

// bind shows a file or directory of the host at the same path of the new root. What is
// a symbolic link there is one here, too.
func (s *Spec) bind(path string, attributes uint64) error {
	target := filepath.Join(s.Root, path)
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(target); err == nil && info.Mode()&os.ModeSymlink != 0 {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		to, err := os.Readlink(path)
		if err != nil {
			return err
		}
		return os.Symlink(to, target)
	case info.IsDir():
		err = os.MkdirAll(target, 0o755)
	default:
		err = touch(target)
	}
	if err != nil {
		return err
	}
	if err := unix.Mount(path, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s: %w", path, err)
	}
	if err := unix.MountSetattr(unix.AT_FDCWD, target, unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: attributes}); err != nil {
		return fmt.Errorf("restrict %s: %w", path, err)
	}
	return nil
}

func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// pivot makes the new root "/", and drops the old one.
func (s *Spec) pivot() error {
	if err := unix.Chdir(s.Root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave the old root: %w", err)
	}
	return unix.Chdir(Temp)
}
