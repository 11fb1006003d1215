package project

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// TestSilent has nobody told at a terminal that an engine is waited for who wants nothing told.
func TestSilent(t *testing.T) {
	screen := testbed.NewScreen(t)
	p := &cli.Process{Stderr: screen.TTY, Env: func(string) (string, bool) { return "", false }}
	for _, e := range []EngineFlags{{Silent: true}, {}} {
		o := e.EngineOptions(p, t.TempDir())
		o.Say("waiting")
	}
	p.OnlyErrors = true
	o := new(EngineFlags).EngineOptions(p, t.TempDir())
	o.Say("waiting")
	if err := cli.Printf(screen.TTY, "end"); err != nil {
		t.Fatal(err)
	}
	screen.Wait(t, "end")
	if n := strings.Count(screen.Text(), "waiting"); n != 1 {
		t.Errorf("it was said %d times: %q", n, screen.Text())
	}
}
