package entry

import (
	"context"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// A command that is interrupted has its grace, which is under a second, and no more.
func TestWithin(t *testing.T) {
	if grace >= time.Second {
		t.Errorf("the grace is %v", grace)
	}
	alive := context.Background()
	over, cancel := context.WithCancel(alive)
	cancel()
	hangs := func() int { <-t.Context().Done(); return cli.ExitFailure }
	for _, c := range []struct {
		name  string
		ctx   context.Context
		grace time.Duration
		do    func() int
		want  int
	}{
		{"not interrupted", alive, 0, func() int { return 7 }, 7},
		{"in order within the grace", over, time.Minute, func() int { time.Sleep(10 * time.Millisecond); return 7 }, 7},
		{"not in order", over, time.Millisecond, hangs, cli.ExitInterrupt},
	} {
		if got := within(c.ctx, c.grace, c.do); got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.name, got, c.want)
		}
	}
}
