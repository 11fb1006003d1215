package container

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Clean ends what is left of a container whose monitor was killed, and notes its end.
func (r *Runner) Clean(ctx context.Context, c *Container) error {
	unlock, err := c.Lock(ctx)
	if err != nil {
		if c.Gone() {
			return nil
		}
		return err
	}
	err = r.clean(ctx, c)
	unlock()
	if err == nil && c.Remove {
		err = r.Set.Remove(ctx, c)
	}
	return err
}

func (r *Runner) clean(ctx context.Context, c *Container) error {
	if err := c.Refresh(); err != nil || c.Status != Dead {
		return err // somebody else was here
	}
	state := c.State
	if err := state.Process.signal(unix.SIGKILL); err != nil {
		return err
	}
	// The runtime may have been killed before it noted the container. Its processes then
	// wait for it, and end.
	if err := r.runtime(ctx, c, "delete", "--force", c.ID); err != nil {
		return err
	}
	removeCgroups(c.cgroup())
	state.Status, state.Finished, state.ExitCode = Exited, time.Now(), codeSignal+int(unix.SIGKILL)
	state.Process, state.Monitor, state.Error = Process{}, Process{}, "its monitor was killed"
	return c.SetState(state)
}

// removeCgroups removes a container's control groups, which are empty, of all controllers.
func removeCgroups(name string) {
	list, _ := filepath.Glob("/sys/fs/cgroup/*" + name)
	for _, dir := range append(list, "/sys/fs/cgroup"+name) {
		os.Remove(dir)
	}
}
