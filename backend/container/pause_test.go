//go:build linux

package container

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// ticking is a container that writes all the time.
func (p *place) ticking() *Container {
	c := p.detach(Config{}, "while :; do echo tick; sleep 0.02; done")
	p.until("the output", func() bool { return p.logs(c, -1) != "" })
	return c
}

// still holds that a container writes nothing, and gives what it has written.
func (p *place) still(c *Container) string {
	p.t.Helper()
	time.Sleep(100 * time.Millisecond) // what is on its way arrives
	before := p.logs(c, -1)
	time.Sleep(300 * time.Millisecond)
	if after := p.logs(c, -1); after != before {
		p.t.Error("a paused container writes")
	}
	return before
}

// TestPaused has no process of a paused container run.
func TestPaused(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.ticking()
		var before string
		p.check(p.Paused(p.t.Context(), c, func() error { before = p.still(c); return nil }))
		p.until("more output", func() bool { return p.logs(c, -1) != before })
		p.check(c.Kill(p.t.Context()))
	})
}

// bePauser pauses a container until it is killed.
func bePauser(home, runtime, id string) error {
	r := newRunner(home, runtime)
	c, err := r.Set.Find(id)
	if err != nil {
		return err
	}
	return r.Paused(context.Background(), c, func() error {
		fmt.Println("paused")
		time.Sleep(time.Hour)
		return nil
	})
}

// TestPauserKilled kills who has paused a container. The next command has it go on.
func TestPauserKilled(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.ticking()
		cmd := exec.CommandContext(p.t.Context(), os.Args[0], pauserArg, p.Monitor[2], p.Runtime, c.ID)
		out, err := cmd.StdoutPipe()
		p.check(err)
		p.check(cmd.Start())
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "paused\n" {
			p.t.Fatalf("%q, %v", line, err)
		}
		if left, err := p.Set.Left(); err != nil || len(left) > 0 {
			p.t.Errorf("a container is left that somebody has paused: %v, %v", left, err)
		}
		p.check(cmd.Process.Kill())
		cmd.Wait()
		before := p.still(c)
		p.cleanLeft()
		p.until("more output", func() bool { return p.logs(c, -1) != before })

		// It may be killed before the container is paused, too.
		p.check(os.WriteFile(c.path(pauseFile), []byte("paused\n"), 0o600))
		p.cleanLeft()
		before = p.logs(c, -1)
		p.until("more output", func() bool { return p.logs(c, -1) != before })
		p.check(c.Kill(p.t.Context()))
	})
}

// cleanLeft cleans the one container that is left.
func (p *place) cleanLeft() {
	p.t.Helper()
	left, err := p.Set.Left()
	if err != nil || len(left) != 1 {
		p.t.Fatalf("%v, %v", left, err)
	}
	p.check(p.Clean(p.t.Context(), left[0]))
	if left, err = p.Set.Left(); err != nil || len(left) > 0 {
		p.t.Errorf("%v, %v", left, err)
	}
}
