package compile

import (
	"context"
	"fmt"
	"sync"
)

// memo is an answer that is worked out once, by the first who asks; others wait for it. What
// ends after its asker's context is not remembered: the next one works it out again.
type memo[T any] struct {
	mu   sync.Mutex
	call *call[T] // that is under way or done; nil when nobody has asked
}

type call[T any] struct {
	done  chan struct{}
	kept  bool
	value T
	err   error
}

func (m *memo[T]) get(ctx context.Context, work func(context.Context) (T, error)) (T, error) {
	for {
		m.mu.Lock()
		c := m.call
		if c == nil {
			c = &call[T]{done: make(chan struct{})}
			m.call = c
			m.mu.Unlock()
			return m.run(ctx, c, work)
		}
		m.mu.Unlock()
		select {
		case <-c.done:
			if c.kept {
				return c.value, c.err
			}
		case <-ctx.Done():
			var none T
			return none, context.Cause(ctx)
		}
	}
}

// run works the answer out. Those who wait are let go also when the work panics.
func (m *memo[T]) run(ctx context.Context, c *call[T], work func(context.Context) (T, error)) (T, error) {
	defer func() {
		if !c.kept {
			m.mu.Lock()
			m.call = nil
			m.mu.Unlock()
		}
		close(c.done)
	}()
	c.value, c.err = work(ctx)
	c.kept = ctx.Err() == nil // also without an error: some work makes do with less
	return c.value, c.err
}

// of gives the answer for a platform: the first of the list is that for Default.
func of[T any](ctx context.Context, list []memo[T], platform int, work func(context.Context) (T, error)) (out T, err error) {
	if i := platform - Default; i >= 0 && i < len(list) {
		return list[i].get(ctx, work)
	}
	return out, fmt.Errorf("there is no platform %d: %d were asked for in Config.Platforms, of which the first is 0; Default, %d, is for none", platform, len(list)-1, Default)
}
