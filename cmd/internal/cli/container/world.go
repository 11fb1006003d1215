package container

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/container/userns"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

// World is what the commands about containers work with.
type World struct {
	*cli.Process
	Set   *container.Set
	home  string
	owned bool // see userns.Owned
}

// Open finds the containers of the user, and cleans what a monitor that was killed has left.
func Open(ctx context.Context, p *cli.Process) (*World, error) {
	w, err := newWorld(p)
	if err != nil {
		return nil, err
	}
	return w, w.sweep(ctx)
}

// Find opens the containers of the user and gives one of them, by its name or the beginning of its id.
func Find(ctx context.Context, p *cli.Process, name string) (*World, *container.Container, error) {
	w, err := Open(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	c, err := w.Set.Find(name)
	return w, c, err
}

func newWorld(p *cli.Process) (*World, error) {
	home, err := p.Home()
	if err != nil {
		return nil, err
	}
	return &World{Process: p, home: home, Set: container.Open(cli.ContainersDir(home)), owned: userns.Owned()}, nil
}

// Runner runs containers as root of the present user namespace.
func (w *World) Runner() (*container.Runner, error) {
	runtime, err := w.Programs(w.home).Usable()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &container.Runner{
		Set: w.Set, Layers: cli.LayersDir(w.home), Runtime: runtime,
		Monitor: []string{self, monitorName}, Init: []string{self, initName}, Note: w.note, Caught: w.Signals, Look: w.look, Owned: w.owned,
	}, nil
}

func (w *World) look(name string) string { return w.Programs(w.home).Look(name) }

func (w *World) note(text string) {
	w.Report(nil, diag.List{{Severity: diag.Info, Code: "container", Message: text}})
}

// AsRoot tells whether the command is to go on here. It is not if the user is no root: then
// the command line has been run again as root of a user namespace, that of a container when
// it is not nil and runs, and the error has the exit code of that.
func (w *World) AsRoot(ctx context.Context, c *container.Container, args []string) (bool, error) {
	if userns.IsRoot() {
		err := userns.EndWithOwner()
		return err == nil, err
	}
	if _, err := w.Programs(w.home).Usable(); err != nil {
		return false, err
	}
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	pid := 0
	if c != nil {
		pid = c.Namespace()
	}
	code, err := userns.Run(ctx, pid, append([]string{self}, args...), userns.Options{
		Look: w.look, Caught: w.Signals,
	})
	if err == nil && code != 0 {
		err = cli.Exit(code, nil)
	}
	return false, err
}

// again is the command line of a command for one of its arguments.
func again(cmd *cobra.Command, arg string) []string {
	args := []string{cmd.Name()}
	cmd.Flags().Visit(func(f *pflag.Flag) { args = append(args, "--"+f.Name+"="+f.Value.String()) })
	return append(args, "--", arg)
}

// each does something for each container that is named and found, as root of its user namespace, for
// several at once, and prints their names in order. It does what it can, and reports the rest.
func (w *World) each(ctx context.Context, cmd *cobra.Command, names []string, atOnce int, find func(string) (*container.Container, error), do func(*container.Container) error) error {
	type end struct {
		here bool // else who is root has printed the name
		err  error
	}
	one := func(name string) end {
		if ctx.Err() != nil {
			return end{false, ctx.Err()}
		}
		c, err := find(name)
		if err != nil {
			return end{false, err}
		}
		here, err := w.AsRoot(ctx, c, again(cmd, name))
		if here && err == nil {
			err = do(c)
		}
		return end{here, err}
	}
	ends := make([]chan end, len(names))
	for i := range ends {
		ends[i] = make(chan end, 1)
	}
	go func() {
		var all errgroup.Group
		all.SetLimit(atOnce)
		for i, name := range names {
			all.Go(func() error {
				ends[i] <- one(name)
				return nil
			})
		}
	}()
	var failed diag.List
	code := 0
	for i, name := range names {
		e := <-ends[i]
		if e.here && e.err == nil {
			e.err = cli.Printf(w.Stdout, "%s\n", name)
		}
		exit, silent, _ := cli.Code(e.err)
		switch {
		case e.err == nil:
		case ctx.Err() != nil:
			return e.err
		case silent:
			code = exit
		default:
			failed = append(failed, cli.Diagnose(e.err)...)
		}
	}
	if err := failed.Err(); err != nil || code == 0 {
		return err
	}
	return cli.Exit(code, nil)
}

// remove removes containers. With force, it kills those that run, and removes those that
// are damaged, too.
func (w *World) remove(ctx context.Context, cmd *cobra.Command, names []string, force bool) error {
	find := w.Set.Find
	if force {
		find = w.Set.FindAny
	}
	var there []string
	for _, name := range names {
		if _, err := find(name); force && errors.Is(err, container.ErrNotFound) {
			w.Report(nil, cli.Diagnose(err))
			continue
		}
		there = append(there, name)
	}
	err := w.each(ctx, cmd, there, 1, find, func(c *container.Container) error { return w.RemoveOne(ctx, c, force) })
	CollectLayers(ctx, w.Process)
	return err
}

// RemoveOne removes a container, and before it the image that was made for it alone: what is left when this
// is killed can be removed again.
func (w *World) RemoveOne(ctx context.Context, c *container.Container, force bool) error {
	if c.OwnImage {
		if err := w.WithStore(ctx, func(s *store.Store) error { return RemoveOwn(ctx, s, c) }); err != nil {
			return err
		}
	}
	if c.Err != nil {
		r, err := w.Runner()
		if err != nil {
			return err
		}
		return r.Destroy(ctx, c)
	}
	if force {
		if err := c.Kill(ctx); err != nil {
			return err
		}
	}
	return w.Set.Remove(ctx, c)
}

// RemoveOwn removes the image that was made for a container alone, unless that has another name by
// now, or is another one.
func RemoveOwn(ctx context.Context, s *store.Store, c *container.Container) error {
	img, err := s.Find(c.Image)
	if err == nil && img.Descriptor.Digest == c.Manifest {
		_, err = s.Remove(ctx, c.Image, false)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// sweep cleans what is left of containers by a process that was killed.
func (w *World) sweep(ctx context.Context) error {
	left, err := w.Set.Left()
	if err != nil {
		return err
	}
	if len(w.Set.Litter()) > 0 {
		here, err := w.AsRoot(ctx, nil, []string{monitorName, sweepArg})
		if here {
			err = w.Set.Sweep()
		}
		if err != nil {
			w.Report(nil, diag.List{{Severity: diag.Warning, Code: "container-left", Message: fmt.Sprintf("what is left of containers stays: %v", err)}})
		}
	}
	for _, c := range left {
		here, err := w.AsRoot(ctx, c, []string{monitorName, sweepArg, c.ID})
		if here {
			var r *container.Runner
			if r, err = w.Runner(); err == nil {
				err = r.Clean(ctx, c)
			}
		}
		if err != nil {
			w.Report(nil, diag.List{{Severity: diag.Warning, Code: "container-left", Message: fmt.Sprintf("what is left of container %s stays: %v", c.Name, err)}})
		}
	}
	return nil
}
