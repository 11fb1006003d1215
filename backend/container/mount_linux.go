package container

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// apart calls fn in a mount namespace of its own, which it shares with the processes that
// it starts. What it mounts is gone when they are.
func apart(fn func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			// The first thread stays, and its namespace is taken for that of the process.
			done <- apart(fn)
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

// adopt makes this process the parent of the processes that the runtime leaves.
func adopt() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl: %w", err)
	}
	return nil
}
