package container

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/moby/sys/signal"
	"golang.org/x/sys/unix"
)

// Namespace gives a process that is in the container's user namespace, 0 for none.
func (c *Container) Namespace() int {
	for _, p := range []Process{c.Monitor, c.State.Process} {
		if p.Alive() {
			return p.Pid
		}
	}
	return 0
}

// Signal sends a signal, by number or name, to the first process of a container.
func (c *Container) Signal(name string) error {
	number, err := signal.ParseSignal(name)
	if err != nil {
		return fail("bad-signal", "name one like SIGTERM, or give its number", "%q is no signal: %v", name, err)
	}
	if c.Status != Running && c.Status != Paused {
		return fail("container-not-running", "`strake ps` shows those that run", "container %s is not running", c.Name)
	}
	return c.State.Process.signal(unix.Signal(number))
}

// signal sends a signal to a process, and to none that has its number by now.
func (p Process) signal(s unix.Signal) error {
	if p.Pid <= 0 {
		return nil // it did not start
	}
	fd, err := unix.PidfdOpen(p.Pid, 0)
	if err != nil {
		return gone(err)
	}
	defer unix.Close(fd)
	if !p.Alive() {
		return nil
	}
	return gone(unix.PidfdSendSignal(fd, s, nil, 0))
}

// gone is no error for a process that has ended.
func gone(err error) error {
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}

// stopWait is how long a container has to end when StopTimeout does not say.
const stopWait = 10 * time.Second

// Stop asks a container to end, and kills it after a time: that of the container when it
// is negative. It waits for its end, which its monitor notes. One that is about to start is asked
// when it has a process.
func (c *Container) Stop(ctx context.Context, patience time.Duration) error {
	if c.Status == Exited {
		return nil
	}
	if patience < 0 {
		patience = stopWait
		if c.StopTimeout != nil {
			patience = time.Duration(*c.StopTimeout) * time.Second
		}
	}
	how := c.StopSignal
	if how == "" {
		how = "SIGTERM"
	}
	asked := false
	ask := func() error {
		if asked || c.Status == Created {
			return nil
		}
		asked = true
		return c.Signal(how)
	}
	if err := ask(); err != nil {
		return err
	}
	if ended, err := c.ended(ctx, patience, ask); ended || err != nil {
		return err
	}
	return c.Kill(ctx)
}

// killWait is how long the kernel and the monitor may take.
const killWait = 20 * time.Second

// Kill kills a container and waits for its end. One that is about to start has no process yet, and
// is killed when it has.
func (c *Container) Kill(ctx context.Context) error {
	if c.Status == Exited {
		return nil
	}
	kill := func() error { return c.State.Process.signal(unix.SIGKILL) }
	if err := kill(); err != nil {
		return err
	}
	if ended, err := c.ended(ctx, killWait, kill); ended || err != nil {
		return err
	}
	return stays(c)
}

func stays(c *Container) error {
	return fail("container-stays", "look what its processes wait for with `ps`: a file system of the network may be gone", "container %s does not end", cmp.Or(c.Name, c.ShortID()))
}

// ended waits for the end of a container, for so long. Until then it calls a function again and again.
func (c *Container) ended(ctx context.Context, patience time.Duration, hasten func() error) (bool, error) {
	end := time.Now().Add(patience)
	for {
		if c.Gone() {
			return true, nil
		}
		if err := c.Refresh(); err != nil && !c.Gone() {
			return false, err
		}
		if c.Status == Exited || c.Status == Dead {
			return true, nil
		}
		if err := hasten(); err != nil {
			return false, err
		}
		if time.Now().After(end) {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-time.After(stopPoll):
		}
	}
}

const stopPoll = 10 * time.Millisecond
