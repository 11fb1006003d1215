package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Socket opens the socket that a program made in Temp of its full sandbox. It can be
// connected to by /proc/self/fd: whatever the program does to its name, it stays this one.
func (b *Box) Socket(address string) (*os.File, error) {
	root, err := unix.Open(fmt.Sprintf("/proc/%d/root", b.Process.Pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(root)
	name, err := filepath.Rel("/", filepath.Clean(address))
	if err != nil {
		return nil, err
	}
	fd, err := unix.Openat2(root, name, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS})
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), address)
	if info, err := f.Stat(); err != nil || info.Mode().Type() != os.ModeSocket {
		return nil, errors.Join(errors.New("it is none"), err, f.Close())
	}
	return f, nil
}
