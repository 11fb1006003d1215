package container

import (
	"context"
	"fmt"

	"github.com/seed-e0495807/strake/backend/container/rootfs"
)

// Root calls fn with the root of a container: while it runs as its processes see it, with all
// that is mounted there; else its layers, mounted for so long.
func (r *Runner) Root(ctx context.Context, c *Container, fn func(dir string) error) error {
	if p := c.State.Process; (c.Status == Running || c.Status == Paused) && p.Alive() {
		return fn(fmt.Sprintf("/proc/%d/root", p.Pid))
	}
	unlock, err := c.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if c.Gone() {
		return fail("no-container", "`strake ps -a` shows the containers", "container %s was removed meanwhile", c.Name)
	}
	layers, err := r.OpenLayers()
	if err != nil {
		return err
	}
	return rootfs.Apart(func() error {
		mounted, err := layers.Mount(ctx, c.dir, c.DiffIDs, rootfs.Options{})
		if err != nil {
			return err
		}
		err = fn(mounted.Path)
		if uerr := mounted.Unmount(); err == nil {
			err = uerr
		}
		return err
	})
}
