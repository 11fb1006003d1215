package compile

import (
	"context"
	"iter"
	"runtime"
)

// Each does something with each of many, as much at once as there are processors, and gives
// the results in the order of the many. It waits no longer than the context: what compiles
// may hang on standard input or on a pipe. Then there is an error in place of a result, and
// it ends.
func Each[T, R any](ctx context.Context, many []T, do func(context.Context, T) R) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		results := make([]chan R, len(many))
		for i := range results {
			results[i] = make(chan R, 1)
		}
		go func() {
			slots := make(chan struct{}, runtime.GOMAXPROCS(0))
			for i, one := range many {
				select {
				case slots <- struct{}{}:
				case <-ctx.Done():
					return
				}
				go func() {
					defer func() { <-slots }()
					results[i] <- do(ctx, one)
				}()
			}
		}()
		for _, next := range results {
			var r R
			select {
			case r = <-next:
			case <-ctx.Done():
			}
			if err := context.Cause(ctx); err != nil {
				yield(r, err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}
