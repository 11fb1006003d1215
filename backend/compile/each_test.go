package compile

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"
)

// Results come in order, however long each takes, and none after the end of the context.
func TestEach(t *testing.T) {
	many := []int{3, 1, 2, 0, 5, 4}
	var got []int
	for r, err := range Each(t.Context(), many, func(_ context.Context, n int) int {
		time.Sleep(time.Duration(n) * time.Millisecond)
		return n * n
	}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	if want := []int{9, 1, 4, 0, 25, 16}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	gone, rounds := errors.New("gone"), 0
	for _, err := range Each(ctx, many, func(ctx context.Context, n int) int {
		if n != 3 {
			<-ctx.Done() // it hangs
		}
		return n
	}) {
		if rounds++; rounds == 1 && err != nil || rounds > 1 && !errors.Is(err, gone) {
			t.Errorf("round %d: %v", rounds, err)
		}
		cancel(gone)
	}
	if rounds != 2 {
		t.Errorf("%d rounds", rounds)
	}
}

// Who breaks the loop off ends what goes on.
func TestEachBroken(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	begun, ended := make(chan struct{}), make(chan struct{})
	for range Each(t.Context(), []int{0, 1}, func(ctx context.Context, n int) int {
		if n == 0 {
			<-begun
			return n
		}
		close(begun)
		<-ctx.Done()
		close(ended)
		return n
	}) {
		break
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("it goes on")
	}
}
