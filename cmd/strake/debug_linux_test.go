package main

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestDebugTerminal types into the shell of a failed step.
func TestDebugTerminal(t *testing.T) {
	daemon := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox))
	begin := func(t *testing.T) *debugging {
		d := &debugging{Screen: testbed.NewScreen(t), code: make(chan int, 1)}
		d.start(t, daemon.Addr)
		d.Wait(t, "`step` runs the step")
		d.Wait(t, "/ # ")
		return d
	}
	t.Run("typed", func(t *testing.T) {
		d := begin(t)
		d.Type(t, "tty; echo $TERM; stty size\n")
		d.Wait(t, "\n/dev/pts/")
		d.Wait(t, "\nvt100")
		d.Wait(t, "\n24 200")
		d.Resize(t, 33, 111)
		if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil { // as the kernel tells the foreground
			t.Fatal(err)
		}
		d.Type(t, "until stty size | grep '33 111'; do :; done\n")
		d.Wait(t, "\n33 111")
		// Ctrl-C is the shell's, and Ctrl-D its end.
		d.Type(t, "sh -c 'echo be\"\"gun; exec sleep 1000'\n")
		d.Wait(t, "\nbegun")
		d.Type(t, "\x03")
		d.Wait(t, "/ # ")
		d.Type(t, "echo he''re\n")
		d.Wait(t, "\nhere")
		d.Type(t, "step; echo code $?\n")
		d.Wait(t, "\ncode 3")
		d.Type(t, "\x04")
		d.Wait(t, "the command failed with exit code 3")
		d.ends(t, 1)
	})
	t.Run("interrupted", func(t *testing.T) {
		d := begin(t)
		d.stop()
		d.ends(t, 130)
	})
	t.Run("killed", func(t *testing.T) { // the last one
		d := begin(t)
		daemon.Kill()
		d.ends(t, 1)
		d.Wait(t, "the connection to BuildKit")
	})
}

// debugging is a build at a terminal.
type debugging struct {
	*testbed.Screen
	code chan int
	stop context.CancelFunc
}

func (d *debugging) start(t *testing.T, addr string) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM busybox\nRUN echo "+t.Name()+"; exit 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"HOME": t.TempDir(), "TERM": "vt100", "BUILDKIT_HOST": addr}
	env := func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	before := d.State(t)
	ctx, stop := context.WithCancel(t.Context())
	d.stop = stop
	go func() {
		code := run(ctx, []string{"build", "--debug", dir}, d.TTY, d.TTY, d.TTY, env)
		if d.State(t) != before {
			t.Error("the terminal is not as it was")
		}
		d.code <- code
	}()
}

func (d *debugging) ends(t *testing.T, want int) {
	t.Helper()
	select {
	case code := <-d.code:
		if code != want {
			t.Errorf("exit code %d, want %d: %s", code, want, d.Text())
		}
	case <-time.After(time.Minute):
		t.Fatalf("it does not end: %s", d.Text())
	}
}
