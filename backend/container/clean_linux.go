package container

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Clean ends what is left of a container whose monitor was killed, and notes its end. One that
// was left paused goes on.
func (r *Runner) Clean(ctx context.Context, c *Container) error {
	if err := r.thaw(ctx, c); err != nil {
		return err
	}
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
		err = r.Set.Remove(ctx, c) // straight from Dead: who is killed here leaves it for the next one
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
	if state.rebooted() { // what the runtime knows is of processes that are others by now
		if err := os.RemoveAll(c.path(runtimeDir)); err != nil {
			return err
		}
	}
	if err := r.discard(ctx, c); err != nil || c.Remove {
		return err
	}
	state.Status, state.Finished, state.ExitCode = Exited, time.Now(), codeSignal+int(unix.SIGKILL)
	state.Process, state.Monitor, state.Error = Process{}, Process{}, "its monitor was killed"
	return c.SetState(state)
}

// discard takes away what the runtime has made of a container: its processes and its
// control groups.
func (r *Runner) discard(ctx context.Context, c *Container) error {
	if err := r.runtime(ctx, c, "delete", "--force", c.ID); err != nil {
		return err
	}
	// The runtime knows nothing of a container if it was killed before it noted it.
	return removeCgroups(c.cgroup())
}

// discardEnded is discard for a container whose processes have ended. Only what they have made
// of control groups needs the runtime, which takes as long as the rest of the end.
func (r *Runner) discardEnded(ctx context.Context, c *Container) error {
	for _, dir := range cgroups(c.cgroup()) {
		if err := os.Remove(dir); err != nil {
			return r.discard(ctx, c)
		}
	}
	return os.RemoveAll(c.path(runtimeDir))
}

// cgroups are the directories of a container's control groups, of all controllers.
func cgroups(name string) []string {
	unified, _ := filepath.Glob("/sys/fs/cgroup" + name)
	list, _ := filepath.Glob("/sys/fs/cgroup/*" + name)
	return append(list, unified...)
}

// removeCgroups removes a container's control groups, with the processes that are still there.
func removeCgroups(name string) error {
	end := time.Now().Add(killWait)
	for {
		var busy error
		for _, dir := range cgroups(name) {
			if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
				busy = errors.Join(err, killAll(filepath.Join(dir, "cgroup.procs")))
			}
		}
		if busy == nil || time.Now().After(end) {
			return busy
		}
		time.Sleep(stopPoll)
	}
}

// killAll kills the processes that a file of a control group lists.
func killAll(procs string) error {
	data, err := os.ReadFile(procs)
	if err != nil {
		return err
	}
	for field := range strings.FieldsSeq(string(data)) {
		if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
			unix.Kill(pid, unix.SIGKILL)
		}
	}
	return nil
}
