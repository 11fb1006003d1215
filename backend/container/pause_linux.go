package container

import (
	"context"
	"errors"
	"os"

	"github.com/moby/sys/userns"
)

// Paused calls fn while the processes of a container stand still. Without root, nobody may be
// able to make them: then they go on, and the user is told so. If this process is killed
// meanwhile, Clean has them go on.
func (r *Runner) Paused(ctx context.Context, c *Container, fn func() error) error {
	unlock, err := lock(ctx, c.path(pauseFile))
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.Refresh(); err != nil {
		return err
	}
	if c.Status != Running {
		return fn()
	}
	if err := r.pause(ctx, c); err != nil {
		if c.Refresh() == nil && c.Status != Running { // it has ended meanwhile
			return fn()
		}
		if !userns.RunningInUserNS() {
			return fail("container-pause", "run it again with --pause=false: then what the container writes meanwhile may be there in part", "cannot pause container %s: %v", c.Name, err)
		}
		r.note("the container goes on meanwhile: without root, nobody has given this user control groups to pause it by")
		return fn()
	}
	err = fn()
	if failed := r.resume(ctx, c); failed != nil && c.Refresh() == nil && c.Status == Running {
		err = errors.Join(err, fail("container-pause", "kill it with `strake kill "+c.Name+"`", "cannot resume container %s: %v", c.Name, failed))
	}
	return err
}

// pause pauses a container, and notes before that it has to be resumed.
func (r *Runner) pause(ctx context.Context, c *Container) error {
	if err := os.WriteFile(c.path(pauseFile), []byte("paused\n"), 0o600); err != nil {
		return err
	}
	err := r.runtime(ctx, c, "pause", c.ID)
	if err != nil {
		err = errors.Join(err, os.Truncate(c.path(pauseFile), 0))
	}
	return err
}

func (r *Runner) resume(ctx context.Context, c *Container) error {
	if err := r.runtime(ctx, c, "resume", c.ID); err != nil {
		return err
	}
	return os.Truncate(c.path(pauseFile), 0)
}

// thaw resumes a container that was left paused.
func (r *Runner) thaw(ctx context.Context, c *Container) error {
	if !c.leftPaused() {
		return nil
	}
	unlock, err := lock(ctx, c.path(pauseFile))
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.Refresh(); err != nil || c.Status != Running {
		return err
	}
	// Who noted it may have been killed before or after it was paused, and the runtime resumes
	// only what is paused.
	perr := r.runtime(ctx, c, "pause", c.ID)
	if err := r.resume(ctx, c); err == nil || perr == nil {
		return err
	}
	return os.Truncate(c.path(pauseFile), 0) // nobody can pause it
}
