package baseconfig

import (
	"context"
	"sync"

	"golang.org/x/sync/singleflight"
)

// flights collapses concurrent calls with one key into one execution.
//
// singleflight alone would run the function under the first caller's context,
// so that the cancellation of one caller would fail all the others. Here the
// function has a context of its own that ends when its last waiter leaves.
type flights struct {
	group singleflight.Group
	mu    sync.Mutex
	live  map[string]*flight
}

type flight struct {
	ctx     context.Context
	cancel  context.CancelFunc
	waiters int
}

// do returns the result of fn, shared with the concurrent callers of the same
// key, or ctx's error as soon as ctx is done. fn must honour its context.
func (s *flights) do(ctx context.Context, key string, fn func(context.Context) (answer, error)) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	f := s.live[key]
	if f == nil {
		f = &flight{}
		f.ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
		if s.live == nil {
			s.live = map[string]*flight{}
		}
		s.live[key] = f
	}
	f.waiters++
	// Under the lock, so that no caller can join a call that leave abandons.
	ch := s.group.DoChan(key, func() (any, error) { return fn(f.ctx) })
	s.mu.Unlock()
	defer s.leave(key, f)

	select {
	case r := <-ch:
		if r.Err != nil {
			return answer{}, r.Err
		}
		return r.Val.(answer), nil
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// leave takes one waiter off f; the last one ends it and makes the next caller
// of key start afresh.
func (s *flights) leave(key string, f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.waiters--; f.waiters > 0 {
		return
	}
	f.cancel()
	s.group.Forget(key)
	delete(s.live, key)
}
