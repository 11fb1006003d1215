//go:build linux

package engine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/moby/sys/mountinfo"
)

// isolate makes the file systems of the new namespaces: /proc shows their processes,
// and what the runtime notes of its containers goes when they go. Mounts of the
// machine still appear inside, but none gets out.
func (s *supervisor) isolate() error {
	if !s.Rootless {
		if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SLAVE, ""); err != nil {
			return fmt.Errorf("make the mounts private: %w", err)
		}
		if err := syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
			return fmt.Errorf("mount /proc: %w", err)
		}
	}
	dir := s.runtimeDir()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=700"); err != nil {
		return fmt.Errorf("mount %s: %w", dir, err)
	}
	return nil
}

// runtimeDir is where runc and crun note what containers there are. Only without
// privileges do they look at XDG_RUNTIME_DIR.
func (s *supervisor) runtimeDir() string {
	if s.Rootless {
		return filepath.Join(s.Run, "runtime")
	}
	return filepath.Join("/run", filepath.Base(s.Runtime))
}

// sweepCgroups removes the cgroups that the engine has made. Those that processes
// are in stay.
func (s *supervisor) sweepCgroups() {
	mounts, err := mountinfo.GetMounts(mountinfo.FSTypeFilter("cgroup", "cgroup2"))
	if err != nil || s.Rootless {
		return
	}
	for _, m := range mounts {
		var dirs []string
		filepath.WalkDir(filepath.Join(m.Mountpoint, s.cgroup()), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			return nil
		})
		for _, dir := range slices.Backward(dirs) { // the inner ones first
			os.Remove(dir)
		}
	}
}

// procMasked tells whether parts of /proc are hidden, as container engines do. The
// kernel then lets nobody in a user namespace mount another one, and so there can be
// no process namespaces.
func procMasked() bool {
	mounts, err := mountinfo.GetMounts(mountinfo.PrefixFilter("/proc"))
	return err == nil && slices.ContainsFunc(mounts, func(m *mountinfo.Info) bool {
		return strings.HasPrefix(m.Mountpoint, "/proc/") && !strings.HasPrefix(m.Mountpoint, "/proc/sys/fs/")
	})
}
