package container

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// Destroy removes a container whose files are damaged, with what still runs of it.
func (r *Runner) Destroy(ctx context.Context, c *Container) error {
	if err := c.State.Process.signal(unix.SIGKILL); err != nil {
		return err
	}
	err := r.discard(ctx, c)
	// Its monitor, if there is one, does the same when it sees the end, and writes once more.
	for end := time.Now().Add(killWait); locked(c.path(monitorFile)); {
		if time.Now().After(end) {
			return stays(c)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(stopPoll):
		}
	}
	if err != nil && !c.Gone() { // the two have met
		if err := r.discard(ctx, c); err != nil {
			return err
		}
	}
	return r.Set.Remove(ctx, c)
}
