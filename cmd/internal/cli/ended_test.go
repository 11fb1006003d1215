package cli_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// late is a context whose deadline has passed and whose timer comes a little later.
type late struct {
	context.Context
	deadline time.Time
}

func (l late) Deadline() (time.Time, bool) { return l.deadline, true }

func TestEnded(t *testing.T) {
	var (
		other = errors.New("no connection")
		cause = errors.New("not known after 1ms")
	)
	over, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	soon, cancel2 := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, cause)
	defer cancel2()
	ahead, cancel3 := context.WithTimeoutCause(t.Context(), time.Hour, cause)
	defer cancel3()
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want error
	}{
		{"no error", over, nil, nil},
		{"it is over", over, other, cause},
		{"the timer is late", late{soon, time.Now()}, other, cause},
		{"there is time", ahead, other, other},
		{"there is no deadline", t.Context(), other, other},
	} {
		if got := cli.Ended(c.ctx, c.err); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
