package container

import (
	"context"
	"errors"

	"github.com/moby/sys/userns"
)

// Paused calls fn while the processes of a container stand still. Without root, nobody may be
// able to make them: then they go on, and the user is told so.
func (r *Runner) Paused(ctx context.Context, c *Container, fn func() error) error {
	if err := c.Refresh(); err != nil {
		return err
	}
	if c.Status != Running {
		return fn()
	}
	if err := r.runtime(ctx, c, "pause", c.ID); err != nil {
		if c.Refresh() == nil && c.Status != Running { // it has ended meanwhile
			return fn()
		}
		if !userns.RunningInUserNS() {
			return fail("container-pause", "run it again with --pause=false: then what the container writes meanwhile may be there in part", "cannot pause container %s: %v", c.Name, err)
		}
		r.note("the container goes on meanwhile: without root, nobody has given this user control groups to pause it by")
		return fn()
	}
	err := fn()
	if failed := r.runtime(ctx, c, "resume", c.ID); failed != nil && c.Refresh() == nil && c.Status == Running {
		err = errors.Join(err, fail("container-pause", "kill it with `strake kill "+c.Name+"`", "cannot resume container %s: %v", c.Name, failed))
	}
	return err
}
