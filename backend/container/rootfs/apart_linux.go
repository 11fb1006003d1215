package rootfs

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Apart calls fn in a mount namespace of its own, which it shares with the processes that it starts.
// What it mounts is gone when they are; and who has entered no more than the user namespace of a
// container may not mount anything elsewhere.
func Apart(fn func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			// The first thread stays, and its namespace is taken for that of the process.
			done <- Apart(fn)
			runtime.UnlockOSThread()
			return
		}
		err := unix.Unshare(unix.CLONE_NEWNS)
		if err == nil {
			err = unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, "")
		}
		if err != nil {
			done <- fail("no-namespaces", "in a container: run it with --privileged", "cannot make a mount namespace: %v", err)
			return
		}
		done <- fn()
	}()
	return <-done
}
