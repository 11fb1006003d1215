package compile

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestMemo(t *testing.T) {
	var m memo[int]
	var calls atomic.Int32
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			got, err := m.get(t.Context(), func(context.Context) (int, error) { calls.Add(1); return 7, errors.New("bad") })
			if got != 7 || err == nil {
				t.Errorf("%d, %v", got, err)
			}
		})
	}
	wg.Wait()
	if calls.Load() != 1 {
		t.Errorf("worked out %d times", calls.Load())
	}
}

// Who waits for somebody whose context ends begins again, and need not wait longer than its
// own context.
func TestMemoCancelled(t *testing.T) {
	var m memo[int]
	first, cancel := context.WithCancel(t.Context())
	began := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		_, err := m.get(first, func(ctx context.Context) (int, error) {
			close(began)
			<-ctx.Done()
			return 0, ctx.Err()
		})
		ended <- err
	}()
	<-began
	impatient, stop := context.WithCancel(t.Context())
	stop()
	if _, err := m.get(impatient, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("the impatient one got %v", err)
	}
	patient := make(chan int, 1)
	go func() {
		got, _ := m.get(t.Context(), func(context.Context) (int, error) { return 3, nil })
		patient <- got
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the first got %v", err)
	}
	if got := <-patient; got != 3 {
		t.Errorf("the patient one got %d", got)
	}
}

// A panic lets go of those who wait.
func TestMemoPanic(t *testing.T) {
	var m memo[int]
	func() {
		defer func() { _ = recover() }()
		_, _ = m.get(t.Context(), func(context.Context) (int, error) { panic("broken") })
	}()
	if got, err := m.get(t.Context(), func(context.Context) (int, error) { return 1, nil }); got != 1 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
}

// What is worked out under a context that has ended is not remembered without an error either.
func TestMemoCancelledWithoutError(t *testing.T) {
	var m memo[string]
	ctx, cancel := context.WithCancel(t.Context())
	_, _ = m.get(ctx, func(context.Context) (string, error) { cancel(); return "half", nil })
	if got, err := m.get(t.Context(), func(context.Context) (string, error) { return "whole", nil }); got != "whole" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}
