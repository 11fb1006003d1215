package cli

import (
	"context"
	"time"
)

// Ended is the error of a command that may have run into its deadline: then it is the cause of the
// end of its context. A deadline that has passed counts before its timer does, which is late on
// a busy machine: what it stops has noticed already, and says so in other words.
func Ended(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
